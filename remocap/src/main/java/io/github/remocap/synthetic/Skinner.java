package io.github.remocap.synthetic;

import io.github.remocap.body.BodyModel;
import io.github.remocap.tensor.SparseMatrix;
import org.apache.commons.math3.geometry.euclidean.threed.Rotation;
import org.apache.commons.math3.geometry.euclidean.threed.RotationConvention;
import org.apache.commons.math3.geometry.euclidean.threed.Vector3D;

/**
 * A body of one shape, posed one frame at a time in plain loops: what {@link io.github.remocap.body.Skinning} computes as a graph for
 * batches. For bodies whose pose does not change the surface before it is bent ({@code poseDirections} are 0).
 */
final class Skinner {
    private final BodyModel body;
    private final double[] shaped; // [V,3]
    private final double[] joints; // [J,3], at rest

    /**
     * The body of a shape.
     *
     * @param betas {@code [K]}
     * @throws IllegalArgumentException if the body has pose directions
     */
    Skinner(BodyModel body, float[] betas) {
        for (float d : body.poseDirections()) {
            if (d != 0) {
                throw new IllegalArgumentException("the body has pose directions; use Skinning");
            }
        }
        this.body = body;
        int k = body.shapes();
        shaped = new double[body.template().length];
        for (int c = 0; c < shaped.length; c++) {
            shaped[c] = body.template()[c];
            for (int i = 0; i < k; i++) {
                shaped[c] += body.shapeDirections()[c * k + i] * betas[i];
            }
        }
        joints = times(body.jointRegressor(), shaped);
    }

    /** Matrix times points {@code [cols,3]}. */
    static double[] times(SparseMatrix matrix, double[] points) {
        double[] out = new double[3 * matrix.rows()];
        for (int r = 0; r < matrix.rows(); r++) {
            for (int e = matrix.rowStart()[r]; e < matrix.rowStart()[r + 1]; e++) {
                for (int d = 0; d < 3; d++) {
                    out[3 * r + d] += matrix.values()[e] * points[3 * matrix.columns()[e] + d];
                }
            }
        }
        return out;
    }

    /** The root's place {@code [3]}, metres; the root turns about it. */
    double[] root() {
        return new double[] {joints[0], joints[1], joints[2]};
    }

    /** Vertices {@code [V,3]} in metres of a pose {@code [72]}, axis times angle. */
    double[] vertices(float[] pose) {
        double[][] transforms = transforms(pose); // {R row by row, t} from rest to posed
        SparseMatrix weights = body.weights();
        double[] out = new double[shaped.length];
        double[] mixed = new double[12];
        for (int v = 0; v < weights.rows(); v++) {
            java.util.Arrays.fill(mixed, 0);
            for (int e = weights.rowStart()[v]; e < weights.rowStart()[v + 1]; e++) {
                double[] t = transforms[weights.columns()[e]];
                for (int i = 0; i < 12; i++) {
                    mixed[i] += weights.values()[e] * t[i];
                }
            }
            double x = shaped[3 * v];
            double y = shaped[3 * v + 1];
            double z = shaped[3 * v + 2];
            for (int d = 0; d < 3; d++) {
                out[3 * v + d] = mixed[3 * d] * x + mixed[3 * d + 1] * y + mixed[3 * d + 2] * z + mixed[9 + d];
            }
        }
        return out;
    }

    private double[][] transforms(float[] pose) {
        int n = body.joints();
        Rotation[] turned = new Rotation[n];
        Vector3D[] at = new Vector3D[n];
        double[][] out = new double[n][12];
        for (int j = 0; j < n; j++) {
            int parent = body.parents()[j];
            Rotation own = rotation(pose[3 * j], pose[3 * j + 1], pose[3 * j + 2]);
            Vector3D rest = new Vector3D(joints[3 * j], joints[3 * j + 1], joints[3 * j + 2]);
            if (parent < 0) {
                turned[j] = own;
                at[j] = rest;
            } else {
                Vector3D bone = rest.subtract(new Vector3D(joints[3 * parent], joints[3 * parent + 1], joints[3 * parent + 2]));
                turned[j] = turned[parent].compose(own, RotationConvention.VECTOR_OPERATOR);
                at[j] = at[parent].add(turned[parent].applyTo(bone));
            }
            Vector3D t = at[j].subtract(turned[j].applyTo(rest));
            Vector3D[] columns = {turned[j].applyTo(Vector3D.PLUS_I), turned[j].applyTo(Vector3D.PLUS_J), turned[j].applyTo(Vector3D.PLUS_K)};
            for (int r = 0; r < 3; r++) {
                for (int c = 0; c < 3; c++) {
                    out[j][3 * r + c] = columns[c].toArray()[r];
                }
                out[j][9 + r] = t.toArray()[r];
            }
        }
        return out;
    }

    private static Rotation rotation(double x, double y, double z) {
        Vector3D axis = new Vector3D(x, y, z);
        double angle = axis.getNorm();
        return angle < 1e-12 ? Rotation.IDENTITY : new Rotation(axis, angle, RotationConvention.VECTOR_OPERATOR);
    }
}

package io.github.remocap.figure;

import io.github.remocap.tensor.SparseMatrix;
import java.util.ArrayList;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * Points in and on the mean body as weighted means of vertices. Weights fall off with distance and are corrected so that they give the
 * point exactly, for the mean body and any affine image of it: weight = falloff (a + b . x), with a and b from the four conditions that
 * weights sum to 1 and the weighted mean is the point (moving least squares, Lancaster and Salkauskas 1981).
 */
final class Landmarks {
    /** A point on the body's left or in its middle, and how wide around it vertices count. */
    private record Landmark(double x, double y, double z, double reach) {
        Landmark right() {
            return new Landmark(-x, y, z, reach);
        }
    }

    private static final Landmark PELVIS = at(0, 0, -0.01, 0.08);
    private static final Landmark HIP = at(0.092, -0.075, -0.005, 0.06);
    private static final Landmark KNEE = at(0.102, -0.445, -0.004, 0.04);
    private static final Landmark ANKLE = at(0.100, -0.870, -0.020, 0.03);
    private static final Landmark SHOULDER = at(0.180, 0.446, -0.014, 0.05);
    private static final Landmark ELBOW = at(0.430, 0.446, -0.016, 0.035);
    private static final Landmark WRIST = at(0.680, 0.446, -0.010, 0.03);
    private static final Landmark NECK = at(0, 0.505, -0.010, 0.05);
    private static final Landmark HEAD = at(0, 0.600, 0.005, 0.05);
    private static final Landmark CROWN = at(0, 0.790, 0.005, 0.05);
    private static final Landmark SPINE = at(0, 0.230, 0.000, 0.07);
    private static final Landmark NOSE = at(0, 0.680, 0.110, 0.03);

    /** SMPL's 24 joints. */
    private static final List<Landmark> SMPL = List.of(PELVIS, HIP, HIP.right(), at(0, 0.100, -0.015, 0.07), KNEE, KNEE.right(), SPINE, ANKLE,
        ANKLE.right(), at(0, 0.300, 0, 0.08), at(0.106, -0.925, 0.110, 0.03), at(-0.106, -0.925, 0.110, 0.03), NECK, at(0.075, 0.430, -0.010, 0.07),
        at(-0.075, 0.430, -0.010, 0.07), HEAD, SHOULDER, SHOULDER.right(), ELBOW, ELBOW.right(), WRIST, WRIST.right(), at(0.770, 0.444, -0.004, 0.03),
        at(-0.770, 0.444, -0.004, 0.03));

    /** Human3.6M's 17: pelvis, right leg, left leg, torso, neck, nose, head, left arm, right arm. */
    private static final List<Landmark> H36M = List.of(PELVIS, HIP.right(), KNEE.right(), ANKLE.right(), HIP, KNEE, ANKLE, SPINE, NECK, NOSE, CROWN,
        SHOULDER, ELBOW, WRIST, SHOULDER.right(), ELBOW.right(), WRIST.right());

    /** The 24 of the training data: right leg from the ankle, left leg, right arm from the wrist, left arm, neck, crown, and so on. */
    private static final List<Landmark> J24 = List.of(ANKLE.right(), KNEE.right(), HIP.right(), HIP, KNEE, ANKLE, WRIST.right(), ELBOW.right(),
        SHOULDER.right(), SHOULDER, ELBOW, WRIST, NECK, CROWN, PELVIS, at(0, 0.430, 0.000, 0.07), SPINE, at(0, 0.625, 0.085, 0.035), CROWN, NOSE,
        at(0.032, 0.705, 0.100, 0.03), at(-0.032, 0.705, 0.100, 0.03), at(0.074, 0.680, 0.005, 0.03), at(-0.074, 0.680, 0.005, 0.03));

    /** Among them those that are not SMPL's, in the order of {@code J_regressor_extra.npy}: face, hips, neck, crown, pelvis, trunk, jaw, head. */
    private static final List<Integer> EXTRA = List.of(19, 21, 20, 23, 22, 2, 3, 12, 13, 14, 15, 16, 17, 18);

    private static Landmark at(double x, double y, double z, double reach) {
        return new Landmark(x, y, z, reach);
    }

    private final float[] vertices; // [V,3], the mean body
    private final int[] mirror;

    Landmarks(float[] vertices, int[] mirror) {
        this.vertices = vertices;
        this.mirror = mirror;
    }

    SparseMatrix smpl() {
        return matrix(SMPL);
    }

    SparseMatrix h36m() {
        return matrix(H36M);
    }

    SparseMatrix j24() {
        return matrix(J24);
    }

    SparseMatrix extra() {
        return matrix(EXTRA.stream().map(J24::get).toList());
    }

    private SparseMatrix matrix(List<Landmark> landmarks) {
        Rows rows = new Rows(mirror.length);
        for (Landmark l : landmarks) {
            boolean right = l.x < 0;
            double[] weights = weights(right ? l.right() : l);
            for (int v = 0; v < weights.length; v++) {
                double w = right ? weights[mirror[v]] : l.x == 0 ? (weights[v] + weights[mirror[v]]) / 2 : weights[v];
                if (w != 0) {
                    rows.add(v, w);
                }
            }
            rows.end();
        }
        return rows.build();
    }

    private double[] weights(Landmark l) {
        double[] falloff = new double[mirror.length];
        List<Integer> near = new ArrayList<>();
        DMatrixRMaj moments = new DMatrixRMaj(4, 4); // of (1, x - point)
        for (int v = 0; v < falloff.length; v++) {
            double[] x = offset(l, v);
            double far = (x[1] * x[1] + x[2] * x[2] + x[3] * x[3]) / (l.reach * l.reach);
            if (far < 9) {
                falloff[v] = (1 - far / 9) * (1 - far / 9) * Math.exp(-far / 2);
                near.add(v);
                for (int r = 0; r < 4; r++) {
                    for (int c = 0; c < 4; c++) {
                        moments.data[4 * r + c] += falloff[v] * x[r] * x[c];
                    }
                }
            }
        }
        DMatrixRMaj target = new DMatrixRMaj(4, 1, true, 1, 0, 0, 0);
        DMatrixRMaj factors = new DMatrixRMaj(4, 1);
        if (!CommonOps_DDRM.solve(moments, target, factors)) {
            throw new IllegalStateException("no vertices around " + l);
        }
        double[] weights = new double[falloff.length];
        for (int v : near) {
            double[] x = offset(l, v);
            for (int k = 0; k < 4; k++) {
                weights[v] += falloff[v] * factors.data[k] * x[k];
            }
        }
        return weights;
    }

    private double[] offset(Landmark l, int v) {
        return new double[] {1, vertices[3 * v] - l.x, vertices[3 * v + 1] - l.y, vertices[3 * v + 2] - l.z};
    }
}

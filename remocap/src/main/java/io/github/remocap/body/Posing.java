package io.github.remocap.body;

import io.github.remocap.tensor.SparseMatrix;

/**
 * What {@link Skinning} computes, for one body at a time on plain arrays, for data that are read one by one. Immutable; any thread may use it.
 */
public final class Posing {
    private final BodyModel body;
    private final double[] rest; // [3J, 1+K]
    private final SparseMatrix weights;
    private final boolean bending; // whether bends change the surface before it is bent

    /** Of a body. */
    public Posing(BodyModel body) {
        this.body = body;
        this.rest = body.restJoints();
        this.weights = body.weights();
        boolean any = false;
        for (float d : body.poseDirections()) {
            any |= d != 0;
        }
        this.bending = any;
    }

    /** The body. */
    public BodyModel body() {
        return body;
    }

    private double[] restJoints(float[] betas) {
        int k = body.shapes();
        double[] joints = new double[3 * body.joints()];
        for (int i = 0; i < joints.length; i++) {
            joints[i] = rest[i * (1 + k)];
            for (int s = 0; s < k; s++) {
                joints[i] += rest[i * (1 + k) + 1 + s] * betas[s];
            }
        }
        return joints;
    }

    /** Where the root is, about which the body turns: x, y, z in metres. */
    public double[] root(float[] betas) {
        double[] joints = restJoints(betas);
        return new double[] {joints[0], joints[1], joints[2]};
    }

    /**
     * The vertices.
     *
     * @param pose {@code [3J]} axis-angle
     * @param betas {@code [K]}
     * @return {@code [V,3]} metres
     * @throws IllegalArgumentException if sizes do not fit
     */
    public double[] vertices(float[] pose, float[] betas) {
        int j = body.joints();
        if (pose.length != 3 * j || betas.length < body.shapes()) {
            throw new IllegalArgumentException("a pose of " + pose.length + " and a shape of " + betas.length + " numbers for a body of " + j + " joints and "
                + body.shapes() + " coefficients");
        }
        double[] joints = restJoints(betas);
        double[] bends = new double[9 * (j - 1)];
        double[][] world = new double[j][]; // 3x4
        for (int i = 0; i < j; i++) {
            double[] turn = AxisAngle.toMatrix(pose[3 * i], pose[3 * i + 1], pose[3 * i + 2]);
            for (int e = 0; i > 0 && e < 9; e++) {
                bends[9 * (i - 1) + e] = turn[e] - (e % 4 == 0 ? 1 : 0);
            }
            int parent = body.parents()[i];
            double[] local = new double[12];
            for (int r = 0; r < 3; r++) {
                System.arraycopy(turn, 3 * r, local, 4 * r, 3);
                local[4 * r + 3] = joints[3 * i + r] - (parent < 0 ? 0 : joints[3 * parent + r]);
            }
            world[i] = parent < 0 ? local : compose(world[parent], local);
        }
        double[] transforms = new double[12 * j]; // from the rest pose
        for (int i = 0; i < j; i++) {
            for (int r = 0; r < 3; r++) {
                double[] w = world[i];
                System.arraycopy(w, 4 * r, transforms, 12 * i + 4 * r, 3);
                transforms[12 * i + 4 * r + 3] = w[4 * r + 3] - w[4 * r] * joints[3 * i] - w[4 * r + 1] * joints[3 * i + 1]
                    - w[4 * r + 2] * joints[3 * i + 2];
            }
        }
        return blend(bends, betas, transforms);
    }

    private static double[] compose(double[] a, double[] b) {
        double[] out = new double[12];
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 4; c++) {
                out[4 * r + c] = a[4 * r] * b[c] + a[4 * r + 1] * b[4 + c] + a[4 * r + 2] * b[8 + c] + (c == 3 ? a[4 * r + 3] : 0);
            }
        }
        return out;
    }

    private double[] blend(double[] bends, float[] betas, double[] transforms) {
        int k = body.shapes();
        double[] out = new double[body.template().length];
        double[] at = new double[3];
        double[] t = new double[12];
        for (int v = 0; v < body.vertices(); v++) {
            for (int d = 0; d < 3; d++) {
                int row = 3 * v + d;
                double x = body.template()[row];
                for (int s = 0; s < k; s++) {
                    x += body.shapeDirections()[row * k + s] * betas[s];
                }
                for (int e = 0; bending && e < bends.length; e++) {
                    x += body.poseDirections()[row * bends.length + e] * bends[e];
                }
                at[d] = x;
            }
            java.util.Arrays.fill(t, 0);
            for (int e = weights.rowStart()[v]; e < weights.rowStart()[v + 1]; e++) {
                int from = 12 * weights.columns()[e];
                for (int i = 0; i < 12; i++) {
                    t[i] += weights.values()[e] * transforms[from + i];
                }
            }
            for (int r = 0; r < 3; r++) {
                out[3 * v + r] = t[4 * r] * at[0] + t[4 * r + 1] * at[1] + t[4 * r + 2] * at[2] + t[4 * r + 3];
            }
        }
        return out;
    }

    /** Points {@code [rows,3]} from a matrix and points {@code [cols,3]}. */
    public static double[] apply(SparseMatrix matrix, double[] points) {
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
}

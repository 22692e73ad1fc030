package io.github.remocap.render;

import java.util.Arrays;

/** Meshes for tests, in camera space: x right, y down, z away; faces counter-clockwise seen from outside. */
public final class Shapes {
    private static final int AROUND = 16;
    private static final int CAP = 5;

    /** Joints in the network's order (right ankle ... head), a walker facing the viewer, pelvis at the origin, metres. */
    private static final double[][] WALKER = {
        {-0.10, 0.86, 0.22}, {-0.10, 0.46, 0.03}, {-0.10, 0, 0}, {0.10, 0, 0}, {0.10, 0.45, -0.12}, {0.11, 0.86, -0.10},
        {-0.28, 0.06, -0.16}, {-0.26, -0.20, -0.02}, {-0.19, -0.46, 0}, {0.19, -0.46, 0}, {0.26, -0.20, 0.08}, {0.28, 0.05, 0.10},
        {0, -0.52, 0}, {0, -0.76, -0.02}};
    private static final int[][] BONES = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {6, 7}, {7, 8}, {8, 9}, {9, 10}, {10, 11}, {2, 8}, {3, 9}, {2, 9}, {3, 8}, {12, 13}};
    private static final double[] RADII = {0.05, 0.075, 0.11, 0.075, 0.05, 0.035, 0.045, 0.07, 0.045, 0.035, 0.10, 0.10, 0.11, 0.11, 0.085};

    /**
     * @param vertices [count, 3]
     * @param faces [n * 3]
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Mesh(float[] vertices, int[] faces) {
        public int count() {
            return vertices.length / 3;
        }
    }

    private Shapes() {}

    /** [14, 3] */
    public static float[] walkerJoints() {
        float[] joints = new float[42];
        for (int j = 0; j < 14; j++) {
            for (int k = 0; k < 3; k++) {
                joints[3 * j + k] = (float) WALKER[j][k];
            }
        }
        return joints;
    }

    /** A figure of capsules around {@link #walkerJoints()}. */
    public static Mesh walker() {
        Mesh body = new Mesh(new float[0], new int[0]);
        for (int b = 0; b < BONES.length; b++) {
            body = join(body, capsule(WALKER[BONES[b][0]], WALKER[BONES[b][1]], RADII[b]));
        }
        return body;
    }

    /** A sphere about the origin. */
    public static Mesh sphere(double radius) {
        return capsule(new double[] {0, 0, 0}, new double[] {0, 1e-9, 0}, radius);
    }

    private static Mesh join(Mesh a, Mesh b) {
        float[] vertices = Arrays.copyOf(a.vertices, a.vertices.length + b.vertices.length);
        System.arraycopy(b.vertices, 0, vertices, a.vertices.length, b.vertices.length);
        int[] faces = Arrays.copyOf(a.faces, a.faces.length + b.faces.length);
        for (int i = 0; i < b.faces.length; i++) {
            faces[a.faces.length + i] = b.faces[i] + a.count();
        }
        return new Mesh(vertices, faces);
    }

    /** A closed capsule: rings of latitude, the lower half around {@code from}, the upper half around {@code to}. */
    static Mesh capsule(double[] from, double[] to, double radius) {
        double[] axis = unit(new double[] {to[0] - from[0], to[1] - from[1], to[2] - from[2]});
        double[] u = unit(cross(axis, Math.abs(axis[0]) < 0.9 ? new double[] {1, 0, 0} : new double[] {0, 1, 0}));
        double[] v = cross(axis, u);
        int rings = 2 * CAP; // CAP rings around each end, poles apart
        float[] vertices = new float[3 * (rings * AROUND + 2)];
        for (int r = 0; r < rings; r++) {
            double[] end = r < CAP ? from : to;
            double latitude = r < CAP ? -Math.PI / 2 * (CAP - 1 - r + 0.001) / CAP : Math.PI / 2 * (r - CAP + 0.001) / CAP;
            for (int i = 0; i < AROUND; i++) {
                double angle = 2 * Math.PI * i / AROUND;
                for (int k = 0; k < 3; k++) {
                    vertices[3 * (r * AROUND + i) + k] = (float) (end[k] + radius * (Math.sin(latitude) * axis[k]
                            + Math.cos(latitude) * (Math.cos(angle) * u[k] + Math.sin(angle) * v[k])));
                }
            }
        }
        int south = rings * AROUND;
        for (int k = 0; k < 3; k++) {
            vertices[3 * south + k] = (float) (from[k] - radius * axis[k]);
            vertices[3 * south + 3 + k] = (float) (to[k] + radius * axis[k]);
        }
        int[] faces = new int[3 * (2 * AROUND * (rings - 1) + 2 * AROUND)];
        int at = 0;
        for (int i = 0; i < AROUND; i++) {
            int j = (i + 1) % AROUND;
            for (int r = 0; r + 1 < rings; r++) {
                int a = r * AROUND + i;
                int b = r * AROUND + j;
                int[] two = {a, b, b + AROUND, a, b + AROUND, a + AROUND};
                System.arraycopy(two, 0, faces, at, 6);
                at += 6;
            }
            int last = (rings - 1) * AROUND;
            int[] caps = {south, j, i, south + 1, last + i, last + j};
            System.arraycopy(caps, 0, faces, at, 6);
            at += 6;
        }
        return new Mesh(vertices, faces);
    }

    private static double[] cross(double[] a, double[] b) {
        return new double[] {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
    }

    private static double[] unit(double[] a) {
        double length = Math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
        return new double[] {a[0] / length, a[1] / length, a[2] / length};
    }
}

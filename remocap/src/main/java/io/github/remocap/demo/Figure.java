package io.github.remocap.demo;

import io.github.remocap.model.Mesh;
import io.github.remocap.tensor.SparseMatrix;
import java.util.ArrayList;
import java.util.List;

/**
 * A standing figure of twelve ellipsoids. Each is a grid of rings; from the coarse to the intermediate and from that to the fine mesh,
 * rings and their points double by interpolation. Metres, x right, y down, z away, the pelvis near the origin.
 */
final class Figure {
    private static final int RINGS = 5;
    private static final int POINTS = 6;
    /** Centre and half axes of each part; the third is the pelvis. */
    private static final double[][] PARTS = {
        {0, -0.62, 0, 0.10, 0.13, 0.11}, {0, -0.27, 0, 0.19, 0.26, 0.12}, {0, 0.02, 0, 0.17, 0.13, 0.12}, {0, -0.47, 0, 0.06, 0.09, 0.06},
        {-0.27, -0.28, 0, 0.06, 0.17, 0.06}, {0.27, -0.28, 0, 0.06, 0.17, 0.06}, {-0.33, 0.00, -0.04, 0.05, 0.17, 0.05},
        {0.33, 0.00, -0.04, 0.05, 0.17, 0.05}, {-0.10, 0.30, 0, 0.09, 0.25, 0.09}, {0.10, 0.30, 0, 0.09, 0.25, 0.09},
        {-0.11, 0.68, 0.02, 0.07, 0.24, 0.07}, {0.11, 0.68, 0.02, 0.07, 0.24, 0.07}};
    private static final int PELVIS = 2;

    private Figure() {
    }

    private static int rings(int level) {
        return ((RINGS - 1) << level) + 1;
    }

    private static int points(int level) {
        return POINTS << level;
    }

    /** Vertices of a level: 0 coarse, 1 intermediate, 2 fine. */
    static int vertices(int level) {
        return PARTS.length * rings(level) * points(level);
    }

    private static int index(int level, int part, int ring, int point) {
        return (part * rings(level) + ring) * points(level) + point % points(level);
    }

    /** Coarse vertices, {@code [vertices(0), 3]}. */
    static double[][] coarse() {
        double[][] out = new double[vertices(0)][];
        for (int part = 0; part < PARTS.length; part++) {
            double[] p = PARTS[part];
            for (int ring = 0; ring < RINGS; ring++) {
                double polar = Math.PI * ring / (RINGS - 1);
                for (int point = 0; point < POINTS; point++) {
                    double angle = 2 * Math.PI * point / POINTS;
                    out[index(0, part, ring, point)] = new double[] {p[0] + p[3] * Math.sin(polar) * Math.cos(angle), p[1] - p[4] * Math.cos(polar),
                        p[2] + p[5] * Math.sin(polar) * Math.sin(angle)};
                }
            }
        }
        return out;
    }

    /** From a level to the next, twice the rings and points. */
    static SparseMatrix upsample(int level) {
        int rows = vertices(level + 1);
        int[] start = new int[rows + 1];
        List<Integer> columns = new ArrayList<>();
        for (int part = 0; part < PARTS.length; part++) {
            for (int ring = 0; ring < rings(level + 1); ring++) {
                for (int point = 0; point < points(level + 1); point++) {
                    columns.add(index(level, part, ring / 2, point / 2));
                    columns.add(index(level, part, (ring + 1) / 2, point / 2));
                    columns.add(index(level, part, ring / 2, (point + 1) / 2));
                    columns.add(index(level, part, (ring + 1) / 2, (point + 1) / 2));
                    start[index(level + 1, part, ring, point) + 1] = columns.size();
                }
            }
        }
        double[] values = new double[columns.size()];
        java.util.Arrays.fill(values, 0.25);
        return new SparseMatrix(rows, vertices(level), start, columns.stream().mapToInt(i -> i).toArray(), values);
    }

    /** What the network must know: neighbours on a part's grid, and the last upsampling. */
    static Mesh mesh() {
        int n = vertices(0);
        boolean[][] adjacency = new boolean[n][n];
        for (int part = 0; part < PARTS.length; part++) {
            for (int ring = 0; ring < RINGS; ring++) {
                for (int point = 0; point < POINTS; point++) {
                    int here = index(0, part, ring, point);
                    int right = index(0, part, ring, point + 1);
                    int below = index(0, part, Math.min(ring + 1, RINGS - 1), point);
                    adjacency[here][here] = true;
                    adjacency[here][right] = true;
                    adjacency[right][here] = true;
                    adjacency[here][below] = true;
                    adjacency[below][here] = true;
                }
            }
        }
        return new Mesh(adjacency, upsample(1));
    }

    /** Triangles of a level, counter-clockwise seen from outside. */
    static int[] faces(int level) {
        int[] faces = new int[PARTS.length * (rings(level) - 1) * points(level) * 6];
        int at = 0;
        for (int part = 0; part < PARTS.length; part++) {
            for (int ring = 0; ring < rings(level) - 1; ring++) {
                for (int point = 0; point < points(level); point++) {
                    int a = index(level, part, ring, point);
                    int b = index(level, part, ring, point + 1);
                    int c = index(level, part, ring + 1, point);
                    int d = index(level, part, ring + 1, point + 1);
                    for (int vertex : new int[] {a, c, b, b, c, d}) {
                        faces[at++] = vertex;
                    }
                }
            }
        }
        return faces;
    }

    /** Weights of the fine vertices that give the pelvis. */
    static float[] pelvis() {
        float[] weights = new float[vertices(2)];
        int of = rings(2) * points(2);
        java.util.Arrays.fill(weights, PELVIS * of, (PELVIS + 1) * of, 1f / of);
        return weights;
    }
}

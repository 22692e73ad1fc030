package io.github.remocap.figure;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Counts edges of a mesh that pass through faces which do not share a vertex with them. */
final class Crossings {
    private Crossings() {
    }

    static int count(double[] v, int[] faces) {
        List<Integer> byLeft = new ArrayList<>();
        for (int f = 0; f < faces.length; f += 3) {
            byLeft.add(f);
        }
        byLeft.sort(Comparator.comparingDouble(f -> bound(v, faces, f, 0, -1)));
        int crossings = 0;
        for (int i = 0; i < byLeft.size(); i++) {
            int f = byLeft.get(i);
            double right = bound(v, faces, f, 0, 1);
            for (int j = i + 1; j < byLeft.size() && bound(v, faces, byLeft.get(j), 0, -1) <= right; j++) {
                int g = byLeft.get(j);
                if (overlap(v, faces, f, g) && !shareVertex(faces, f, g)) {
                    crossings += pierces(v, faces, f, g) || pierces(v, faces, g, f) ? 1 : 0;
                }
            }
        }
        return crossings;
    }

    private static double bound(double[] v, int[] faces, int f, int axis, int sign) {
        double most = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < 3; k++) {
            most = Math.max(most, sign * v[3 * faces[f + k] + axis]);
        }
        return sign * most;
    }

    private static boolean overlap(double[] v, int[] faces, int f, int g) {
        for (int axis = 1; axis < 3; axis++) {
            if (bound(v, faces, f, axis, -1) > bound(v, faces, g, axis, 1) || bound(v, faces, g, axis, -1) > bound(v, faces, f, axis, 1)) {
                return false;
            }
        }
        return true;
    }

    private static boolean shareVertex(int[] faces, int f, int g) {
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                if (faces[f + i] == faces[g + j]) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether an edge of f goes through g. */
    private static boolean pierces(double[] v, int[] faces, int f, int g) {
        for (int k = 0; k < 3; k++) {
            int p = faces[f + k];
            int q = faces[f + (k + 1) % 3];
            int a = faces[g];
            int b = faces[g + 1];
            int c = faces[g + 2];
            if (side(v, p, a, b, c) * side(v, q, a, b, c) < 0) {
                double s = side(v, p, q, a, b);
                double t = side(v, p, q, b, c);
                double u = side(v, p, q, c, a);
                if (s > 0 && t > 0 && u > 0 || s < 0 && t < 0 && u < 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Six times the signed volume of a tetrahedron. */
    private static double side(double[] v, int a, int b, int c, int d) {
        double[] x = new double[9];
        for (int i = 0; i < 3; i++) {
            x[i] = v[3 * b + i] - v[3 * a + i];
            x[3 + i] = v[3 * c + i] - v[3 * a + i];
            x[6 + i] = v[3 * d + i] - v[3 * a + i];
        }
        return x[0] * (x[4] * x[8] - x[5] * x[7]) - x[1] * (x[3] * x[8] - x[5] * x[6]) + x[2] * (x[3] * x[7] - x[4] * x[6]);
    }
}

package io.github.remocap.figure;

import io.github.remocap.tensor.SparseMatrix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A closed triangle mesh and the one with four triangles for each of its own: vertices keep their numbers, those in the middle of edges
 * follow. Two maps lead from the vertices of the one to those of the other: Loop's, which smooths (Loop 1987, with Warren's weights), and
 * the butterfly (Dyn, Levin, Gregory 1990), which keeps old vertices where they are.
 */
final class Subdivision {
    private final int vertices;
    private final int[] triangles;
    private final int[] mirror;
    private final List<Set<Integer>> neighbours = new ArrayList<>();
    private final Map<Long, Integer> edges = new LinkedHashMap<>(); // numbered in the order of triangles
    private final List<int[]> ends = new ArrayList<>();
    private final Map<Long, Integer> opposite = new HashMap<>(); // third vertex of the triangle to the left of a directed edge

    Subdivision(int vertices, int[] triangles, int[] mirror) {
        this.vertices = vertices;
        this.triangles = triangles;
        this.mirror = mirror;
        for (int v = 0; v < vertices; v++) {
            neighbours.add(new LinkedHashSet<>());
        }
        for (int t = 0; t < triangles.length; t += 3) {
            for (int k = 0; k < 3; k++) {
                int a = triangles[t + k];
                int b = triangles[t + (k + 1) % 3];
                opposite.put(directed(a, b), triangles[t + (k + 2) % 3]);
                neighbours.get(a).add(b);
                neighbours.get(b).add(a);
                if (edges.putIfAbsent(key(a, b), ends.size()) == null) {
                    ends.add(new int[] {Math.min(a, b), Math.max(a, b)});
                }
            }
        }
    }

    private static long directed(int a, int b) {
        return (long) a << 32 | b;
    }

    private static long key(int a, int b) {
        return directed(Math.min(a, b), Math.max(a, b));
    }

    int vertices() {
        return vertices;
    }

    int[] triangles() {
        return triangles;
    }

    int[] mirror() {
        return mirror;
    }

    /** Two vertices each. */
    int[] edges() {
        return ends.stream().flatMapToInt(java.util.Arrays::stream).toArray();
    }

    /** Which vertices are the same or joined by an edge. */
    boolean[][] adjacency() {
        boolean[][] out = new boolean[vertices][vertices];
        for (int v = 0; v < vertices; v++) {
            out[v][v] = true;
            for (int n : neighbours.get(v)) {
                out[v][n] = true;
            }
        }
        return out;
    }

    private int middle(int a, int b) {
        return vertices + java.util.Objects.requireNonNull(edges.get(key(a, b)));
    }

    private int across(int a, int b) {
        return java.util.Objects.requireNonNull(opposite.get(directed(a, b)));
    }

    /** The finer mesh. */
    Subdivision refine() {
        int[] finer = new int[4 * triangles.length];
        int at = 0;
        for (int t = 0; t < triangles.length; t += 3) {
            int a = triangles[t];
            int b = triangles[t + 1];
            int c = triangles[t + 2];
            int ab = middle(a, b);
            int bc = middle(b, c);
            int ca = middle(c, a);
            for (int v : new int[] {a, ab, ca, b, bc, ab, c, ca, bc, ab, bc, ca}) {
                finer[at++] = v;
            }
        }
        int[] across = java.util.Arrays.copyOf(mirror, vertices + ends.size());
        for (int e = 0; e < ends.size(); e++) {
            across[vertices + e] = middle(mirror[ends.get(e)[0]], mirror[ends.get(e)[1]]);
        }
        return new Subdivision(vertices + ends.size(), finer, across);
    }

    /** Loop's map to the finer mesh's vertices. */
    SparseMatrix loop() {
        Rows rows = new Rows(vertices);
        for (int v = 0; v < vertices; v++) {
            double beta = beta(neighbours.get(v).size());
            rows.add(v, 1 - neighbours.get(v).size() * beta);
            neighbours.get(v).forEach(n -> rows.add(n, beta));
            rows.end();
        }
        for (int[] e : ends) {
            rows.add(e[0], 3 / 8.0);
            rows.add(e[1], 3 / 8.0);
            rows.add(across(e[0], e[1]), 1 / 8.0);
            rows.add(across(e[1], e[0]), 1 / 8.0);
            rows.end();
        }
        return rows.build();
    }

    /** From vertices to where endless smoothing brings them, on the same mesh. */
    SparseMatrix limit() {
        Rows rows = new Rows(vertices);
        for (int v = 0; v < vertices; v++) {
            int k = neighbours.get(v).size();
            double gamma = 1 / (3 / (8 * beta(k)) + k);
            rows.add(v, 1 - k * gamma);
            neighbours.get(v).forEach(n -> rows.add(n, gamma));
            rows.end();
        }
        return rows.build();
    }

    private static double beta(int valence) {
        return valence == 3 ? 3 / 16.0 : 3 / (8.0 * valence);
    }

    /** The butterfly's map to the finer mesh's vertices: 1/2 for the ends, 1/8 across, -1/16 for the four wings. */
    SparseMatrix butterfly() {
        Rows rows = new Rows(vertices);
        for (int v = 0; v < vertices; v++) {
            rows.add(v, 1);
            rows.end();
        }
        for (int[] e : ends) {
            rows.add(e[0], 1 / 2.0);
            rows.add(e[1], 1 / 2.0);
            int left = across(e[0], e[1]);
            int right = across(e[1], e[0]);
            rows.add(left, 1 / 8.0);
            rows.add(right, 1 / 8.0);
            rows.add(across(left, e[1]), -1 / 16.0);
            rows.add(across(e[0], left), -1 / 16.0);
            rows.add(across(e[1], right), -1 / 16.0);
            rows.add(across(right, e[0]), -1 / 16.0);
            rows.end();
        }
        return rows.build();
    }

    /** The first {@code rows} of {@code columns} vertices. */
    static SparseMatrix select(int rows, int columns) {
        Rows selection = new Rows(columns);
        for (int v = 0; v < rows; v++) {
            selection.add(v, 1);
            selection.end();
        }
        return selection.build();
    }
}

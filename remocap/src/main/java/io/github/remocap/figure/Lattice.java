package io.github.remocap.figure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The surface of a body made of unit cubes: what is connected with what. x counts to the body's left, y up, z to the front. The trunk is
 * four cubes wide, the neck and head two, arms and legs one. Its surface is a closed 2-manifold of genus 0, and mirroring x maps it to itself.
 */
final class Lattice {
    /** A corner of cubes. */
    record Point(int x, int y, int z) {
        Point mirrored() {
            return new Point(-x, y, z);
        }
    }

    /** Rows of cubes, from the floor: soles -6, the hips' crease 0, shoulders 4, the top of the head 8. */
    static final int SOLE = -6;
    static final int HIPS = 0;
    static final int SHOULDERS = 4;
    static final int CROWN = 8;
    /** Columns: the trunk's side 2, fingertips 8. */
    static final int SIDE = 2;
    static final int FINGERTIPS = 8;
    /** Toes. */
    static final int TOES = 3;

    private final List<Point> points = new ArrayList<>();
    private final List<int[]> triangles = new ArrayList<>();
    private final Map<Point, Integer> index = new LinkedHashMap<>();

    Lattice() {
        Set<Point> cubes = cubes();
        for (Point c : cubes) {
            if (c.x >= 0) { // the left half; the right one is its mirror image
                face(cubes, c, 1, 0, 0);
                face(cubes, c, -1, 0, 0);
                face(cubes, c, 0, 1, 0);
                face(cubes, c, 0, -1, 0);
                face(cubes, c, 0, 0, 1);
                face(cubes, c, 0, 0, -1);
            }
        }
    }

    private static Set<Point> cubes() {
        Set<Point> cubes = new LinkedHashSet<>();
        for (int x = 0; x < SIDE; x++) {
            for (int y = HIPS; y < SHOULDERS; y++) {
                cubes.add(new Point(x, y, 0));
            }
        }
        for (int y = SHOULDERS; y < CROWN; y++) {
            cubes.add(new Point(0, y, 0));
        }
        for (int x = SIDE; x < FINGERTIPS; x++) {
            cubes.add(new Point(x, SHOULDERS - 1, 0));
        }
        for (int y = SOLE; y < HIPS; y++) {
            cubes.add(new Point(SIDE - 1, y, 0));
        }
        for (int z = 1; z < TOES; z++) {
            cubes.add(new Point(SIDE - 1, SOLE, z));
        }
        for (Point c : List.copyOf(cubes)) {
            cubes.add(new Point(-1 - c.x, c.y, c.z));
        }
        return cubes;
    }

    /** Adds the side of a cube, and its mirror image, where no other cube adjoins. */
    private void face(Set<Point> cubes, Point c, int dx, int dy, int dz) {
        if (cubes.contains(new Point(c.x + dx, c.y + dy, c.z + dz))) {
            return;
        }
        // Two directions along the side whose cross product points outwards, and the corner to begin with.
        int[] n = {dx, dy, dz};
        int axis = dx != 0 ? 0 : dy != 0 ? 1 : 2;
        int[] u = new int[3];
        int[] v = new int[3];
        u[(axis + 1) % 3] = 1;
        v[(axis + 2) % 3] = 1;
        int[] o = {c.x, c.y, c.z};
        if (n[axis] > 0) {
            o[axis]++;
        } else {
            int[] swap = u;
            u = v;
            v = swap;
        }
        Point p0 = new Point(o[0], o[1], o[2]);
        Point p1 = new Point(o[0] + u[0], o[1] + u[1], o[2] + u[2]);
        Point p2 = new Point(o[0] + u[0] + v[0], o[1] + u[1] + v[1], o[2] + u[2] + v[2]);
        Point p3 = new Point(o[0] + v[0], o[1] + v[1], o[2] + v[2]);
        triangle(p0, p1, p2);
        triangle(p0, p2, p3);
    }

    private void triangle(Point a, Point b, Point c) {
        triangles.add(new int[] {vertex(a), vertex(b), vertex(c)});
        triangles.add(new int[] {vertex(c.mirrored()), vertex(b.mirrored()), vertex(a.mirrored())});
    }

    private int vertex(Point p) {
        return index.computeIfAbsent(p, q -> {
            points.add(q);
            return points.size() - 1;
        });
    }

    /** The corners on the surface; a vertex is its place in the list. */
    List<Point> points() {
        return points;
    }

    /** Three vertices each, counter-clockwise seen from outside. */
    int[] triangles() {
        return triangles.stream().flatMapToInt(java.util.Arrays::stream).toArray();
    }

    /** The vertex on the other side of the body, for each. */
    int[] mirror() {
        return points.stream().mapToInt(p -> java.util.Objects.requireNonNull(index.get(p.mirrored()))).toArray();
    }
}

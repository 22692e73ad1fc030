package io.github.remocap.render;

import java.util.Arrays;

/** Vertex normals of a triangle mesh. */
final class Normals {
    private Normals() {}

    /**
     * The sum of the adjoining faces' normals, weighted by area, of length 1; (0, 0, -1), towards the viewer, where that sum vanishes.
     *
     * @param vertices from {@code offset} on [count, 3]
     * @param faces [n * 3]
     * @param normals receives [count, 3]
     */
    static void compute(float[] vertices, int offset, int count, int[] faces, float[] normals) {
        Arrays.fill(normals, 0, 3 * count, 0);
        for (int f = 0; f < faces.length; f += 3) {
            int a = offset + 3 * faces[f];
            int b = offset + 3 * faces[f + 1];
            int c = offset + 3 * faces[f + 2];
            float ux = vertices[b] - vertices[a];
            float uy = vertices[b + 1] - vertices[a + 1];
            float uz = vertices[b + 2] - vertices[a + 2];
            float vx = vertices[c] - vertices[a];
            float vy = vertices[c + 1] - vertices[a + 1];
            float vz = vertices[c + 2] - vertices[a + 2];
            float nx = uy * vz - uz * vy;
            float ny = uz * vx - ux * vz;
            float nz = ux * vy - uy * vx;
            for (int k = 0; k < 3; k++) {
                int v = 3 * faces[f + k];
                normals[v] += nx;
                normals[v + 1] += ny;
                normals[v + 2] += nz;
            }
        }
        for (int v = 0; v < 3 * count; v += 3) {
            double length = Math.sqrt((double) normals[v] * normals[v] + (double) normals[v + 1] * normals[v + 1]
                    + (double) normals[v + 2] * normals[v + 2]);
            if (length > 0) {
                normals[v] = (float) (normals[v] / length);
                normals[v + 1] = (float) (normals[v + 1] / length);
                normals[v + 2] = (float) (normals[v + 2] / length);
            } else {
                normals[v + 2] = -1;
            }
        }
    }
}

package io.github.remocap.render;

import java.util.Arrays;
import java.util.Objects;

/**
 * Draws shaded triangle meshes over pictures: a z-buffer, normals interpolated over each triangle, antialiasing by several samples a
 * pixel. It works through the picture in bands of rows, so that its memory does not grow with the picture's height, and
 * keeps its buffers between calls. One instance serves one thread at a time.
 *
 * <p>Projected vertices are rounded to 1/{@value #SUBPIXEL} sample and edges are evaluated exactly in integers; a sample exactly on an edge
 * belongs to the triangle whose left or upper edge it is. So triangles that share an edge neither overlap nor leave a gap.
 * Both sides of a triangle are drawn. A triangle with a vertex more than {@value #REACH} pixels away from the picture's
 * origin is left out.
 */
public final class Rasteriser {
    private static final int SUBPIXEL = TriangleScan.SUBPIXEL;
    private static final int REACH = 200_000; // keeps the edge functions' products below 2^63 with 4 samples a pixel
    private static final int BAND = 64; // rows of pixels
    private static final int OUT = Integer.MIN_VALUE; // marks a vertex beyond REACH

    private final Style style;
    private final Shading shading;
    private final int n; // samples a pixel along each axis

    private int[] screen = new int[0]; // [count, 2], subpixels
    private float[] normals = new float[0]; // [count, 3]
    private float[] depth = new float[0]; // [band rows * n, width * n], metres; +infinity where nothing is drawn
    private int[] colour = new int[0]; // likewise, 0xRRGGBB

    public Rasteriser(Style style) {
        this.style = style;
        this.shading = new Shading(style.rgb());
        this.n = style.samples();
    }

    /**
     * Draws a mesh over a picture.
     *
     * @param argb [height * width], 0xAARRGGBB; changed where the mesh is
     * @param vertices from {@code offset} on [count, 3], metres in camera space (x right, y down, z away); parts may be outside the picture
     * @param faces [n * 3], vertex numbers from 0; counter-clockwise seen from outside
     * @throws IndexOutOfBoundsException if an array is too short or a face names a vertex that is not there
     * @throws IllegalArgumentException if the camera or a vertex is not finite, or {@code faces} does not consist of triples
     */
    public void draw(int[] argb, int width, int height, float[] vertices, int offset, int count, int[] faces, FrameCamera camera) {
        Objects.checkFromIndexSize(0, Math.multiplyExact(width, height), argb.length);
        Objects.checkFromIndexSize(offset, 3 * count, vertices.length);
        if (!camera.isFinite()) {
            throw new IllegalArgumentException(camera + " is not finite");
        }
        if (faces.length % 3 != 0) {
            throw new IllegalArgumentException("faces: " + faces.length + " numbers; expected triples");
        }
        for (int face : faces) {
            Objects.checkIndex(face, count);
        }
        if (screen.length < 2 * count) {
            screen = new int[2 * count];
            normals = new float[3 * count];
        }
        project(vertices, offset, count, camera);
        Normals.compute(vertices, offset, count, faces, normals);

        // The part of the picture that the mesh can touch, in pixels; the columns stay the same for all bands.
        int left = Integer.MAX_VALUE;
        int right = Integer.MIN_VALUE;
        int top = Integer.MAX_VALUE;
        int bottom = Integer.MIN_VALUE;
        for (int v = 0; v < count; v++) {
            if (screen[2 * v] != OUT) {
                left = Math.min(left, screen[2 * v]);
                right = Math.max(right, screen[2 * v]);
                top = Math.min(top, screen[2 * v + 1]);
                bottom = Math.max(bottom, screen[2 * v + 1]);
            }
        }
        int unit = SUBPIXEL * n;
        int x0 = Math.max(0, Math.floorDiv(left, unit));
        int x1 = Math.min(width, Math.floorDiv(right, unit) + 1);
        int y0 = Math.max(0, Math.floorDiv(top, unit));
        int y1 = Math.min(height, Math.floorDiv(bottom, unit) + 1);
        if (left > right || x0 >= x1) {
            return;
        }
        for (int y = y0; y < y1; y += BAND) {
            Band band = new Band(x0, y, x1, Math.min(y + BAND, y1), n);
            clear(band);
            for (int f = 0; f < faces.length; f += 3) {
                triangle(band, vertices, offset, faces[f], faces[f + 1], faces[f + 2]);
            }
            blend(band, argb, width);
        }
    }

    /** Columns [x0, x1) and rows [y0, y1) in pixels. */
    private record Band(int x0, int y0, int x1, int y1, int n) {
        int stride() {
            return (x1 - x0) * n;
        }

        int rows() {
            return (y1 - y0) * n;
        }
    }

    private void project(float[] vertices, int offset, int count, FrameCamera camera) {
        int unit = SUBPIXEL * n;
        for (int v = 0; v < count; v++) {
            int at = offset + 3 * v;
            double x = camera.x(vertices[at]);
            double y = camera.y(vertices[at + 1]);
            if (!Double.isFinite(x + y + vertices[at + 2])) {
                throw new IllegalArgumentException("vertex " + v + " (" + vertices[at] + ", " + vertices[at + 1] + ", " + vertices[at + 2]
                        + ") is not finite");
            }
            boolean near = Math.abs(x) <= REACH && Math.abs(y) <= REACH;
            screen[2 * v] = near ? (int) Math.rint(x * unit) : OUT;
            screen[2 * v + 1] = near ? (int) Math.rint(y * unit) : OUT;
        }
    }

    private void clear(Band band) {
        int size = Math.multiplyExact(band.stride(), band.rows());
        if (depth.length < size) {
            depth = new float[size];
            colour = new int[size];
        }
        Arrays.fill(depth, 0, size, Float.POSITIVE_INFINITY);
    }

    private void triangle(Band band, float[] vertices, int offset, int a, int second, int third) {
        int ax = screen[2 * a];
        int ay = screen[2 * a + 1];
        if (ax == OUT || screen[2 * second] == OUT || screen[2 * third] == OUT) {
            return;
        }
        long area = (long) (screen[2 * second] - ax) * (screen[2 * third + 1] - ay)
                - (long) (screen[2 * second + 1] - ay) * (screen[2 * third] - ax);
        if (area == 0) {
            return;
        }
        // y points down: a front side, counter-clockwise seen from outside, has a negative area. The loops want a positive one.
        float side = area < 0 ? 1 : -1; // turns the normal of a back side towards the viewer
        int b = area < 0 ? third : second;
        int c = area < 0 ? second : third;
        float za = vertices[offset + 3 * a + 2];
        float zb = vertices[offset + 3 * b + 2];
        float zc = vertices[offset + 3 * c + 2];
        TriangleScan.scan(band.x0 * n, band.y0 * n, band.x1 * n, band.y1 * n, ax, ay, screen[2 * b], screen[2 * b + 1], screen[2 * c],
            screen[2 * c + 1], (at, wa, wb, wc) -> {
                float z = wa * za + wb * zb + wc * zc;
                if (z < depth[at]) {
                    depth[at] = z;
                    colour[at] = shading.colour(
                            side * (wa * normals[3 * a] + wb * normals[3 * b] + wc * normals[3 * c]),
                            side * (wa * normals[3 * a + 1] + wb * normals[3 * b + 1] + wc * normals[3 * c + 1]),
                            side * (wa * normals[3 * a + 2] + wb * normals[3 * b + 2] + wc * normals[3 * c + 2]));
                }
            });
    }

    /** The mean of a pixel's samples over the picture, by the share of samples that the mesh covers. */
    private void blend(Band band, int[] argb, int width) {
        int stride = band.stride();
        int all = n * n;
        for (int y = band.y0; y < band.y1; y++) {
            for (int x = band.x0; x < band.x1; x++) {
                int base = (y - band.y0) * n * stride + (x - band.x0) * n;
                int red = 0;
                int green = 0;
                int blue = 0;
                int covered = 0;
                for (int j = 0; j < n; j++) {
                    for (int i = 0; i < n; i++) {
                        int at = base + j * stride + i;
                        if (depth[at] != Float.POSITIVE_INFINITY) {
                            int c = colour[at];
                            red += c >> 16;
                            green += c >> 8 & 255;
                            blue += c & 255;
                            covered++;
                        }
                    }
                }
                if (covered > 0) {
                    double weight = style.opacity() / all;
                    double rest = 1 - weight * covered;
                    int p = argb[y * width + x];
                    argb[y * width + x] = (p & 0xFF000000)
                            | (int) (rest * (p >> 16 & 255) + weight * red + 0.5) << 16
                            | (int) (rest * (p >> 8 & 255) + weight * green + 0.5) << 8
                            | (int) (rest * (p & 255) + weight * blue + 0.5);
                }
            }
        }
    }
}

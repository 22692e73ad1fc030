package io.github.remocap.render;

import java.util.Arrays;
import java.util.List;

/**
 * Draws scenes of things that hide one another, seen through a pinhole camera, over a background. First every sample finds out which face
 * of which thing it sees, then that point is painted and lit. What is nearer than {@value #NEAREST} m is left out, face by face. One
 * instance serves one thread at a time.
 */
public final class SceneRasteriser {
    private static final float NEAREST = 0.1f;
    private static final float REACH = 30_000; // pixels; products of edges stay below 2^63
    private static final int NOTHING = -1;

    private final int width;
    private final int height;
    private final int n;
    private final float[] nearness; // one over the depth, by sample; 0 where nothing is
    private final int[] thing;
    private final int[] face;
    private final float[] weightA;
    private final float[] weightB;
    private int[] screen = new int[0];

    /**
     * For pictures of one size.
     *
     * @param samples a pixel along each axis
     */
    public SceneRasteriser(int width, int height, int samples) {
        this.width = width;
        this.height = height;
        this.n = samples;
        int all = Math.multiplyExact(width * samples, height * samples);
        nearness = new float[all];
        thing = new int[all];
        face = new int[all];
        weightA = new float[all];
        weightB = new float[all];
    }

    /** How many samples a thing would be seen by if it were alone. */
    public int samples(Thing alone, SceneCamera camera) {
        clear();
        place(0, alone, camera);
        return count(0);
    }

    /**
     * Draws a scene over a background.
     *
     * @param argb the background, {@code [height * width]}, 0xAARRGGBB; the things are drawn over it
     * @return how many samples see each thing
     */
    public int[] draw(int[] argb, List<Thing> things, SceneCamera camera, Light light) {
        clear();
        float[][] normals = new float[things.size()][];
        int[] seen = new int[things.size()];
        for (int i = 0; i < seen.length; i++) {
            Thing t = things.get(i);
            place(i, t, camera);
            normals[i] = new float[t.vertices().length];
            Normals.compute(t.vertices(), 0, t.vertices().length / 3, t.faces(), normals[i]);
        }
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                pixel(argb, x, y, things, normals, light, seen);
            }
        }
        return seen;
    }

    /**
     * Whether the last picture shows a thing near a point.
     *
     * @param x column in pixels
     * @param y row in pixels
     * @param reach how far away samples may be, in pixels
     */
    public boolean shows(int number, double x, double y, double reach) {
        int x0 = (int) Math.max(0, Math.floor((x - reach) * n));
        int x1 = (int) Math.min(width * n - 1.0, Math.floor((x + reach) * n));
        int y0 = (int) Math.max(0, Math.floor((y - reach) * n));
        int y1 = (int) Math.min(height * n - 1.0, Math.floor((y + reach) * n));
        for (int j = y0; j <= y1; j++) {
            for (int i = x0; i <= x1; i++) {
                if (thing[j * width * n + i] == number) {
                    return true;
                }
            }
        }
        return false;
    }

    private void clear() {
        Arrays.fill(nearness, 0);
        Arrays.fill(thing, NOTHING);
    }

    private int count(int number) {
        int count = 0;
        for (int t : thing) {
            count += t == number ? 1 : 0;
        }
        return count;
    }

    private void place(int number, Thing t, SceneCamera camera) {
        float[] v = t.vertices();
        if (screen.length < v.length) {
            screen = new int[v.length]; // x, y and whether it can be drawn
        }
        double unit = (double) TriangleScan.SUBPIXEL * n;
        for (int i = 0; i < v.length; i += 3) {
            double x = v[i + 2] > NEAREST ? camera.x(v[i], v[i + 2]) : REACH;
            double y = v[i + 2] > NEAREST ? camera.y(v[i + 1], v[i + 2]) : REACH;
            boolean near = Math.abs(x) < REACH && Math.abs(y) < REACH;
            screen[i] = near ? (int) Math.rint(x * unit) : 0;
            screen[i + 1] = near ? (int) Math.rint(y * unit) : 0;
            screen[i + 2] = near ? 1 : 0;
        }
        int[] faces = t.faces();
        for (int f = 0; f < faces.length; f += 3) {
            int a = 3 * faces[f];
            int b = 3 * faces[f + 1];
            int c = 3 * faces[f + 2];
            if ((screen[a + 2] & screen[b + 2] & screen[c + 2]) == 0) {
                continue;
            }
            long area = (long) (screen[b] - screen[a]) * (screen[c + 1] - screen[a + 1])
                - (long) (screen[b + 1] - screen[a + 1]) * (screen[c] - screen[a]);
            if (area < 0) { // the outside is towards the camera; of closed things nothing else can be seen
                int number3 = f / 3;
                float za = 1 / v[a + 2];
                float zb = 1 / v[b + 2];
                float zc = 1 / v[c + 2];
                TriangleScan.scan(0, 0, width * n, height * n, screen[a], screen[a + 1], screen[c], screen[c + 1], screen[b], screen[b + 1],
                    (at, wa, wc, wb) -> {
                        float z = wa * za + wb * zb + wc * zc;
                        if (z > nearness[at]) {
                            nearness[at] = z;
                            thing[at] = number;
                            face[at] = number3;
                            weightA[at] = wa * za / z; // of the point in space, not of its picture
                            weightB[at] = wb * zb / z;
                        }
                    });
            }
        }
    }

    private void pixel(int[] argb, int x, int y, List<Thing> things, float[][] normals, Light light, int[] seen) {
        int red = 0;
        int green = 0;
        int blue = 0;
        int covered = 0;
        for (int j = 0; j < n; j++) {
            int at = (y * n + j) * width * n + x * n;
            for (int i = 0; i < n; i++, at++) {
                if (thing[at] != NOTHING) {
                    int c = colour(at, things.get(thing[at]), normals[thing[at]], light);
                    seen[thing[at]]++;
                    red += c >> 16;
                    green += c >> 8 & 255;
                    blue += c & 255;
                    covered++;
                }
            }
        }
        if (covered > 0) {
            int p = argb[y * width + x];
            int rest = n * n - covered;
            int half = n * n / 2;
            argb[y * width + x] = 0xFF000000 | (red + rest * (p >> 16 & 255) + half) / (n * n) << 16
                | (green + rest * (p >> 8 & 255) + half) / (n * n) << 8 | (blue + rest * (p & 255) + half) / (n * n);
        }
    }

    private int colour(int at, Thing t, float[] normals, Light light) {
        int f = face[at];
        float wa = weightA[at];
        float wb = weightB[at];
        float wc = 1 - wa - wb;
        int a = 3 * t.faces()[3 * f];
        int b = 3 * t.faces()[3 * f + 1];
        int c = 3 * t.faces()[3 * f + 2];
        return light.on(t.paint().rgb(f, wa, wb, wc), wa * normals[a] + wb * normals[b] + wc * normals[c],
            wa * normals[a + 1] + wb * normals[b + 1] + wc * normals[c + 1], wa * normals[a + 2] + wb * normals[b + 2] + wc * normals[c + 2]);
    }
}

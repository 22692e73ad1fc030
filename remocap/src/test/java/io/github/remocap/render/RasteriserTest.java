package io.github.remocap.render;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.image.Box;
import io.github.remocap.image.Crop;
import io.github.remocap.image.Frame;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RasteriserTest {
    private static final FrameCamera PIXELS = new FrameCamera(1, 1, 0, 0);
    private static final int W = 60;
    private static final int H = 150; // more than two bands

    private static Rasteriser rasteriser(double opacity, int samples) {
        return new Rasteriser(new Style(0xFFFFFF, opacity, samples));
    }

    /** Draws triangles given in pixels, black where nothing is. */
    private static int[] draw(Rasteriser rasteriser, float[] vertices, int... faces) {
        int[] argb = new int[W * H];
        Arrays.fill(argb, 0xFF000000);
        rasteriser.draw(argb, W, H, vertices, 0, vertices.length / 3, faces, PIXELS);
        return argb;
    }

    private static long covered(int[] argb) {
        return Arrays.stream(argb).filter(p -> (p & 0xFFFFFF) != 0).count();
    }

    private static int at(int[] argb, int x, int y) {
        return argb[y * W + x] & 0xFFFFFF;
    }

    @Test
    void aRectangleCoversItsPixelsAndNoOther() {
        float[] vertices = {10, 20, 0, 30, 20, 0, 30, 140, 0, 10, 140, 0};
        int[] argb = draw(rasteriser(1, 1), vertices, 0, 1, 2, 0, 2, 3);
        for (int y = 0; y < H; y++) {
            for (int x = 0; x < W; x++) {
                assertEquals(x >= 10 && x < 30 && y >= 20 && y < 140, at(argb, x, y) != 0, x + "," + y);
            }
        }
    }

    @Test
    void edgesThroughPixelCentresBelongToTheLeftAndUpperSide() {
        float[] vertices = {10.5f, 20.5f, 0, 30.5f, 20.5f, 0, 30.5f, 40.5f, 0, 10.5f, 40.5f, 0};
        int[] argb = draw(rasteriser(1, 1), vertices, 0, 1, 2, 0, 2, 3);
        assertEquals(20 * 20, covered(argb));
        assertTrue(at(argb, 10, 20) != 0 && at(argb, 29, 39) != 0);
        assertTrue(at(argb, 30, 39) == 0 && at(argb, 29, 40) == 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void aTrianglesCoverageIsItsArea(int samples) {
        float[] vertices = {3.3f, 8.1f, 0, 55.2f, 40.7f, 0, 12.4f, 130.9f, 0};
        // The surface faces the viewer and is lit evenly, so brightness over full brightness is coverage.
        int[] argb = draw(rasteriser(1, samples), vertices, 0, 1, 2);
        double full = at(argb, 20, 60) & 255;
        double sum = Arrays.stream(argb).map(p -> p & 255).sum() / full;
        double area = 0.5 * ((55.2 - 3.3) * (130.9 - 8.1) - (40.7 - 8.1) * (12.4 - 3.3));
        assertEquals(area, sum, samples == 1 ? 8 : samples == 2 ? 4 : 2);
    }

    @Test
    void sharedEdgesAreDrawnExactlyOnce() {
        // A fan around points that often lie on sample centres; each triangle is blended by itself with half opacity, so a sample that
        // two of them claim is brighter than the others and one that none claims stays black.
        Random random = new Random(5);
        for (int round = 0; round < 40; round++) {
            float[] hub = {20 + random.nextInt(40) / 2f, 40 + random.nextInt(100) / 2f, 0};
            float[] v = {5, 10, 0, 30, 10, 0, 55, 10, 0, 55, 75, 0, 55, 140, 0, 30, 140, 0, 5, 140, 0, 5, 75, 0, hub[0], hub[1], 0};
            int[] argb = new int[W * H];
            Rasteriser rasteriser = rasteriser(0.5, 1);
            for (int i = 0; i < 8; i++) {
                rasteriser.draw(argb, W, H, v, 0, 9, new int[] {8, i, (i + 1) % 8}, PIXELS);
            }
            int once = at(argb, 6, 12);
            assertTrue(once > 0);
            for (int y = 0; y < H; y++) {
                for (int x = 0; x < W; x++) {
                    boolean inside = x >= 5 && x < 55 && y >= 10 && y < 140;
                    int expected = inside ? once : 0;
                    assertEquals(expected, at(argb, x, y), x + "," + y + " hub " + Arrays.toString(hub));
                }
            }
        }
    }

    @Test
    void theNearerSurfaceWinsWhateverTheOrder() {
        // Two crossing sheets: the first rises from z = 1 at the left to 3 at the right, the other stays at 2 and is tilted in y.
        float[] v = {0, 0, 1, 60, 0, 3, 60, 150, 3, 0, 150, 1, 0, 0, 2, 60, 0, 2, 60, 150, 2.0001f, 0, 150, 2.0001f};
        int[] first = {0, 2, 1, 0, 3, 2};
        int[] second = {4, 6, 5, 4, 7, 6};
        int[] alone = draw(rasteriser(1, 1), v, first);
        int[] other = draw(rasteriser(1, 1), v, second);
        int[] both = draw(rasteriser(1, 1), v, concat(first, second));
        assertArrayEquals(both, draw(rasteriser(1, 1), v, concat(second, first)));
        assertNotEquals(at(alone, 30, 70), at(other, 30, 70));
        for (int x : new int[] {0, 10, 28, 31, 45, 59}) {
            assertEquals(at(x < 30 ? alone : other, x, 70), at(both, x, 70), "x " + x);
        }
    }

    private static int[] concat(int[] a, int[] b) {
        int[] c = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, c, a.length, b.length);
        return c;
    }

    @Test
    void aSphereIsRoundShadedAndClosed() {
        Shapes.Mesh sphere = Shapes.sphere(1);
        int[] argb = new int[100 * 100];
        Arrays.fill(argb, 0xFF00FF00);
        new Rasteriser(new Style(0xC0C0C0, 1, 2)).draw(argb, 100, 100, sphere.vertices(), 0, sphere.count(), sphere.faces(),
                new FrameCamera(40, 40, 50, 50));
        for (int y = 0; y < 100; y++) {
            for (int x = 0; x < 100; x++) {
                double r = Math.hypot(x + 0.5 - 50, y + 0.5 - 50);
                boolean background = argb[y * 100 + x] == 0xFF00FF00;
                if (r < 38 || r > 41) {
                    assertEquals(r > 41, background, x + "," + y);
                }
            }
        }
        // lit from the upper left, darker at the lower right, darkest on the outline below
        int light = argb[35 * 100 + 38] & 255;
        int middle = argb[50 * 100 + 50] & 255;
        int dark = argb[72 * 100 + 72] & 255;
        assertTrue(light > middle && middle > dark + 20 && dark > 10, light + " " + middle + " " + dark);
        for (int f = 0; f < sphere.faces().length; f += 3) {
            float z = (z(sphere, f) + z(sphere, f + 1) + z(sphere, f + 2)) / 3;
            assertTrue(z > -0.3 || signedArea(sphere, f) < 0, "a face towards the viewer is counter-clockwise: face " + f / 3);
        }
    }

    private static float z(Shapes.Mesh mesh, int i) {
        return mesh.vertices()[3 * mesh.faces()[i] + 2];
    }

    private static float signedArea(Shapes.Mesh mesh, int f) {
        float[] v = mesh.vertices();
        int a = 3 * mesh.faces()[f];
        int b = 3 * mesh.faces()[f + 1];
        int c = 3 * mesh.faces()[f + 2];
        return (v[b] - v[a]) * (v[c + 1] - v[a + 1]) - (v[b + 1] - v[a + 1]) * (v[c] - v[a]);
    }

    @Test
    void whatIsOutsideIsCutOff() {
        float[] huge = {-500, -500, 0, 900, 30, 0, -500, 900, 0};
        int[] all = draw(rasteriser(1, 2), huge, 0, 1, 2);
        assertEquals((long) W * H, covered(all));
        assertEquals(0, covered(draw(rasteriser(1, 2), new float[] {-9, -9, 0, -1, -9, 0, -1, 400, 0}, 0, 1, 2)));
        assertEquals(0, covered(draw(rasteriser(1, 2), new float[] {60, 0, 0, 90, 0, 0, 90, 90, 0}, 0, 1, 2)));
        assertEquals(0, covered(draw(rasteriser(1, 2), new float[] {0, 0, 0, 50, 0, 0, 3e9f, 90, 0}, 0, 1, 2)));
        assertEquals(0, covered(draw(rasteriser(1, 1), new float[] {5, 5, 0, 25, 5, 0, 45, 5, 0}, 0, 1, 2)));
    }

    @Test
    void opacityMixesWithTheFrame() {
        float[] v = {0, 0, 0, W, 0, 0, W, H, 0, 0, H, 0};
        int[] solid = draw(rasteriser(1, 2), v, 0, 2, 1, 0, 3, 2);
        int[] half = draw(rasteriser(0.5, 2), v, 0, 2, 1, 0, 3, 2);
        assertEquals((at(solid, 9, 9) & 255) / 2.0, at(half, 9, 9) & 255, 1);
        assertEquals(0, covered(draw(rasteriser(0, 2), v, 0, 2, 1, 0, 3, 2)));
    }

    @Test
    void badInputIsRefused() {
        Rasteriser rasteriser = rasteriser(1, 1);
        float[] v = {0, 0, 0, 9, 0, 0, 9, 9, Float.NaN};
        assertThrows(IllegalArgumentException.class, () -> draw(rasteriser, v, 0, 1, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> draw(rasteriser, v, 0, 1, 3));
        assertThrows(IllegalArgumentException.class, () -> draw(rasteriser, new float[9], 0, 1));
        assertThrows(IllegalArgumentException.class, () -> rasteriser.draw(new int[4], 2, 2, new float[9], 0, 3, new int[] {0, 1, 2},
                new FrameCamera(Double.NaN, 1, 0, 0)));
    }

    @Test
    void theBodyLiesInItsBox() {
        Shapes.Mesh body = Shapes.walker();
        Box box = new Box(185, 429, 254, 576);
        Crop crop = Crop.of(box, Crop.REFERENCE_BOX_SCALE, 224);
        // The camera that a network would give: 1.75 m over the box's height, the box being 1 / 1.2 of the crop.
        FrameCamera camera = FrameCamera.of(crop, 2 / 1.2 / 1.80, 0, -0.04);
        int[] argb = new int[768 * 576];
        new Rasteriser(Style.BODY).draw(argb, 768, 576, body.vertices(), 0, body.count(), body.faces(), camera);
        int count = 0;
        for (int i = 0; i < argb.length; i++) {
            if (argb[i] != 0) {
                int x = i % 768;
                int y = i / 768;
                assertTrue(x >= 185 && x < 254 && y >= 429 && y < 576, x + "," + y);
                count++;
            }
        }
        assertTrue(count > 1500 && count < 69 * 147, "pixels " + count);
        // the pelvis in crop coordinates, by the network's own formula
        double s = 2 / 1.2 / 1.80;
        assertEquals(crop.toFrameX(s * (0.3 + 0)), camera.x(0.3), 1e-9);
        assertEquals(crop.toFrameY(s * (0.5 - 0.04)), camera.y(0.5), 1e-9);
    }

    @Test
    void turnedByNinetyDegreesDepthBecomesWidth() {
        float[] v = {1, 5, 2, 3, 6, 2, 1, 7, 10};
        float[] turned = Views.turn(v, 0, 3, 90);
        // the middle is (2, 6): x' = 2 - (z - 6), z' = 6 + (x - 2)
        assertArrayEquals(new float[] {6, 5, 5, 6, 6, 7, -2, 7, 5}, turned, 1e-5f);
        Shapes.Mesh body = Shapes.walker();
        Frame side = Views.side(new Rasteriser(Style.BODY), body.vertices(), 0, body.count(), body.faces(), 128);
        long drawn = Arrays.stream(side.argb()).filter(p -> p != -1).count();
        assertTrue(drawn > 1000 && drawn < 128 * 64, "drawn " + drawn);
        assertEquals(-1, side.argb()[0]);
    }
}

package io.github.remocap.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CropTest {
    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] STD = {0.229f, 0.224f, 0.225f};

    /** The picture of which the golden file has crops. */
    private static Frame picture(int w, int h) {
        int[] argb = new int[w * h];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                argb[y * w + x] = 0xFF000000 | (x * 7 + y * 13) % 256 << 16 | (x * x + 3 * y) % 256 << 8 | (x * y + 5 * x) % 256;
            }
        }
        return new Frame(w, h, argb);
    }

    private static double number(String[] cells, int i) {
        return Double.parseDouble(cells[i]);
    }

    private static int whole(String[] cells, int i) {
        return Integer.parseInt(cells[i]);
    }

    @Test
    void agreesWithOpenCvAndTheReference() throws IOException {
        float[] values = new float[5 + 224 * 224 * 3];
        int cases = 0;
        int compared = 0;
        double worst = 0;
        try (BufferedReader golden = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(CropTest.class.getResourceAsStream("crop_golden.txt")), StandardCharsets.UTF_8))) {
            for (String line = golden.readLine(); line != null; line = golden.readLine()) {
                String[] s = line.split(" ");
                switch (s[0]) {
                    case "#" -> { }
                    case "crop" -> {
                        Crop crop = Crop.of(new Box(number(s, 4), number(s, 5), number(s, 6), number(s, 7)), number(s, 8), 224);
                        int[] rectangle = {crop.x0(), crop.y0(), crop.x1(), crop.y1()};
                        assertArrayEquals(new int[] {whole(s, 9), whole(s, 10), whole(s, 11), whole(s, 12)}, rectangle, s[1]);
                        crop.sample(picture(whole(s, 2), whole(s, 3)), values, 5);
                        cases++;
                    }
                    case "letterbox" -> {
                        Frame frame = picture(whole(s, 2), whole(s, 3));
                        Crop.letterbox(frame.width(), frame.height(), 224).sample(frame, values, 5);
                        cases++;
                    }
                    default -> {
                        for (int c = 0; c < 3; c++) {
                            double got = (values[5 + (whole(s, 0) * 224 + whole(s, 1)) * 3 + c] * STD[c] + MEAN[c]) * 255;
                            worst = Math.max(worst, Math.abs(got - number(s, 2 + c)));
                            compared++;
                        }
                    }
                }
            }
        }
        assertEquals(7, cases);
        assertTrue(compared > 2000);
        assertTrue(worst < 0.02, "worst difference " + worst + " grey levels");
    }

    @Test
    void mapsAreEachOthersInverse() {
        Crop crop = Crop.of(new Box(185, 429, 254, 576), Crop.REFERENCE_BOX_SCALE, 224);
        assertEquals(219.5, crop.centerX());
        assertEquals(502.5, crop.centerY());
        assertEquals(1.2 * 147, crop.size(), 1e-9);
        assertEquals(-1, crop.toCropX(crop.x0()));
        assertEquals(1, crop.toCropY(crop.y1()));
        assertEquals(333.25, crop.toFrameX(crop.toCropX(333.25)), 1e-9);
        assertEquals(-12.5, crop.toFrameY(crop.toCropY(-12.5)), 1e-9);
    }

    @Test
    void theNetworksSizeFromTheSameSizeIsTheFrameItself() {
        Frame frame = picture(32, 32);
        float[] values = new float[32 * 32 * 3];
        Crop.letterbox(32, 32, 32).sample(frame, values, 0);
        int i = (9 * 32 + 20) * 3;
        assertEquals(((20 * 7 + 9 * 13) % 256 / 255f - MEAN[0]) / STD[0], values[i], 1e-6);
        assertEquals(((20 * 20 + 3 * 9) % 256 / 255f - MEAN[1]) / STD[1], values[i + 1], 1e-6);
        assertEquals(((20 * 9 + 5 * 20) % 256 / 255f - MEAN[2]) / STD[2], values[i + 2], 1e-6);
    }

    @Test
    void blackOutsideAndNothingWrittenBesides() {
        float[] values = new float[2 + 8 * 8 * 3 + 2];
        new Crop(-50, -50, 10, -55, -55, -45, -45, 8).sample(picture(20, 20), values, 2);
        assertEquals(0f, values[0]);
        assertEquals(0f, values[1]);
        assertEquals(0f, values[values.length - 1]);
        assertEquals(-MEAN[0] / STD[0], values[2], 1e-6);
        assertEquals(-MEAN[2] / STD[2], values[values.length - 3], 1e-6);
        assertThrows(IndexOutOfBoundsException.class, () -> new Crop(0, 0, 2, 0, 0, 2, 2, 8).sample(picture(20, 20), values, 5));
    }

    @Test
    void emptyCropsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Crop.of(new Box(0.1, 0.1, 0.3, 0.3), 1.2, 224));
        assertThrows(IllegalArgumentException.class, () -> Crop.of(new Box(0, 0, 9, 9), 0, 224));
        assertThrows(IllegalArgumentException.class, () -> new Box(1, 1, 1, 2));
    }
}

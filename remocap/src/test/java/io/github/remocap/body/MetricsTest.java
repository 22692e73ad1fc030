package io.github.remocap.body;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MetricsTest {
    private final double[] truth = Bodies.numbers("truth", 2 * 42, -1, 1);

    @Test
    void similarityTransformsDoNotCountAfterAlignment() {
        double[] moved = new double[truth.length];
        double c = Math.cos(0.7);
        double s = Math.sin(0.7);
        for (int i = 0; i < truth.length; i += 3) {
            moved[i] = 2 * (c * truth[i] - s * truth[i + 1]) + 5;
            moved[i + 1] = 2 * (s * truth[i] + c * truth[i + 1]) - 1;
            moved[i + 2] = 2 * truth[i + 2] + 0.5;
        }
        assertArrayEquals(new double[2], Metrics.paMpjpe(moved, truth, 14), 1e-12);
        double[] mirrored = truth.clone();
        for (int i = 0; i < mirrored.length; i += 3) {
            mirrored[i] = -mirrored[i];
        }
        assertTrue(Metrics.paMpjpe(mirrored, truth, 14)[0] > 0.1, "a mirror image is no rotation");
        assertArrayEquals(Metrics.paMpjpe(moved, mirrored, 14), Metrics.paMpjpe(truth, mirrored, 14), 1e-12);
    }

    @Test
    void degenerateFrames() {
        double[] point = new double[84];
        double[] alone = Metrics.paMpjpe(point, truth, 14);
        double[] centred = Metrics.paMpjpe(truth, point, 14);
        assertTrue(alone[0] > 0.1 && Double.isFinite(alone[0]), "nothing to align: " + alone[0]);
        assertArrayEquals(new double[2], centred, 1e-12);
        double[] nan = truth.clone();
        nan[0] = Double.NaN;
        double[] errors = Metrics.paMpjpe(nan, truth, 14);
        assertTrue(Double.isNaN(errors[0]));
        assertEquals(0, errors[1], 1e-12);
    }

    @Test
    void jointsAreCentredOnTheHipsAndVerticesAreNot() {
        double[] shifted = truth.clone();
        for (int i = 0; i < shifted.length; i += 3) {
            shifted[i] += 3;
            shifted[i + 1] += 4;
        }
        assertArrayEquals(new double[2], Metrics.mpjpe(shifted, truth), 1e-12);
        assertArrayEquals(new double[] {5, 5}, Metrics.mpvpe(shifted, truth, 14), 1e-12);
        double[] bent = truth.clone();
        bent[42 + 2] += 0.28; // the first joint of the second frame
        assertArrayEquals(new double[] {0, 0.02}, Metrics.mpjpe(bent, truth), 1e-12);
        assertEquals(0.01, Metrics.mean(Metrics.mpjpe(bent, truth)), 1e-12);
    }

    @Test
    void accelerationOfAParabola() {
        double[] still = new double[4 * 3];
        double[] falling = new double[4 * 3];
        for (int f = 0; f < 4; f++) {
            falling[3 * f + 1] = 7 * f + 0.5 * 3 * f * f;
        }
        assertEquals(3, Metrics.accelerationError(falling, still, 1), 1e-12);
        assertThrows(IllegalArgumentException.class, () -> Metrics.accelerationError(new double[6], new double[6], 1));
        assertThrows(IllegalArgumentException.class, () -> Metrics.mpjpe(new double[6], new double[6]));
    }

    @Test
    void fourteenOf24() {
        float[] all = new float[2 * 24];
        for (int i = 0; i < all.length; i++) {
            all[i] = i;
        }
        float[] chosen = Joints.from24(all, 1);
        assertEquals(28, chosen.length);
        assertEquals(18, chosen[13]);
        assertEquals(24 + 12, chosen[14 + 12]);
        assertThrows(IllegalArgumentException.class, () -> Joints.from24(new float[25], 1));
    }
}

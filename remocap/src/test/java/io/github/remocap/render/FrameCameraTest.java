package io.github.remocap.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FrameCameraTest {
    @Test
    void theFitFindsTheCamera() {
        double[] points = {0.1, -0.8, -0.3, 0.4, 0.5, 0.6, 0, 0};
        double[] seen = new double[points.length];
        for (int i = 0; i < seen.length; i++) {
            seen[i] = 70 * points[i] + (i % 2 == 0 ? 120 : 90);
        }
        FrameCamera found = FrameCamera.fitting(points, seen).orElseThrow();
        assertEquals(70, found.scaleX(), 1e-9);
        assertEquals(70, found.scaleY(), 1e-9);
        assertEquals(120, found.x(0), 1e-9);
        assertEquals(90, found.y(0), 1e-9);
        seen[0] += 8; // one of four that is seen elsewhere: the middle of all still is where their middle is seen
        assertEquals(120 + 70 * 0.3 / 4 + 2, FrameCamera.fitting(points, seen).orElseThrow().x(0.3 / 4), 1e-9);
    }

    @Test
    void pointsInOnePlaceFixNoCamera() {
        assertTrue(FrameCamera.fitting(new double[] {1, 2, 1, 2}, new double[] {5, 6, 7, 8}).isEmpty());
        assertTrue(FrameCamera.fitting(new double[] {1, 2, 3, 4}, new double[] {5, 6, 5, 6}).isEmpty());
        assertTrue(FrameCamera.fitting(new double[] {1, 2, 3, 4}, new double[] {7, 8, 5, 6}).isEmpty(), "upside down");
    }
}

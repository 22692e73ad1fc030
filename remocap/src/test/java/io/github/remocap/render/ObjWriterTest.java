package io.github.remocap.render;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ObjWriterTest {
    private static final float[] VERTICES = {9, 9, 9, 0.1f, 0.2f, -0.3f, 1, 0, 0, 0, 1e-7f, 2};

    @Test
    void writesVerticesAndFacesFromOne() {
        String text = new String(ObjWriter.encode(VERTICES, 3, 3, new int[] {0, 1, 2}, ObjWriter.Axes.CAMERA), StandardCharsets.US_ASCII);
        assertEquals("# metres; x right, y down, z away from the viewer\nv 0.1 0.2 -0.3\nv 1.0 0.0 0.0\nv 0.0 1.0E-7 2.0\nf 1 2 3\n", text);
    }

    @Test
    void yUpIsHalfATurnAboutX() {
        String text = new String(ObjWriter.encode(VERTICES, 3, 3, new int[] {0, 1, 2}, ObjWriter.Axes.Y_UP), StandardCharsets.US_ASCII);
        assertEquals("# metres; x right, y up, z towards the viewer\nv 0.1 -0.2 0.3\nv 1.0 0.0 0.0\nv 0.0 -1.0E-7 -2.0\nf 1 2 3\n", text);
    }

    @Test
    void missingVerticesAreRefused() {
        assertThrows(IndexOutOfBoundsException.class, () -> ObjWriter.encode(VERTICES, 0, 5, new int[0], ObjWriter.Axes.CAMERA));
        assertThrows(IndexOutOfBoundsException.class, () -> ObjWriter.encode(VERTICES, 0, 3, new int[] {0, 1, 3}, ObjWriter.Axes.CAMERA));
    }
}

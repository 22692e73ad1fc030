package io.github.remocap.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.remocap.image.InputException;
import io.github.remocap.render.ObjWriter;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class ClipTest {
    private static final int[] FACE = {0, 1, 2};

    private static ByteBuffer unpack(JsonNode text) throws Exception {
        byte[] packed = Base64.getDecoder().decode(text.asText());
        return ByteBuffer.wrap(new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** What the page gets is the clip upright, to half a step. */
    @Test
    void dataAreTheVertices() throws Exception {
        Clip clip = Samples.clip();
        JsonNode data = new ObjectMapper().readTree(ClipData.of(clip).toJson());
        int row = Samples.BODY.vertices().length;
        for (String name : List.of("predicted", "truth")) {
            float[] expected = name.equals("truth") ? clip.truth() : clip.predicted();
            ByteBuffer bytes = unpack(data.get(name));
            int[] steps = new int[expected.length];
            double worst = 0;
            for (int i = 0; i < expected.length; i++) {
                steps[i] = (bytes.getShort() + (i < row ? 0 : steps[i - row])) & 0xFFFF;
                double value = data.get("origin").get(i % 3).asDouble() + steps[i] * data.get("step").get(i % 3).asDouble();
                worst = Math.max(worst, Math.abs(value - (i % 3 == 0 ? expected[i] : -expected[i])));
            }
            assertTrue(worst < 2.0 / 65535 / 2, worst + " m");
        }
        ByteBuffer faces = unpack(data.get("faces"));
        int[] read = new int[faces.remaining() / 4];
        faces.asIntBuffer().get(read);
        assertArrayEquals(clip.faces(), read);
    }

    @Test
    void uprightVerticesStayAsTheyAre() throws Exception {
        float[] vertices = {0, 5, -2, 1, 6, -1, 0, 7, -1};
        JsonNode data = new ObjectMapper().readTree(ClipData.of(new Clip("c", 30, ObjWriter.Axes.Y_UP, 3, FACE, vertices)).toJson());
        assertEquals(List.of(0.0, 5.0, -2.0), List.of(data.get("origin").get(0).asDouble(), data.get("origin").get(1).asDouble(), data.get("origin").get(2).asDouble()));
        assertEquals(2.0 / 65535, data.get("step").get(1).asDouble(), 1e-12);
        assertTrue(data.get("truth").isNull());
    }

    @Test
    void aNameCannotEndTheScript() {
        Clip clip = new Clip("</script><b>", 30, ObjWriter.Axes.Y_UP, 3, FACE, new float[9]);
        assertTrue(!ClipData.of(clip).toJson().contains("<"), "an element could begin");
    }

    @Test
    void whatDoesNotFitIsRefused() {
        float[] two = new float[18];
        assertMessage("10 coordinates are no frames of 3 vertices", () -> new Clip("c", 30, ObjWriter.Axes.Y_UP, 3, FACE, new float[10]));
        assertMessage("0.0 frames per second", () -> new Clip("c", 0, ObjWriter.Axes.Y_UP, 3, FACE, two));
        assertMessage("a face names vertex 3; expected 0 to 2", () -> new Clip("c", 30, ObjWriter.Axes.Y_UP, 3, new int[] {0, 1, 3}, two));
        Clip clip = new Clip("c", 30, ObjWriter.Axes.Y_UP, 3, FACE, two);
        assertMessage("9 true coordinates, 18 predicted", () -> clip.withTruth(new float[9]));
        assertMessage("1 frame names for 2 frames", () -> clip.withFrameNames(List.of("a")));
        float[] broken = two.clone();
        broken[13] = Float.NaN;
        assertMessage("the true vertex 1 of frame 1 is not finite", () -> clip.withTruth(broken));
        assertMessage("expected PNG or JPEG", () -> new Picture("p", new byte[100]));
        assertMessage("row MPJPE: 1 values for 2 columns",
            () -> new Section.Scores("t", "", List.of("a", "b"), 0, List.of(new Section.Scores.Row("MPJPE", "mm", List.of(1.0)))));
    }

    private static void assertMessage(String part, org.junit.jupiter.api.function.Executable action) {
        String message = assertThrows(IllegalArgumentException.class, action).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void objFilesAreReadAsTheyAreWritten() {
        Path file = Path.of("mesh.obj");
        String text = new String(ObjWriter.encode(Samples.BODY.vertices(), 0, Samples.BODY.count(), Samples.BODY.faces(), ObjWriter.Axes.CAMERA),
            StandardCharsets.US_ASCII);
        ObjMesh mesh = ObjMesh.parse(file, text);
        assertArrayEquals(Samples.BODY.vertices(), mesh.vertices());
        assertArrayEquals(Samples.BODY.faces(), mesh.faces());
        String number = assertThrows(InputException.class, () -> ObjMesh.parse(file, "v 1 2 3\nv 1 x 3\n")).getMessage();
        assertEquals("mesh.obj: line 2: 'v 1 x 3'; expected three numbers after 'v'", number);
        String word = assertThrows(InputException.class, () -> ObjMesh.parse(file, "<html>")).getMessage();
        assertTrue(word.contains("line 1: '<html>'; expected a mesh"), word);
    }
}

package io.github.remocap.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyWriter;
import io.github.remocap.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ViewCommandTest {
    private static final StoredTensor FACES = StoredTensor.ofInts(Shape.of(1, 3), 0, 1, 2);
    private static final StoredTensor VERTICES = StoredTensor.ofFloats(Shape.of(2, 3, 3), 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1);

    @TempDir
    private Path folder;

    private String failure(String... arguments) {
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            assertEquals(1, Main.execute(arguments));
        } finally {
            System.setErr(before);
        }
        return said.toString(StandardCharsets.UTF_8);
    }

    private String npz(String name, Map<String, StoredTensor> arrays) throws Exception {
        NumpyWriter.writeNpz(folder.resolve(name), arrays, true);
        return folder.resolve(name).toString();
    }

    @Test
    void anNpzBecomesAPage() throws Exception {
        assertEquals(0, Main.execute("view", npz("walk.npz", Map.of("vertices", VERTICES, "faces", FACES, "truth", VERTICES)), "--axes", "y_up"));
        String page = Files.readString(folder.resolve("walk.html"));
        assertTrue(page.contains("<title>walk.npz</title>") && page.contains("\"frames\":2") && page.contains("\"origin\":[0.0,0.0,0.0]"), "the clip");
        assertTrue(page.contains("The MIT License"), "the licence of three.js");
        Path other = folder.resolve("new/page.html");
        assertEquals(0, Main.execute("view", folder.resolve("walk.npz").toString(), "-o", other.toString(), "--fps", "12.5"));
        assertTrue(Files.readString(other).contains("\"framesPerSecond\":12.5"));
    }

    @Test
    void whatCannotBeShownIsNamed() throws Exception {
        String none = failure("view", folder.toString());
        assertTrue(none.contains("result.json: no such file; expected the output folder of 'remocap run'"), none);
        String faces = failure("view", npz("a.npz", Map.of("vertices", VERTICES)));
        assertTrue(faces.contains("a.npz: array faces: missing among [vertices]; expected vertex numbers (F,3)"), faces);
        String shape = failure("view", npz("b.npz", Map.of("vertices", FACES, "faces", FACES)));
        assertTrue(shape.contains("b.npz: array vertices: found") && shape.contains("expected floating point (T,V,3)"), shape);
        String truth = failure("view", npz("c.npz", Map.of("vertices", VERTICES, "faces", FACES, "truth", StoredTensor.ofFloats(Shape.of(1, 3, 3), new float[9]))));
        assertTrue(truth.contains("c.npz: array truth"), truth);
        String number = failure("view", npz("d.npz", Map.of("vertices", VERTICES, "faces", StoredTensor.ofInts(Shape.of(1, 3), 0, 1, 7))));
        assertTrue(number.contains("d.npz: a face names vertex 7; expected 0 to 2"), number);
        String rate = failure("view", folder.resolve("d.npz").toString(), "--fps", "-3");
        assertTrue(rate.contains("-3.0 frames per second"), rate);
        Files.writeString(folder.resolve("e.npz"), "this is no archive");
        assertTrue(failure("view", folder.resolve("e.npz").toString()).contains("e.npz"));
        for (String name : new String[] {"a", "b", "c", "d", "e"}) {
            assertFalse(Files.exists(folder.resolve(name + ".html")), name);
        }
    }
}

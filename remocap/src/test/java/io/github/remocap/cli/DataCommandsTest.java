package io.github.remocap.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.remocap.data.Made;
import io.github.remocap.data.Raw3dpwTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code convert}, {@code train} and {@code evaluate} on a tree in 3DPW's layout. */
class DataCommandsTest {
    @TempDir
    private Path folder;

    private String out = "";
    private String err = "";

    private int remocap(String... arguments) {
        PrintStream stdout = System.out;
        PrintStream stderr = System.err;
        ByteArrayOutputStream o = new ByteArrayOutputStream();
        ByteArrayOutputStream e = new ByteArrayOutputStream();
        try (PrintStream toO = new PrintStream(o, true, StandardCharsets.UTF_8); PrintStream toE = new PrintStream(e, true, StandardCharsets.UTF_8)) {
            System.setOut(toO);
            System.setErr(toE);
            return Main.execute(arguments);
        } finally {
            System.setOut(stdout);
            System.setErr(stderr);
            out = o.toString(StandardCharsets.UTF_8);
            err = e.toString(StandardCharsets.UTF_8);
        }
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private JsonNode json(String name) throws IOException {
        return new ObjectMapper().readTree(folder.resolve(name).resolve("evaluation.json").toFile());
    }

    @Test
    void rawConvertsTrainsAndEvaluates() throws IOException {
        Raw3dpwTest.make(folder.resolve("raw"));
        assertEquals(0, remocap("convert", "--raw-3dpw", at("raw"), "--assets", "embedded", "--out", at("tsv")), () -> err);
        assertTrue(out.contains("test.yaml: 32 rows, 0 skipped"), out);
        Files.writeString(folder.resolve("train.yaml"), "model: {" + Made.MODEL + "}\nassets: embedded\noptimizer: {learning_rate: 0.0001}\n"
            + "data: {train: tsv/test.yaml, size: 32, threads: 2}\noutput: run\n");
        assertEquals(0, remocap("train", "--config", at("train.yaml")), () -> err);
        // one clip of 4 frames after the other: 6 + 5... of the reference's persons, 32 rows in full
        String checkpoint = at("run/checkpoints/step-%010d.rmc".formatted(7));
        assertTrue(Files.exists(Path.of(checkpoint)), () -> err);
        String[] common = {"evaluate", "--checkpoint", checkpoint, "--assets", "embedded", "--size", "32"};
        assertEquals(0, remocap(with(common, "--data", at("tsv/test.yaml"), "--out", at("full"), "--worst", "2")), () -> err);
        assertTrue(out.contains("protocol full, 32 of 32 frames count") && out.contains("downtown_bar_00") && out.contains("overall"), out);
        JsonNode full = json("full");
        assertEquals(32, full.path("overall").path("frames").asInt());
        assertTrue(full.path("overall").path("mpjpe_mm").asDouble() > 1 && full.path("overall").path("mpvpe_mm").asDouble() > 1, full.path("overall").toString());
        assertEquals(30, full.path("data").path("frames_per_second").asDouble());
        assertTrue(Files.exists(folder.resolve("full/worst/02.png")));
        assertEquals(0, remocap(with(common, "--raw-3dpw", at("raw"), "--out", at("raw-full"))), () -> err);
        assertEquals(full.path("overall"), json("raw-full").path("overall"), "converted or not");
        assertEquals(1, remocap(with(common, "--data", at("tsv/test.yaml"), "--out", at("none"), "--protocol", "reference")));
        assertTrue(err.contains("the last incomplete batch of 16 clips, which is all of them"), err);
        assertEquals(0, remocap(with(common, "--data", at("tsv/test.yaml"), "--out", at("reference"), "--protocol", "reference", "--batch", "3")), () -> err);
        assertEquals("reference", json("reference").path("data").path("protocol").asText());
        assertEquals(24, json("reference").path("overall").path("frames").asInt());
        assertEquals(2, remocap(with(common, "--data", at("tsv/test.yaml"), "--out", at("x"), "--batch", "3")));
        assertTrue(err.contains("--batch"), err);
    }

    @Test
    void damagedPicturesStopUnlessSkipped() throws IOException {
        Raw3dpwTest.make(folder.resolve("raw"));
        Path picture = folder.resolve("raw/imageFiles/made_up_00/image_00002.jpg");
        Files.write(picture, new byte[10]);
        assertEquals(1, remocap("convert", "--raw-3dpw", at("raw"), "--assets", "embedded", "--out", at("tsv")));
        assertTrue(err.contains(picture + ", row 25, person 0") && err.contains("--skip-damaged"), err);
        assertTrue(Files.notExists(folder.resolve("tsv/test.yaml")));
        assertEquals(0, remocap("convert", "--raw-3dpw", at("raw"), "--assets", "embedded", "--out", at("tsv"), "--skip-damaged"), () -> err);
        assertTrue(out.contains("31 rows, 1 skipped"), out);
    }

    private static String[] with(String[] first, String... more) {
        String[] all = java.util.Arrays.copyOf(first, first.length + more.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return all;
    }
}

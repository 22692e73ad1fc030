package io.github.remocap.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.remocap.cli.RemocapProcess.Result;
import io.github.remocap.report.Browser;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demo: its steps on so little that nothing is learnt, its page in a browser; as a slow test, what it learns. */
class DemoTest {
    @TempDir
    private static Path folder;

    private static Path out;
    private static Result demo;

    @BeforeAll
    static void aShortDemo() throws Exception {
        out = folder.resolve("demo");
        demo = RemocapProcess.run(folder, "demo", "--out", out.toString(), "--clips", "8", "--epochs", "1");
        assertEquals(0, demo.status(), demo.err());
    }

    @Test
    void goesThroughAllSteps() throws Exception {
        for (String step : List.of("generate", "train", "evaluate", "run")) {
            assertTrue(demo.out().contains("remocap " + step + " --"), step);
        }
        String page = Files.readString(out.resolve("report.html"));
        for (String part : List.of("mean pose", "before training", "after training", "MPJPE", "An unseen clip", "remocap generate")) {
            assertTrue(page.contains(part), part);
        }
        try (Stream<Path> files = Files.list(out.resolve("run/overlay"))) {
            assertEquals(32, files.count());
        }
    }

    @Test
    void spoilsNoFolderOfOthers() throws Exception {
        Path mine = Files.writeString(Files.createDirectory(folder.resolve("mine")).resolve("mine.txt"), "not a demo's");
        Result refused = RemocapProcess.run(folder, "demo", "--out", mine.getParent().toString(), "--clips", "8", "--epochs", "1");
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("no earlier demo's"), refused.err());
        assertEquals("not a demo's", Files.readString(mine));
    }

    /** Number of pixels of a colour: bluish the prediction, brownish the truth. */
    private static int count(BufferedImage image, boolean blue) {
        int count = 0;
        for (int rgb : image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth())) {
            int more = (rgb & 255) - (rgb >> 16 & 255);
            count += (blue ? more : -more) >= 40 ? 1 : 0;
        }
        return count;
    }

    private static long different(BufferedImage a, BufferedImage b) {
        long count = 0;
        for (int i = 0; i < a.getWidth() * a.getHeight(); i++) {
            count += a.getRGB(i % a.getWidth(), i / a.getWidth()) != b.getRGB(i % a.getWidth(), i / a.getWidth()) ? 1 : 0;
        }
        return count;
    }

    @Test
    void itsPagesWorkInABrowser() throws Exception {
        try (Browser browser = new Browser(Files.createDirectory(folder.resolve("profile")))) {
            browser.open(out.resolve("report.html"));
            browser.until("document.querySelector('.viewer').dataset.state != 'loading'");
            assertEquals("ready", browser.eval("document.querySelector('.viewer').dataset.state").asText());
            assertEquals(3, browser.eval("document.querySelector('.scores tbody').rows.length").asInt());
            assertTrue(browser.eval("[...document.querySelectorAll('.chart polyline')].length").asInt() >= 4, "curves");
            BufferedImage first = browser.picture(".viewer canvas");
            assertTrue(count(first, true) > 500 && count(first, false) > 500, "prediction and truth: " + count(first, true) + ", " + count(first, false));
            browser.drag(".scrub", 0, 0.5);
            BufferedImage middle = browser.picture(".viewer canvas");
            assertTrue(different(first, middle) > 500, "the slider moves the bodies");
            browser.click(".play");
            Browser.until("the bodies move", () -> different(middle, browser.picture(".viewer canvas")) > 500);
            browser.picture(".pictures"); // lazy pictures load where they are looked at
            browser.until("[...document.querySelectorAll('.pictures img')].slice(0, 3).every(i => i.naturalWidth > 0)");
            assertEquals(List.of(), browser.complaints());
            browser.open(out.resolve("after/worst.html"));
            browser.until("[...document.images].slice(0, 1).every(i => i.naturalWidth > 0)");
            assertTrue(browser.eval("document.images.length").asInt() > 0);
            assertEquals(List.of(), browser.complaints());
        }
    }

    /** What an evaluation found until somebody had enough of it; the data are the demo's, sixty times. */
    @Test
    void aStoppedEvaluationKeepsWhatItFound() throws Exception {
        int rows = Files.readAllLines(out.resolve("test/test.label.lineidx")).size();
        Files.writeString(folder.resolve("lines.tsv"), IntStream.range(0, 60 * rows).mapToObj(i -> i / rows + "\t" + i % rows + "\n").collect(Collectors.joining()));
        Path data = Files.writeString(folder.resolve("long.yaml"), "composite: true\nimg: " + files("img") + "\nlabel: " + files("label")
            + "\nlinelist: lines.tsv\nfps: 3\n");
        Path checkpoint = out.resolve("training/checkpoints/step-0000000000.rmc");
        Result stopped = RemocapProcess.stopped(folder, Pattern.compile("clips +\\d+%.* [1-9]\\d*/\\d+"), "evaluate", "--checkpoint", checkpoint.toString(),
            "--assets", "embedded", "--size", "64", "--data", data.toString(), "--worst", "0", "--out", folder.resolve("stopped").toString());
        assertEquals(128 + 15, stopped.status(), stopped.err());
        assertTrue(stopped.out().contains("stopped: only the first of them were evaluated"), stopped.out());
        JsonNode json = new ObjectMapper().readTree(folder.resolve("stopped/evaluation.json").toFile());
        assertFalse(json.path("complete").asBoolean(true));
        int frames = json.path("overall").path("frames").asInt();
        assertTrue(frames > 0 && frames < 60 * rows, frames + " frames");
    }

    private static List<String> files(String kind) {
        return Collections.nCopies(60, "demo/test/test." + kind + ".tsv");
    }

    /** Not one lucky seed: of the clips, of the initial weights and of their order. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    @Tag("slow")
    void learns(int seed) throws Exception {
        Result whole = RemocapProcess.run(folder, "demo", "--out", folder.resolve("learns" + seed).toString(), "--seed", Integer.toString(seed));
        assertEquals(0, whole.status(), whole.err());
        Matcher share = Pattern.compile("after is (\\d+) % of it").matcher(whole.out());
        assertTrue(share.find(), whole.out());
        assertTrue(Integer.parseInt(share.group(1)) < 60, "MPJPE after training is " + share.group(1) + " % of the mean pose's");
    }
}

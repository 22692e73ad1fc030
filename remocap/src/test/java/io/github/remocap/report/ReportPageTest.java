package io.github.remocap.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.image.Frame;
import io.github.remocap.image.Png;
import io.github.remocap.run.BodyMesh;
import io.github.remocap.run.MeshPredictor;
import io.github.remocap.run.Prediction;
import io.github.remocap.run.RunJob;
import io.github.remocap.run.RunListener;
import io.github.remocap.run.RunOptions;
import io.github.remocap.run.VideoRunner;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages as a browser shows them. */
class ReportPageTest {
    private static final int END = 35;
    private static final int HOME = 36;
    private static final int RIGHT = 39;

    @TempDir
    private static Path profiles;
    private static Browser browser;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() throws Exception {
        browser = new Browser(Files.createDirectory(profiles.resolve("usual")));
    }

    @AfterAll
    static void stop() throws Exception {
        if (browser != null) {
            browser.close();
        }
    }

    private Path report() throws Exception {
        Path metrics = Files.writeString(folder.resolve("metrics.csv"), Samples.metrics(400));
        Path page = folder.resolve("sub/report.html");
        ReportPage.write(Samples.report(metrics), page);
        return page;
    }

    /** Number of pixels that differ visibly. */
    private static int difference(BufferedImage a, BufferedImage b) {
        assertEquals(a.getWidth(), b.getWidth());
        assertEquals(a.getHeight(), b.getHeight());
        int count = 0;
        for (int y = 0; y < a.getHeight(); y++) {
            for (int x = 0; x < a.getWidth(); x++) {
                int p = a.getRGB(x, y);
                int q = b.getRGB(x, y);
                int most = 0;
                for (int shift = 0; shift < 24; shift += 8) {
                    most = Math.max(most, Math.abs((p >> shift & 255) - (q >> shift & 255)));
                }
                count += most > 24 ? 1 : 0;
            }
        }
        return count;
    }

    /** Share of the pixels that are more blue than red, or the other way round, by at least 40 of 255. */
    private static double share(BufferedImage image, boolean blue) {
        int count = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int rgb = image.getRGB(x, y);
                int more = (rgb & 255) - (rgb >> 16 & 255);
                count += (blue ? more : -more) >= 40 ? 1 : 0;
            }
        }
        return (double) count / image.getWidth() / image.getHeight();
    }

    private static void assertQuiet(Path page) {
        assertEquals(List.of(), browser.complaints());
        Set<String> foreign = new HashSet<>(browser.requests());
        foreign.removeIf(url -> url.startsWith("data:") || url.startsWith("blob:") || url.equals(page.toUri().toString()));
        assertEquals(Set.of(), foreign, "the page loads something");
    }

    @Test
    void theReportPlaysInABrowser() throws Exception {
        Path page = report();
        browser.open(page);
        browser.until("document.querySelector('.viewer').dataset.state != 'loading'");
        assertQuiet(page);
        assertEquals("ready", browser.eval("document.querySelector('.viewer').dataset.state").asText());
        curvesAndTable();
        canvas();
        playing();
        assertQuiet(page);
    }

    private static void curvesAndTable() throws Exception {
        assertEquals(4, browser.eval("document.querySelectorAll('.chart svg').length").asInt());
        assertEquals(2 + 3 + 2 + 1, browser.eval("document.querySelectorAll('.chart polyline').length").asInt());
        assertTrue(browser.eval("[...document.querySelectorAll('.chart polyline')].every(l => l.getBBox().width > 300)").asBoolean(), "curves span the charts");
        assertTrue(browser.eval("document.querySelector('.chart svg').getAttribute('aria-label')").asText().startsWith("Training loss, loss by step"));
        assertEquals("MPJPE mm|158.2|311.3 197 %|71.30 45 %",
            browser.eval("[...document.querySelector('.scores tbody tr').cells].map(c => c.innerText).join('|')").asText());
        assertEquals("71.30 45 %", browser.eval("document.querySelector('.scores .best').innerText").asText());
        assertEquals("–", browser.eval("document.querySelector('.scores tbody').rows[1].cells[2].innerText").asText());
        browser.picture(".pictures"); // lazy pictures load where they are looked at
        browser.until("[...document.querySelectorAll('.pictures')].flatMap(p => [...p.querySelectorAll('img')]).slice(0, 2).every(i => i.naturalWidth == 240)");
    }

    private static void canvas() throws Exception {
        BufferedImage both = browser.picture(".viewer canvas");
        assertTrue(share(both, true) > 0.02 && share(both, false) > 0.02, "prediction and truth beside each other");
        browser.click(".modes label:nth-of-type(2)");
        BufferedImage truth = browser.picture(".viewer canvas");
        assertTrue(share(truth, true) < 0.002 && share(truth, false) > 0.02, "truth alone");
        browser.click(".modes label:nth-of-type(1)");
        BufferedImage prediction = browser.picture(".viewer canvas");
        assertTrue(share(prediction, true) > 0.02 && share(prediction, false) < 0.002, "prediction alone");
        browser.click(".by-error");
        BufferedImage coloured = browser.picture(".viewer canvas");
        assertTrue(difference(prediction, coloured) > 2000, "errors as colours");
        assertEquals("visible", browser.eval("getComputedStyle(document.querySelector('.viewer .scale')).visibility").asText());
        browser.click(".by-error");
        browser.click(".wire");
        assertTrue(difference(prediction, browser.picture(".viewer canvas")) > 2000, "wires");
        browser.click(".wire");
        browser.drag(".viewer canvas", 0.5, 0.7);
        assertTrue(difference(prediction, browser.picture(".viewer canvas")) > 2000, "turned by the mouse");
        browser.click("[data-look=front]");
        assertEquals(0, difference(prediction, browser.picture(".viewer canvas")), "turned back");
        browser.click(".modes label:nth-of-type(4)");
        BufferedImage overlay = browser.picture(".viewer canvas");
        assertTrue(difference(prediction, overlay) > 500 && difference(truth, overlay) > 500, "both in one place");
    }

    private static void playing() throws Exception {
        BufferedImage first = browser.picture(".viewer canvas");
        assertTrue(now().startsWith("frame 1 of 24, 0.00 s"), now());
        String error = browser.eval("document.querySelector('.viewer .error').innerText").asText();
        browser.click(".play");
        assertEquals("Pause", browser.eval("document.querySelector('.play').ariaLabel").asText());
        Browser.until("the picture moves", () -> difference(first, browser.picture(".viewer canvas")) > 2000);
        browser.click(".play");
        assertEquals("Play", browser.eval("document.querySelector('.play').ariaLabel").asText());
        BufferedImage stopped = browser.picture(".viewer canvas");
        assertEquals(0, difference(stopped, browser.picture(".viewer canvas")), "it stands still again");
        browser.drag(".scrub", 0.5, 0.25);
        assertEquals(6, browser.eval("+document.querySelector('.scrub').value").asInt(), 1);
        assertTrue(difference(first, browser.picture(".viewer canvas")) > 2000, "the slider moves the picture");
        browser.key("End", END);
        assertTrue(now().startsWith("frame 24 of 24, 0.77 s"), now());
        assertFalse(error.equals(browser.eval("document.querySelector('.viewer .error').innerText").asText()), error);
        browser.key("Home", HOME);
        browser.key("ArrowRight", RIGHT);
        browser.click(".step");
        assertEquals(0, difference(first, browser.picture(".viewer canvas")), "the first frame again");
    }

    private static String now() throws Exception {
        return browser.eval("document.querySelector('.viewer .now').innerText").asText();
    }

    @Test
    void aBrowserWithoutWebGlSaysSo() throws Exception {
        Path page = report();
        String without = browser.send("Page.addScriptToEvaluateOnNewDocument",
            Map.of("source", "HTMLCanvasElement.prototype.getContext = () => null")).get("identifier").asText();
        try {
            browser.open(page);
            browser.until("document.querySelector('.viewer').dataset.state == 'failed'");
            assertEquals("The 3D view cannot be shown: this browser shows no WebGL 2",
                browser.eval("document.querySelector('.viewer .trouble').innerText").asText());
            assertEquals(4, browser.eval("document.querySelectorAll('.chart svg').length").asInt());
        } finally {
            browser.send("Page.removeScriptToEvaluateOnNewDocument", Map.of("identifier", without));
        }
    }

    /** The figure at rest, whatever the frame. */
    private static final class Rest implements MeshPredictor {
        @Override
        public int frames() {
            return 2;
        }

        @Override
        public int imageSize() {
            return 32;
        }

        @Override
        public Prediction predict(float[] images, int n) {
            float[] vertices = Arrays.copyOf(Samples.swaying(0.4, 0), n * Samples.BODY.vertices().length);
            float[] camera = new float[3 * n];
            for (int f = 0; f < n; f++) {
                camera[3 * f] = 0.9f;
            }
            return new Prediction(camera, new float[42 * n], vertices);
        }
    }

    @Test
    void aRunIsShownWithItsOverlays() throws Exception {
        Path frames = Files.createDirectory(folder.resolve("frames"));
        for (int f = 0; f < 3; f++) {
            int[] argb = new int[1000 * 500];
            Arrays.fill(argb, 0xFF204060);
            Files.write(frames.resolve(f + ".png"), Png.encode(new Frame(1000, 500, argb)));
        }
        Path out = folder.resolve("run");
        Path checkpoint = Files.writeString(folder.resolve("weights"), "none");
        BodyMesh body = new BodyMesh("capsules", Samples.BODY.count(), Samples.BODY.faces());
        VideoRunner.open(new RunJob(frames, null, out, checkpoint, List.of(), "test", body, RunOptions.DEFAULT, false)).run(new Rest(), RunListener.SILENT);
        Clip clip = RunClips.read(out, 25, true, f -> { });
        Path page = out.resolve("viewer.html");
        ReportPage.write(clip, page);
        browser.open(page);
        browser.until("document.querySelector('.viewer').dataset.state != 'loading'");
        assertQuiet(page);
        assertTrue(share(browser.picture(".viewer canvas"), true) > 0.02, "the figure");
        assertFalse(browser.eval("document.querySelector('.modes').checkVisibility()").asBoolean(), "there is no truth to choose");
        assertEquals("640x320", browser.eval("(i => i.naturalWidth + 'x' + i.naturalHeight)(document.querySelector('.photo img'))").asText());
        browser.click(".step:nth-of-type(3)");
        assertEquals("frame 2 of 3 (1.png), 0.04 s", now());
    }
}

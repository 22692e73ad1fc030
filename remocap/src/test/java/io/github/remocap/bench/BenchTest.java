package io.github.remocap.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.Golden;
import io.github.remocap.model.Config;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Program.StepTime;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** Measurements are made, kept and shown; that numbers are good is nobody's promise here. */
class BenchTest {
    private static final Peaks PEAKS = new Peaks(100, 10);

    @TempDir
    private Path folder;

    private static Bench.Lease shared() {
        return new Bench.Lease() {
            @Override
            public Device device() {
                return Devices.cpu();
            }

            @Override
            public void close() {
                // used by others, too
            }
        };
    }

    private static BenchResult measure(Workload workload) throws IOException {
        List<Integer> heard = new ArrayList<>();
        BenchResult result = new Bench(workload, 1, 2, (what, done, total) -> {
            assertTrue(done < total, what);
            heard.add(total - done);
        }).measure(shared(), 1, BenchTest::shared);
        assertEquals(1, heard.getLast());
        return result;
    }

    private static BenchResult result(double seconds, LayerTime... kinds) {
        return new BenchResult(BenchResult.FORMAT, "clip", "a model", List.of(1, 224, 224), "a machine", "a <device>", 2, PEAKS,
            Timing.of(List.of(seconds)), null, 1, null, 1000, null, List.of(kinds), List.of());
    }

    @Test
    void aDevicesPeaksAreThoseOfItsPrograms() {
        Peaks own = Peaks.measure(Devices.cpu());
        assertTrue(own.gflops() > 0 && Double.isFinite(own.gflops()), own.toString());
        assertTrue(own.gigabytes() > 0 && Double.isFinite(own.gigabytes()), own.toString());
    }

    @Test
    void aClipIsMeasuredWrittenAndRead() throws Exception {
        Config config = Golden.config("remocap");
        BenchResult result = measure(new ClipWorkload(config, GeneratedMesh.of(config), null, 1, 64));
        assertEquals("clip", result.what());
        assertEquals(2, result.seconds().runs().size());
        assertNotNull(result.scaling());
        assertTrue(result.peaks().gflops() > 0 && result.peaks().gigabytes() > 0);
        LayerTime attention = result.kinds().stream().filter(k -> k.layer().equals("attention, masked")).findFirst().orElseThrow();
        assertTrue(attention.flops() > 0 && attention.bytes() > 0 && attention.seconds() > 0);
        assertTrue(result.kinds().stream().allMatch(k -> k.bytes() > 0), result.kinds().toString());
        Path file = folder.resolve("clip.json");
        result.write(file);
        assertEquals(result, BenchResult.read(file));
        drawingsAreWellFormed(BenchHtml.of(result));
        assertTrue(BenchText.of(result).contains("convolution 3x3 stride 2"));
    }

    @Test
    void aTrainingStepIsMeasured() throws Exception {
        Config config = Golden.config("baseline");
        BenchResult result = measure(new TrainingWorkload(config, GeneratedMesh.of(config), 1, 32, false));
        assertEquals("training step", result.what());
        assertTrue(result.kinds().stream().anyMatch(k -> k.layer().endsWith("weight gradient")));
        drawingsAreWellFormed(BenchHtml.of(result));
    }

    private static void drawingsAreWellFormed(String html) throws Exception {
        Matcher m = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(html);
        int found = 0;
        while (m.find()) {
            DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(m.group())));
            assertTrue(!m.group().contains("NaN") && !m.group().contains("Infinity"), m.group());
            found++;
        }
        assertEquals(2, found);
    }

    @Test
    void namesAreEscaped() {
        assertTrue(BenchHtml.of(result(1, new LayerTime("a<b", "k&l", 1, 1, 10, 10))).contains("a&lt;b"));
    }

    @Test
    void stepsAreGroupedByKindSlowestFirst() {
        List<StepTime> steps = List.of(new StepTime("Product", "a", 1, 10, 5, "product"), new StepTime("Product", "b", 2, 20, 5, "product"),
            new StepTime("Zero", "c", 4, 0, 8, "product"));
        List<LayerTime> kinds = LayerTime.byKind(steps);
        assertEquals(List.of(new LayerTime("product", "Zero", 1, 4, 0, 8), new LayerTime("product", "Product", 2, 3, 30, 10)), kinds);
        assertEquals("c", LayerTime.slowest(steps, 1).getFirst().layer());
        List<StepTime> other = steps.stream().map(s -> new StepTime(s.kernel(), s.label(), 3 * s.seconds(), s.flops(), s.bytes(), s.layer())).toList();
        assertEquals(2, LayerTime.medians(List.of(steps, other)).getFirst().seconds());
    }

    @Test
    void theBoundIsTheSlowerOfComputingAndMoving() {
        assertEquals(2, new LayerTime("", "", 1, 4, 200_000_000_000L, 10_000_000_000L).bound(PEAKS), 1e-9);
        assertEquals(3, new LayerTime("", "", 1, 4, 200_000_000_000L, 30_000_000_000L).bound(PEAKS), 1e-9);
    }

    @Test
    void medians() {
        assertEquals(new Timing(2, 1, 3, List.of(3.0, 1.0, 2.0)), Timing.of(List.of(3.0, 1.0, 2.0)));
        assertEquals(1.5, Timing.of(List.of(2.0, 1.0)).median());
        assertThrows(IllegalArgumentException.class, () -> Timing.of(List.of()));
    }

    @Test
    void twoResultsBesideEachOther() {
        String text = BenchText.compare(result(2, new LayerTime("product", "A", 1, 1, 10, 1)),
            result(1, new LayerTime("product", "B", 1, 0.25, 10, 1), new LayerTime("norm", "C", 1, 0.5, 0, 1)));
        assertTrue(Pattern.compile("a run, median +2\\.0000 +1\\.0000 +0\\.500").matcher(text).find(), text);
        assertTrue(Pattern.compile("product +1\\.0000 +0\\.2500 +0\\.250").matcher(text).find(), text);
        assertTrue(Pattern.compile("norm +0\\.0000 +0\\.5000").matcher(text).find(), text);
    }

    @Test
    void anotherFileIsNoResult() throws IOException {
        Path other = Files.writeString(folder.resolve("other.json"), "{\"format\": \"else\"}");
        assertTrue(assertThrows(IOException.class, () -> BenchResult.read(other)).getMessage().contains("other.json: not a result"));
        Path part = Files.writeString(folder.resolve("part.json"), "{\"format\": \"" + BenchResult.FORMAT + "\"}");
        assertTrue(assertThrows(IOException.class, () -> BenchResult.read(part)).getMessage().contains("part.json: not a result"));
        Path broken = Files.writeString(folder.resolve("broken.json"), "{");
        assertTrue(assertThrows(IOException.class, () -> BenchResult.read(broken)).getMessage().contains("broken.json: not a result"));
    }
}

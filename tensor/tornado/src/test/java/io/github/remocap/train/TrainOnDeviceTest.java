package io.github.remocap.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tornado.Gpu;
import io.github.remocap.tornado.run.LibraryDevice;
import io.github.remocap.tornado.run.TornadoDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train} on the device beside the processor. */
class TrainOnDeviceTest {
    /** All clips in each step, so that batch norm has enough rows, and short steps: then rounding does not grow into another curve. */
    private static final String STEPS = """
        batch: 5
        epochs: %d
        optimizer: {kind: sgd, learning_rate: 1e-3, clip_norm: 0.3, ema: 0.9}
        seed: 3
        """;

    @TempDir
    private Path folder;

    private static double[] losses(TinyRun tiny, String name) throws IOException {
        List<String> rows = Files.readAllLines(tiny.output(name).resolve("metrics.csv")).stream().filter(row -> row.startsWith("train")).toList();
        return rows.stream().mapToDouble(row -> Double.parseDouble(row.split(",", -1)[3])).toArray();
    }

    @Test
    void theCurveIsTheProcessors() throws IOException {
        TornadoDevice gpu = Gpu.device();
        long before = gpu.memoryInUse();
        TinyRun tiny = new TinyRun(folder);
        tiny.clips("clip1.npz", 1, Map.of()); // validation
        for (Device device : List.of(Devices.cpu(), gpu)) {
            assertTrue(tiny.run(device == gpu ? "gpu" : "cpu", STEPS.formatted(25) + "checkpoint: {every_epochs: 25}\n", false, device), tiny.said());
        }
        double[] expected = losses(tiny, "cpu");
        double[] actual = losses(tiny, "gpu");
        assertEquals(25, expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], 1e-3 * Math.abs(expected[i]), "step " + (i + 1));
        }
        assertTrue(Math.abs(expected[24] - expected[0]) > 0, "nothing was learned in either direction");
        // What the device computed is in the checkpoint.
        Map<String, double[]> a = tiny.arrays(tiny.checkpoint("cpu", 25));
        Map<String, double[]> b = tiny.arrays(tiny.checkpoint("gpu", 25));
        assertEquals(a.keySet(), b.keySet());
        for (String name : List.of("xyz_regressor.weight", "training/average.xyz_regressor.weight", "backbone.bn1.running_var")) {
            double largest = 0;
            for (int i = 0; i < a.get(name).length; i++) {
                largest = Math.max(largest, Math.abs(a.get(name)[i] - b.get(name)[i]));
            }
            assertTrue(largest < 1e-3, name + " differs by " + largest);
        }
        assertEquals(before, gpu.memoryInUse());
    }

    /** Products of the forward pass and of gradients by a library. */
    @Test
    void theCurveIsTheProcessorsWithALibrary() throws IOException {
        LibraryDevice library = LibraryDevice.shared();
        TinyRun tiny = new TinyRun(folder);
        tiny.clips("clip1.npz", 1, Map.of()); // validation
        library.blas().called();
        for (Device device : List.of(Devices.cpu(), library.device())) {
            assertTrue(tiny.run(device == library.device() ? "library" : "cpu", STEPS.formatted(3) + "checkpoint: {every_epochs: 3}\n", false, device),
                tiny.said());
        }
        assertTrue(library.blas().called().size() > 1000);
        double[] expected = losses(tiny, "cpu");
        double[] actual = losses(tiny, "library");
        assertEquals(3, expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], 1e-5 * Math.abs(expected[i]), "step " + (i + 1));
        }
        Map<String, double[]> a = tiny.arrays(tiny.checkpoint("cpu", 3));
        Map<String, double[]> b = tiny.arrays(tiny.checkpoint("library", 3));
        assertEquals(a.keySet(), b.keySet());
        a.forEach((name, values) -> {
            double largest = 1;
            double difference = 0;
            for (int i = 0; i < values.length; i++) {
                largest = Math.max(largest, Math.abs(values[i]));
                difference = Math.max(difference, Math.abs(values[i] - b.get(name)[i]));
            }
            assertTrue(difference <= 1e-5 * largest, name + " differs by " + difference);
        });
    }

    @Test
    void aRunThatIsContinuedIsTheSame() throws IOException {
        TornadoDevice gpu = Gpu.device();
        TinyRun tiny = new TinyRun(folder);
        tiny.clips("clip1.npz", 1, Map.of());
        String text = "optimizer: {kind: adamw, learning_rate: 1e-3, clip_norm: 50, ema: 0.9}\nbatch: 5\nseed: 3\ncheckpoint: {every_epochs: 2}\n";
        assertTrue(tiny.run("whole", text + "epochs: 4\n", false, gpu), tiny.said());
        assertTrue(tiny.run("parts", text + "epochs: 2\n", false, gpu), tiny.said());
        assertTrue(tiny.run("parts", text + "epochs: 4\n", true, gpu), tiny.said());
        assertEquals(null, tiny.difference(tiny.checkpoint("whole", 4), tiny.checkpoint("parts", 4)));
    }

    @Test
    @Tag("slow")
    void fiveHundredStepsAtConstantMemory() throws IOException {
        TornadoDevice gpu = Gpu.device();
        TinyRun tiny = new TinyRun(folder);
        tiny.clips("clip1.npz", 1, Map.of());
        long before = gpu.memoryInUse();
        String steps = STEPS.replace("ema: 0.9", "ema: 0") + "data: {train: clips.npz}\n";
        assertTrue(tiny.run("short", steps.formatted(20), false, gpu), tiny.said());
        long heap = heap();
        assertTrue(tiny.run("long", steps.formatted(500), false, gpu), tiny.said());
        long grown = heap() - heap;
        assertTrue(grown < 16 << 20, () -> "the heap grew by " + grown + " bytes");
        assertEquals(500, losses(tiny, "long").length);
        assertEquals(before, gpu.memoryInUse());
        // What the program takes beside the heap, in MB, at each step.
        Pattern used = Pattern.compile("(\\d+) MB \\(heap (\\d+)\\)");
        List<Integer> beside = Files.readAllLines(tiny.output("long").resolve("train.log")).stream().map(used::matcher).filter(Matcher::find)
            .map(m -> Integer.parseInt(m.group(1)) - Integer.parseInt(m.group(2))).toList();
        assertTrue(beside.size() >= 500, () -> beside.size() + " lines");
        int least = Collections.min(beside);
        assertTrue(least > 0 && Collections.max(beside) <= least + 1, () -> "from " + least + " to " + Collections.max(beside)); // both are rounded
    }

    private static long heap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}

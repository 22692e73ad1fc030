package io.github.remocap.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.io.numpy.NumpyWriter;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What PyTorch computed for geometry and training. */
class TrainingParityTest {
    private static final Path GOLDEN = Path.of(URI.create(Objects.requireNonNull(TrainingParityTest.class.getResource("/golden")).toString()));
    private static final List<Device> DEVICES = List.of(Devices.reference(), Devices.cpu());

    @TempDir
    private Path folder;

    private static void assertOk(List<Check> checks, int count) {
        assertTrue(checks.stream().allMatch(Check::ok), () -> Parity.table(checks));
        assertEquals(count, checks.size(), () -> Parity.table(checks));
    }

    private static void assertSame(Path golden, Path dumped, boolean all) throws IOException {
        try (NumpyFile a = NumpyFile.open(golden); NumpyFile b = NumpyFile.open(dumped)) {
            assertTrue(all ? a.names().equals(b.names()) || a.names().containsAll(b.names()) && b.names().containsAll(a.names())
                : a.names().containsAll(b.names()), dumped + " has " + b.names());
            for (String name : b.names()) {
                assertEquals(a.tensor(name).shape(), b.tensor(name).shape(), name);
                assertEquals(a.tensor(name).type().isFloating(), b.tensor(name).type().isFloating(), name);
            }
        }
    }

    @Test
    void geometry() throws IOException {
        List<Check> checks = new ArrayList<>();
        new GeometryParity(GOLDEN.resolve("geometry.npz"), DEVICES, new Dump(folder, DEVICES), checks::add).run();
        assertOk(checks, 4 + 2 * 5);
        assertSame(GOLDEN.resolve("geometry.npz"), folder.resolve("geometry.npz"), false);
        assertSame(GOLDEN.resolve("geometry.npz"), folder.resolve("reference/geometry.npz"), false);
    }

    @Test
    void stepOnBothDevices() throws IOException {
        List<Check> checks = new ArrayList<>();
        TrainingParity parity = new TrainingParity(GOLDEN.resolve("tiny"), DEVICES, new Dump(folder, DEVICES), checks::add);
        for (Device device : DEVICES) {
            parity.step(device);
        }
        assertOk(checks, 2 * (11 + 1 + 1));
        for (String file : List.of("train_forward.npz", "train_gradients.npz", "train_buffers.npz")) {
            assertSame(GOLDEN.resolve("tiny").resolve(file), folder.resolve(file), true);
            assertSame(GOLDEN.resolve("tiny").resolve(file), folder.resolve("reference").resolve(file), true);
        }
    }

    @Test
    void curves() throws IOException {
        curves(Devices.reference());
        assertSame(GOLDEN.resolve("tiny/train_curves.npz"), folder.resolve("reference/train_curves.npz"), true);
    }

    @Test
    @Tag("slow")
    void curvesOnCpu() throws IOException {
        curves(Devices.cpu());
        assertSame(GOLDEN.resolve("tiny/train_curves.npz"), folder.resolve("train_curves.npz"), true);
    }

    private void curves(Device device) throws IOException {
        List<Check> checks = new ArrayList<>();
        new TrainingParity(GOLDEN.resolve("tiny"), DEVICES, new Dump(folder, DEVICES), checks::add).curves(device);
        assertOk(checks, 4 * 3);
    }

    @Test
    void otherNumbersFail() throws IOException {
        for (String name : List.of("remocap.bin", "remocap_config.json", "remocap_eval.npz", "mesh.npz", "train_truth.npz", "train_forward.npz")) {
            Files.copy(GOLDEN.resolve("tiny").resolve(name), folder.resolve(name));
        }
        change("train_gradients.npz", "cam_predictor.weight", 1.01f);
        change("train_buffers.npz", "backbone.bn1.num_batches_tracked", 2);
        List<Check> checks = new ArrayList<>();
        List<Device> reference = List.of(Devices.reference());
        new TrainingParity(folder, reference, new Dump(null, reference), checks::add).step(reference.getFirst());
        assertEquals(List.of("gradient of cam_predictor.weight", "344 gradients", "backbone.bn1.num_batches_tracked", "243 buffers"),
            checks.stream().filter(c -> !c.ok()).map(Check::quantity).toList());
        Map<String, StoredTensor> fewer = read("train_gradients.npz");
        fewer.remove("cam_predictor.weight");
        NumpyWriter.writeNpz(folder.resolve("train_gradients.npz"), fewer, false);
        checks.clear();
        new TrainingParity(folder, reference, new Dump(null, reference), checks::add).step(reference.getFirst());
        assertTrue(checks.stream().anyMatch(c -> !c.ok() && c.note().contains("not expected [cam_predictor.weight]")), () -> Parity.table(checks));
    }

    private static Map<String, StoredTensor> read(String file) throws IOException {
        Map<String, StoredTensor> all = new LinkedHashMap<>();
        try (NumpyFile npz = NumpyFile.open(GOLDEN.resolve("tiny").resolve(file))) {
            for (String name : npz.names()) {
                StoredTensor t = npz.tensor(name);
                all.put(name, t.type().isFloating() ? StoredTensor.ofFloats(t.shape(), t.toFloats()) : StoredTensor.ofLongs(t.shape(), t.toLongs()));
            }
        }
        return all;
    }

    /** A copy of a golden file with one array multiplied. */
    private void change(String file, String array, float factor) throws IOException {
        Map<String, StoredTensor> all = read(file);
        StoredTensor t = Objects.requireNonNull(all.get(array));
        float[] values = t.toFloats();
        long[] integers = t.toLongs();
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
            integers[i] *= (long) factor;
        }
        all.put(array, t.type().isFloating() ? StoredTensor.ofFloats(t.shape(), values) : StoredTensor.ofLongs(t.shape(), integers));
        NumpyWriter.writeNpz(folder.resolve(file), all, false);
    }
}

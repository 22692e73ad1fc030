package io.github.remocap.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.remocap.assets.Assets;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.MeshFile;
import io.github.remocap.model.RemoCap;
import io.github.remocap.model.Runner;
import io.github.remocap.parity.Check;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.parity.Parity;
import io.github.remocap.tensor.Device;
import io.github.remocap.tornado.run.LibraryDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The network on the device against PyTorch. */
class ParityOnDeviceTest {
    private static final Path ROOT = Path.of(System.getProperty("remocap.root"));
    private static final Path GOLDEN = ROOT.resolve("remocap/src/test/resources/golden");
    private static final String SEED = "golden";

    private static void compare(String subject, Config config, Mesh mesh, String seed, Device device, int images, int size, Path golden, double tolerance)
        throws IOException {
        RemoCap network = new RemoCap(config);
        List<Check> wrong = new ArrayList<>();
        try (NumpyFile npz = NumpyFile.open(golden); Weights weights = DeterministicNumbers.fill(network, seed);
            Runner runner = new Runner(network, weights, mesh, device, images, size, size, true, List.of())) {
            runner.run(DeterministicNumbers.uniform((subject.equals("full") ? seed : SEED) + "/images", images * 3 * size * size, -2, 2));
            for (String name : npz.names()) {
                float[] expected = npz.tensor(name).toFloats();
                Check check = Check.of(subject, name, Arrays.copyOf(runner.read(name), expected.length), expected, tolerance);
                if (!check.ok()) {
                    wrong.add(check);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @ParameterizedTest
    @ValueSource(strings = {"remocap", "baseline", "spatial", "motion", "regressor"})
    void smallModelsEqualPyTorch(String variant) throws IOException {
        Path tiny = GOLDEN.resolve("tiny");
        compare(variant, Config.read(tiny.resolve(variant + "_config.json")), MeshFile.read(tiny.resolve("mesh.npz")), SEED + "/" + variant, Gpu.device(), 8, 64,
            tiny.resolve(variant + "_outputs.npz"), Parity.TINY_TOLERANCE);
    }

    /** The same where products, Winograd's among them, are a library's. */
    @Test
    void aSmallModelEqualsPyTorchWithALibrary() throws IOException {
        Path tiny = GOLDEN.resolve("tiny");
        LibraryDevice library = LibraryDevice.shared();
        library.blas().called();
        System.setProperty("remocap.tornado.winograd", "always");
        try {
            compare("remocap", Config.read(tiny.resolve("remocap_config.json")), MeshFile.read(tiny.resolve("mesh.npz")), SEED + "/remocap", library.device(), 8,
                64, tiny.resolve("remocap_outputs.npz"), Parity.TINY_TOLERANCE);
        } finally {
            System.clearProperty("remocap.tornado.winograd");
        }
        List<String> called = library.blas().called();
        assertTrue(called.size() >= 80 && called.contains("cublasSgemm") && called.contains("cublasSgemmStridedBatched"), () -> called.size() + " calls");
    }

    /** Files in other formats, geometry, all gradients, and the curves of every optimiser. */
    @Test
    @Tag("slow")
    void everythingThatParityCompares() throws IOException {
        List<Check> checks = new Parity(GOLDEN, List.of(Gpu.device()), SEED, null, null, c -> { }).run();
        assertTrue(checks.stream().allMatch(Check::ok), () -> Parity.table(checks));
        assertTrue(checks.stream().anyMatch(c -> c.quantity().contains("344 gradients")), () -> Parity.table(checks));
        assertEquals(12, checks.stream().filter(c -> c.quantity().contains("step")).count(), () -> Parity.table(checks));
    }

    /** Convolutions the direct way and, as far as the device's memory reaches, Winograd's. */
    @ParameterizedTest
    @ValueSource(strings = {"never", "where it pays"})
    @Tag("slow")
    void fullSizeModelEqualsPyTorch(String winograd) throws IOException {
        Path shared = ROOT.resolveSibling("shared");
        Path outputs = shared.resolve("oracle/golden/full/outputs.npz");
        assumeTrue(Files.isRegularFile(outputs), outputs + " is not there");
        System.setProperty("remocap.tornado.winograd", winograd);
        try {
            compare("full", Config.RELEASED, new Assets(shared.resolve("smpl")).mesh(), SEED + "/full", Gpu.device(), 8, 224, outputs, Parity.FULL_TOLERANCE);
        } finally {
            System.clearProperty("remocap.tornado.winograd");
        }
    }
}

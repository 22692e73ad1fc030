package io.github.remocap.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.remocap.assets.Assets;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.onnx.OnnxGraph;
import io.github.remocap.io.onnx.OnnxWriter;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.MeshFile;
import io.github.remocap.model.ModelGraph;
import io.github.remocap.model.RemoCap;
import io.github.remocap.model.Runner;
import io.github.remocap.parity.Check;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.Devices;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX Runtime computes from an exported file what we compute. */
class OnnxParityTest {
    private static final double TOLERANCE = 1e-4;
    private static final int SIZE = 64;

    @TempDir
    private Path folder;

    private static Path golden(String name) throws URISyntaxException {
        return Path.of(OnnxParityTest.class.getResource("/golden/tiny/" + name).toURI());
    }

    private static OnnxGraph graph(RemoCap network, Weights weights, Mesh mesh, int clips, int size) {
        ModelGraph g = ModelGraph.of(network, weights, mesh, clips * network.config().frames(), size, size, true, List.of());
        return new OnnxGraph(g.images(), g.outputs());
    }

    /** @param fixed number of clips of the file, null for any */
    private static Path export(Path file, RemoCap network, Weights weights, Mesh mesh, int size, @Nullable Integer fixed, OnnxWriter.Weights where)
            throws IOException {
        OnnxGraph one = graph(network, weights, mesh, fixed != null ? fixed : 2, size);
        OnnxWriter.write(file, one, fixed != null ? null : graph(network, weights, mesh, 3, size), where, Map.of(), ProgressListener.NONE);
        return file;
    }

    private static void compare(Path model, RemoCap network, Weights weights, Mesh mesh, int clips, int size) throws Exception {
        int n = clips * network.config().frames();
        float[] images = DeterministicNumbers.uniform("golden/images", n * 3 * size * size, -2, 2);
        List<Check> wrong = new ArrayList<>();
        try (OrtPeer ort = new OrtPeer(model, images, new long[] {n, 3, size, size}, 2);
            Runner runner = new Runner(network, weights, mesh, Devices.cpu(), n, size, size, true, List.of())) {
            ort.run();
            runner.run(images);
            Map<String, float[]> outputs = ort.outputs();
            assertEquals(runner.shapes().keySet(), outputs.keySet());
            outputs.forEach((name, values) -> {
                Check check = Check.of(model.getFileName().toString(), name, values, runner.read(name), TOLERANCE);
                System.out.printf("%s, %d clips, %s: %.1e%n", model.getFileName(), clips, name, check.relative());
                if (!check.ok()) {
                    wrong.add(check);
                }
            });
        }
        assertEquals(List.of(), wrong);
    }

    @ParameterizedTest
    @ValueSource(strings = {"remocap", "baseline", "spatial", "motion", "regressor"})
    void smallModelsForAnyNumberOfClips(String variant) throws Exception {
        RemoCap network = new RemoCap(Config.read(golden(variant + "_config.json")));
        Mesh mesh = MeshFile.read(golden("mesh.npz"));
        try (Weights weights = DeterministicNumbers.fill(network, "golden/" + variant)) {
            Path file = export(folder.resolve(variant + ".onnx"), network, weights, mesh, SIZE, null, OnnxWriter.Weights.AUTO);
            for (int clips : new int[] {1, 2, 5}) {
                compare(file, network, weights, mesh, clips, SIZE);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"EXTERNAL,1", "INLINE,2"})
    void weightsInEitherPlaceAndAFixedBatch(OnnxWriter.Weights where, int clips) throws Exception {
        RemoCap network = new RemoCap(Config.read(golden("remocap_config.json")));
        Mesh mesh = MeshFile.read(golden("mesh.npz"));
        try (Weights weights = DeterministicNumbers.fill(network, "golden/remocap")) {
            Path file = export(folder.resolve("fixed.onnx"), network, weights, mesh, SIZE, clips, where);
            compare(file, network, weights, mesh, clips, SIZE);
        }
    }

    @Test
    @Tag("slow")
    void fullSizeModel() throws Exception {
        Path assets = shared("smpl");
        RemoCap network = new RemoCap(Config.RELEASED);
        Mesh mesh = new Assets(assets).mesh();
        try (Weights weights = DeterministicNumbers.fill(network, "golden/full")) {
            Path file = export(folder.resolve("full.onnx"), network, weights, mesh, 224, null, OnnxWriter.Weights.AUTO);
            compare(file, network, weights, mesh, 1, 224);
        }
    }

    /** Something beside the repository; the test is skipped where it is absent. */
    private static Path shared(String name) {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve(".git"))) {
                Path file = at.resolveSibling("shared").resolve(name);
                Assumptions.assumeTrue(Files.exists(file), "skipped: needs ../shared/" + name + " beside the repository");
                return file;
            }
        }
        Assumptions.abort("skipped: not in a repository, needs ../shared/" + name);
        throw new AssertionError();
    }
}

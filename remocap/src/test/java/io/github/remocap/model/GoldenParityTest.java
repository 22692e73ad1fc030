package io.github.remocap.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.Golden;
import io.github.remocap.assets.Assets;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.layers.Context;
import io.github.remocap.layers.Weights;
import io.github.remocap.parity.Check;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.parity.Parity;
import io.github.remocap.tensor.Comparison;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tensor.vector.VectorDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The network against PyTorch, from the same weights, which both sides make from names. */
class GoldenParityTest {
    private static final int IMAGES = 8;
    private static final int SIZE = 64;

    private static float[] images() {
        return DeterministicNumbers.uniform(Golden.SEED + "/images", IMAGES * 3 * SIZE * SIZE, -2, 2);
    }

    private static Map<String, float[]> outputs(String variant, Device device) {
        RemoCap network = new RemoCap(Golden.config(variant));
        Map<String, float[]> out = new LinkedHashMap<>();
        try (Weights weights = DeterministicNumbers.fill(network, Golden.SEED + "/" + variant);
            Runner runner = new Runner(network, weights, Golden.mesh(), device, IMAGES, SIZE, SIZE, true, List.of())) {
            runner.run(images());
            runner.shapes().keySet().forEach(name -> out.put(name, runner.read(name)));
        }
        return out;
    }

    @ParameterizedTest
    @CsvSource({"remocap,cpu", "baseline,cpu", "spatial,cpu", "motion,cpu", "regressor,cpu", "remocap,reference", "baseline,reference",
        "spatial,reference", "motion,reference", "regressor,reference"})
    void smallModelsEqualPyTorch(String variant, String device) throws IOException {
        Map<String, float[]> actual = outputs(variant, Devices.byName(device));
        List<Check> wrong = new ArrayList<>();
        try (NumpyFile golden = NumpyFile.open(Golden.file("tiny/" + variant + "_outputs.npz"))) {
            assertEquals(golden.names(), actual.keySet());
            for (String name : golden.names()) {
                Check check = Check.of(variant, name, actual.get(name), golden.tensor(name).toFloats(), Parity.TINY_TOLERANCE);
                if (!check.ok()) {
                    wrong.add(check);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void resultsDoNotDependOnTheNumberOfThreads(int threads) {
        Map<String, float[]> expected = outputs("remocap", Devices.cpu());
        try (VectorDevice device = new VectorDevice(threads)) {
            outputs("remocap", device).forEach((name, values) -> assertArrayEquals(expected.get(name), values, name));
        }
    }

    @Test
    void aWrongWeightIsSeen() throws IOException {
        RemoCap network = new RemoCap(Golden.config("remocap"));
        try (Weights weights = DeterministicNumbers.fill(network, "another seed"); NumpyFile golden = NumpyFile.open(Golden.file("tiny/remocap_outputs.npz"));
            Runner runner = new Runner(network, weights, Golden.mesh(), Devices.cpu(), IMAGES, SIZE, SIZE, true, List.of())) {
            runner.run(images());
            assertTrue(!Check.of("", "", runner.read("pred_cam"), golden.tensor("pred_cam").toFloats(), Parity.TINY_TOLERANCE).ok());
        }
    }

    @Test
    void devicesAgreeNodeByNode() {
        RemoCap network = new RemoCap(Golden.config("remocap"));
        try (Weights weights = DeterministicNumbers.fill(network, Golden.SEED + "/remocap")) {
            Graph graph = new Graph();
            Tensor images = graph.input("images", Shape.of(4, SIZE, SIZE, 3));
            List<Tensor> outputs = List.copyOf(network.call(Context.inference(graph, weights), images, Golden.mesh()).values());
            float[] elements = Arrays.copyOf(images(), 4 * SIZE * SIZE * 3);
            Optional<Comparison.Difference> difference = Comparison.firstDifference(Devices.reference(), Devices.cpu(), outputs,
                Map.of(images, elements), 2e-5);
            assertEquals(Optional.empty(), difference);
        }
    }

    @Test
    void probeShowsAModulesOutput() {
        RemoCap network = new RemoCap(Golden.config("remocap"));
        try (Weights weights = DeterministicNumbers.fill(network, Golden.SEED + "/remocap");
            Runner runner = new Runner(network, weights, Golden.mesh(), Devices.cpu(), 4, SIZE, SIZE, false, List.of())) {
            runner.run(Arrays.copyOf(images(), 4 * SIZE * SIZE * 3));
            assertEquals(4 * 16 * 16 * 4, runner.program().probe("backbone.stage3.0").length); // the first branch, [4,16,16,4]
            assertArrayEquals(runner.read("features"), runner.program().probe("backbone"));
        }
    }

    @Test
    @Tag("slow")
    void fullSizeModelEqualsPyTorch() throws IOException {
        Path assets = Golden.shared("smpl");
        Path outputs = Golden.shared("oracle/golden/full/outputs.npz");
        Config config = Config.RELEASED;
        RemoCap network = new RemoCap(config);
        int size = 224;
        List<Check> wrong = new ArrayList<>();
        try (NumpyFile golden = NumpyFile.open(outputs); Weights weights = DeterministicNumbers.fill(network, Golden.SEED + "/full");
            Runner runner = new Runner(network, weights, new Assets(assets).mesh(), Devices.cpu(), 8, size, size, true, List.of())) {
            runner.run(DeterministicNumbers.uniform(Golden.SEED + "/full/images", 8 * 3 * size * size, -2, 2));
            for (String name : golden.names()) {
                float[] expected = golden.tensor(name).toFloats();
                Check check = Check.of("full", name, Arrays.copyOf(runner.read(name), expected.length), expected, Parity.FULL_TOLERANCE);
                if (!check.ok()) {
                    wrong.add(check);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }
}

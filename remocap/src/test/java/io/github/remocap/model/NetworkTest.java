package io.github.remocap.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.Golden;
import io.github.remocap.layers.Context;
import io.github.remocap.layers.Weights;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.ShapeException;
import io.github.remocap.tensor.Tensor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NetworkTest {
    private static Map<String, Shape> shapes(RemoCap network) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        network.specs().forEach((name, spec) -> shapes.put(name, spec.shape()));
        return shapes;
    }

    @Test
    void releasedModelHasPyTorchsNamesAndShapes() throws IOException {
        Map<String, String> expected = new LinkedHashMap<>();
        for (String line : Files.readAllLines(Golden.file("state_dict_shapes.txt"))) {
            expected.put(line.substring(0, line.indexOf(' ')), line.substring(line.indexOf(' ') + 1));
        }
        assertEquals(2173, expected.size());
        Map<String, String> actual = new LinkedHashMap<>();
        shapes(new RemoCap(Config.RELEASED)).forEach((name, shape) -> actual.put(name, shape.toString()));
        assertEquals(expected, actual);
        assertEquals(new ArrayList<>(expected.keySet()), new ArrayList<>(actual.keySet()), "order");
    }

    @Test
    void releasedModelHasTheReportedNumberOfParameters() {
        RemoCap network = new RemoCap(Config.RELEASED);
        long disentanglement = network.parameterCount("backbone.ema_");
        long backbone = network.parameterCount("backbone.") - disentanglement;
        assertEquals(128_059_944, backbone);
        assertEquals(3_296, disentanglement);
        assertEquals(25_679_894, network.parameterCount("") - backbone - disentanglement);
    }

    @Test
    void recognitionReadsSizesOffShapes() {
        assertEquals(Config.RELEASED, Recognition.of(shapes(new RemoCap(Config.RELEASED))).orElseThrow());
        assertTrue(Recognition.isCertain(Config.RELEASED));
        for (String variant : List.of("remocap", "baseline", "spatial", "motion", "regressor")) {
            Config config = Golden.config(variant);
            Config found = Recognition.of(shapes(new RemoCap(config))).orElseThrow();
            assertEquals(config.spatial(), found.spatial());
            assertEquals(config.motion(), found.motion());
            assertEquals(config.layers(), found.layers());
            assertEquals(config.width(), found.width());
            assertEquals(config.smplRegressor(), found.smplRegressor());
            assertTrue(!Recognition.isCertain(found));
        }
        assertTrue(Recognition.of(Map.of("fc.weight", Shape.of(10, 20))).isEmpty());
    }

    @Test
    void configsSurviveJsonAndNameWhatIsWrong() {
        for (String variant : List.of("remocap", "regressor")) {
            assertEquals(Golden.config(variant), Config.parse(Golden.config(variant).toJson()));
        }
        assertEquals(Config.RELEASED, Config.parse("{}"));
        assertEquals(1, Config.parse("layers: 1\nspatial: false").layers());
        assertTrue(message("widht: 3").contains("unknown key 'widht'"));
        assertTrue(message("width: wide").contains("width must be an integer"));
        assertTrue(message("head: [1, 2]").contains("head must be four numbers"));
        assertTrue(message("head: [1, 2, 3, x]").contains("head must be a list of integers"));
        assertTrue(message("sd_groups: 7").contains("sd_groups must be a divisor"));
        assertTrue(message("heads: 3").contains("model_dims"));
        assertTrue(message("- a list").contains("expected keys and values"));
        assertTrue(message("a: [").contains("not YAML"));
    }

    private static String message(String yaml) {
        return assertThrows(IllegalArgumentException.class, () -> Config.parse(yaml)).getMessage();
    }

    @Test
    void imagesThatDoNotFitAreRefused() {
        RemoCap network = new RemoCap(Golden.config("remocap"));
        try (Weights weights = Weights.initialized(network, 0)) {
            Graph graph = new Graph();
            Context context = Context.inference(graph, weights);
            Tensor odd = graph.input("odd", Shape.of(4, 60, 64, 3));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> network.call(context, odd, Golden.mesh())).getMessage()
                .contains("multiples of 32"));
            Tensor three = graph.input("three", Shape.of(3, 64, 64, 3));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> network.call(context, three, Golden.mesh())).getMessage()
                .contains("no whole number of clips of 4"));
        }
    }

    @Test
    void shapeErrorsNameTheModule() {
        RemoCap network = new RemoCap(Golden.config("remocap"));
        try (Weights weights = Weights.initialized(network, 0)) {
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(1, 8, 8, 5));
            Tensor w = graph.input("w", Shape.of(4, 3, 3, 3));
            try (Graph.Scope scope = graph.scope("backbone"); Graph.Scope inner = graph.scope("conv1")) {
                ShapeException e = assertThrows(ShapeException.class, () -> x.conv2d(w, 1, 1));
                assertEquals("backbone.conv1", e.modulePath());
                assertTrue(e.getMessage().contains("the input has 5 channels, the weight expects 3"), e.getMessage());
            }
            assertEquals("", graph.path());
        }
    }

    @Test
    void initialisationIsTheReferences() {
        Config config = Golden.config("regressor");
        RemoCap network = new RemoCap(config);
        try (Weights weights = Weights.initialized(network, 3); Weights again = Weights.initialized(network, 3);
            Weights other = Weights.initialized(network, 4)) {
            String conv = "backbone.incre_modules.3.0.conv2.weight"; // [8,8,3,3]
            double deviation = Math.sqrt(2.0 / (8 * 9));
            assertEquals(deviation, deviation(weights.values(conv)), 0.2 * deviation);
            String linear = "smpl_parameter_regressor.regressor.1.fc_block.0.weight"; // [1024,1024]
            assertEquals(1 / Math.sqrt(1024.0 * 3), deviation(weights.values(linear)), 1e-3);
            String packed = "transformer_1.encoder.layers.0.self_attn.in_proj_weight"; // [96,32]
            assertEquals(Math.sqrt(2.0 / (96 + 32)), deviation(weights.values(packed)), 0.01);
            assertEquals(1, get(weights, "backbone.bn1.weight"), 0);
            assertEquals(0, get(weights, "backbone.bn1.bias"), 0);
            assertEquals(1, get(weights, "backbone.bn1.running_var"), 0);
            assertEquals(-1, weights.values(conv).mismatch(again.values(conv)));
            assertTrue(weights.values(conv).mismatch(other.values(conv)) >= 0);
        }
    }

    private static double get(Weights weights, String name) {
        return weights.values(name).getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
    }

    private static double deviation(java.lang.foreign.MemorySegment values) {
        long n = values.byteSize() / 4;
        double sum = 0;
        for (long i = 0; i < n; i++) {
            double v = values.getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, i);
            sum += v * v;
        }
        return Math.sqrt(sum / n);
    }

    /** In a JVM of its own: what the compiler makes of a kernel depends on everything that ran before. */
    @Test
    void aRunAllocatesNothing() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), AllocationProbe.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), out);
        assertTrue(out.contains("a run that allocates: 4096 bytes or more: true"), out);
        assertTrue(out.contains("bytes in 10 runs: 0\n"), out);
    }
}

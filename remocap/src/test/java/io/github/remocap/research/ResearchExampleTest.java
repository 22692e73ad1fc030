package io.github.remocap.research;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.Golden;
import io.github.remocap.autograd.Adam;
import io.github.remocap.autograd.GradCheck;
import io.github.remocap.autograd.Gradients;
import io.github.remocap.autograd.ParameterGroup;
import io.github.remocap.autograd.State;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.layers.Context;
import io.github.remocap.layers.Linear;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.RemoCap;
import io.github.remocap.model.SpatialModule;
import io.github.remocap.tensor.Comparison;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.train.LossWeights;
import io.github.remocap.train.Losses;
import io.github.remocap.train.Surface;
import io.github.remocap.train.TruthInputs;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The code that {@code docs/research.md} walks through. */
class ResearchExampleTest {
    private static final int STEPS = 15;
    private static final Config CONFIG = Golden.config("remocap");

    /** Losses of all steps, and of each parameter below the spatial module the norm of its first gradient and how far it moved. */
    private record Run(double[] losses, Map<String, Double> gradients, Map<String, Double> moved) {
    }

    @Test
    void gradientIsRight() {
        ChannelGate gate = new ChannelGate(8);
        try (Weights weights = Weights.initialized(gate, 1)) {
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(2, 3, 4, 8));
            Tensor y = gate.call(Context.inference(graph, weights), x);
            GradCheck.check(y, Map.of(x, new Random(2).doubles(x.shape().size(), -1, 1).toArray()));
        }
    }

    @Test
    void devicesAgree() {
        ChannelGate gate = new ChannelGate(8);
        try (Weights weights = Weights.initialized(gate, 1)) {
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(2, 3, 4, 8));
            Tensor y = gate.call(Context.inference(graph, weights), x);
            float[] elements = new float[2 * 3 * 4 * 8];
            for (int i = 0; i < elements.length; i++) {
                elements[i] = (i * 37 % 64 - 32) / 32f;
            }
            Optional<Comparison.Difference> difference = Comparison.firstDifference(Devices.reference(), Devices.cpu(), List.of(y),
                Map.of(x, elements), 1e-5);
            assertEquals(Optional.empty(), difference);
            try (Program program = Devices.cpu().compile(Compilation.of(y))) {
                program.write(x, elements);
                float[] squeezed = program.probe("squeeze");
                assertEquals(2 * 2, squeezed.length);
            }
        }
    }

    @Test
    void trainsInPlaceOfSd() throws IOException {
        Run sd = train(new RemoCap(CONFIG));
        Run gate = train(new RemoCap(CONFIG, c -> new ChannelGate(c.stageOneChannels())));
        System.out.println("step        SD  ChannelGate");
        for (int i = 0; i < STEPS; i++) {
            System.out.printf("%4d  %8.4f  %11.4f%n", i + 1, sd.losses[i], gate.losses[i]);
        }
        for (Run run : List.of(sd, gate)) {
            assertTrue(run.losses[STEPS - 1] < 0.9 * run.losses[0], () -> Arrays.toString(run.losses));
        }
        assertEquals(4, gate.gradients.size(), () -> gate.gradients.toString());
        gate.gradients.forEach((name, norm) -> assertTrue(norm > 0, name));
        gate.moved.forEach((name, distance) -> assertTrue(distance > 0, name));
        assertTrue(sd.gradients.containsKey("backbone.ema_1.gn.weight"), () -> sd.gradients.toString());
    }

    private static Run train(RemoCap network) throws IOException {
        try (Weights weights = Weights.initialized(network, 7); State state = new State();
            NumpyFile clips = NumpyFile.open(Golden.file("tiny/remocap_eval.npz"));
            NumpyFile truth = NumpyFile.open(Golden.file("tiny/train_truth.npz"))) {
            StoredTensor images = clips.tensor("images"); // [n,3,h,w]
            Graph graph = new Graph();
            Context context = Context.training(graph, weights, false, 0);
            Tensor input = graph.input("images", images.shape());
            TruthInputs expected = TruthInputs.of(graph, images.shape().dim(0), CONFIG.fine(), CONFIG.intermediate(), CONFIG.coarse());
            Map<String, Tensor> outputs = network.call(context, input.permute(0, 2, 3, 1), Golden.mesh());
            Tensor loss = Losses.build(graph, outputs, expected, surface(truth), LossWeights.DEFAULT, CONFIG.frames()).total();

            List<Tensor> parameters = new ArrayList<>();
            graph.parameters().forEach((name, p) -> {
                if (weights.specs().get(name).trainable()) {
                    parameters.add(p);
                }
            });
            Map<Tensor, Tensor> gradients = Gradients.of(loss, parameters);
            ParameterGroup all = ParameterGroup.of("all", parameters, 1e-3, 0);
            List<Compilation.Update> updates = new ArrayList<>(context.updates()); // running statistics
            updates.addAll(Adam.adam().step(List.of(all), gradients, state));

            Map<String, Tensor> watched = new LinkedHashMap<>(graph.parameters());
            watched.values().retainAll(gradients.keySet());
            watched.keySet().removeIf(name -> !name.startsWith("backbone.ema_1."));
            List<Tensor> targets = new ArrayList<>(List.of(loss));
            watched.values().forEach(p -> targets.add(gradients.get(p)));
            Run run = new Run(new double[STEPS], new LinkedHashMap<>(), new LinkedHashMap<>());
            Map<String, float[]> before = new LinkedHashMap<>();
            watched.forEach((name, p) -> before.put(name, p.values().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED)));
            try (Program program = Devices.cpu().compile(Compilation.training(targets, updates))) {
                program.write(input, images.toFloats());
                expected.write(program, arrays(truth));
                for (int i = 0; i < STEPS; i++) {
                    all.write(program, 1);
                    program.run();
                    run.losses[i] = program.readDoubles(loss)[0];
                    if (i == 0) {
                        watched.forEach((name, p) -> run.gradients.put(name, norm(program.read(gradients.get(p)))));
                    }
                }
            }
            watched.forEach((name, p) -> {
                float[] now = p.values().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
                for (int i = 0; i < now.length; i++) {
                    now[i] -= before.get(name)[i];
                }
                run.moved.put(name, norm(now));
            });
            return run;
        }
    }

    private static double norm(float[] values) {
        double sum = 0;
        for (float v : values) {
            sum += (double) v * v;
        }
        return Math.sqrt(sum);
    }

    private static Surface surface(NumpyFile truth) throws IOException {
        StoredTensor h36m = truth.tensor("h36m");
        return new Surface(truth.tensor("faces").toInts(), truth.tensor("edges").toInts(),
            SparseMatrix.fromDense(h36m.shape().dim(0), h36m.shape().dim(1), h36m.toDoubles()));
    }

    private static Map<String, float[]> arrays(NumpyFile truth) throws IOException {
        Map<String, float[]> arrays = new LinkedHashMap<>();
        for (String name : truth.names()) {
            arrays.put(name, truth.tensor(name).toFloats());
        }
        return arrays;
    }

    @Test
    void misfitsAreRefused() {
        SpatialModule widening = c -> new Linear(c.stageOneChannels(), 2 * c.stageOneChannels());
        RemoCap wide = new RemoCap(CONFIG, widening);
        try (Weights weights = Weights.initialized(wide, 0)) {
            Graph graph = new Graph();
            Tensor images = graph.input("images", Shape.of(CONFIG.frames(), 64, 64, 3));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> wide.call(Context.inference(graph, weights), images, Golden.mesh()))
                .getMessage().contains("the shape must stay"));
        }
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new RemoCap(Golden.config("motion"), c -> new ChannelGate(8)))
            .getMessage().contains("no SD to replace"));
    }

    @Test
    void documentShowsThisCode() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.exists(root.resolve("docs/research.md"))) {
            root = root.getParent();
        }
        Path folder = root.resolve("remocap/src/test/java/io/github/remocap/research");
        String gate = Files.readString(folder.resolve("ChannelGate.java"));
        assertTrue(gate.lines().count() < 40);
        List<String> blocks = new ArrayList<>();
        Matcher m = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(root.resolve("docs/research.md")));
        while (m.find()) {
            blocks.add(m.group(1));
        }
        assertFalse(blocks.isEmpty());
        assertEquals(gate, blocks.getFirst());
        String test = unindented(Files.readString(folder.resolve("ResearchExampleTest.java")));
        for (String block : blocks.subList(1, blocks.size())) {
            assertTrue(test.contains(unindented(block)), () -> "not in ResearchExampleTest:\n" + block);
        }
    }

    private static String unindented(String text) {
        return text.lines().map(String::strip).collect(Collectors.joining("\n"));
    }
}

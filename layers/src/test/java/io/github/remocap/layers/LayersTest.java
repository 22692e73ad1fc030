package io.github.remocap.layers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers against sums written out here. */
class LayersTest {
    private static float[] numbers(int n, int seed) {
        float[] out = new float[n];
        for (int i = 0; i < n; i++) {
            out[i] = (float) Math.sin(1.7 * i + seed) * (1 + i % 3);
        }
        return out;
    }

    private static double[] reference(Tensor output, Map<Tensor, float[]> inputs) {
        try (Program program = Devices.reference().compile(Compilation.of(output))) {
            inputs.forEach(program::write);
            program.run();
            return program.readDoubles(output);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 6})
    void groupNormNormalisesGroupsOfChannels(int groups) {
        GroupNorm norm = new GroupNorm(groups, 6);
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(2, 3, 4, 6));
        float[] values = numbers(2 * 3 * 4 * 6, 1);
        try (Weights weights = Weights.initialized(norm, 0)) {
            double[] actual = reference(norm.call(Context.inference(graph, weights), x), Map.of(x, values));
            int size = 6 / groups;
            for (int n = 0; n < 2; n++) {
                for (int g = 0; g < groups; g++) {
                    double sum = 0;
                    double squares = 0;
                    for (int p = 0; p < 12; p++) {
                        for (int c = g * size; c < (g + 1) * size; c++) {
                            double v = values[(n * 12 + p) * 6 + c];
                            sum += v;
                            squares += v * v;
                        }
                    }
                    double mean = sum / (12 * size);
                    double deviation = Math.sqrt(squares / (12 * size) - mean * mean + 1e-5);
                    for (int p = 0; p < 12; p++) {
                        for (int c = g * size; c < (g + 1) * size; c++) {
                            int i = (n * 12 + p) * 6 + c;
                            assertEquals((values[i] - mean) / deviation, actual[i], 1e-9);
                        }
                    }
                }
            }
        }
    }

    @Test
    void attentionWithDropoutOfAlmostNothingIsAttention() {
        MultiheadAttention attention = new MultiheadAttention(8, 2, 1e-9);
        boolean[][] allowed = new boolean[5][5];
        for (int i = 0; i < 5; i++) {
            allowed[i][i] = true;
            allowed[i][(i + 2) % 5] = true;
        }
        for (AttentionMask mask : new AttentionMask[] {null, AttentionMask.of(allowed)}) {
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(3, 5, 8));
            Tensor y = graph.input("y", Shape.of(3, 5, 8));
            try (Weights weights = Weights.initialized(attention, 4)) {
                Tensor fused = attention.call(Context.inference(graph, weights), x, y, y, mask);
                Tensor composed = attention.call(Context.training(graph, weights, true, 1), x, y, y, mask);
                Map<Tensor, float[]> inputs = Map.of(x, numbers(120, 2), y, numbers(120, 3));
                double[] expected = reference(fused, inputs);
                assertArrayEquals(expected, reference(composed, Map.of(x, numbers(120, 2), y, numbers(120, 3), graph.input("step", Shape.SCALAR), new float[1])),
                    1e-6);
            }
        }
    }

    @Test
    void batchNormMovesRunningStatistics() {
        BatchNorm norm = new BatchNorm(2);
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(4, 2));
        try (Weights weights = Weights.initialized(norm, 0)) {
            Context context = Context.training(graph, weights, false, 0);
            Tensor y = norm.call(context, x);
            try (Program program = Devices.reference().compile(Compilation.training(List.of(y), context.updates()))) {
                program.write(x, new float[] {1, 10, 2, 10, 3, 10, 4, 14});
                program.run();
            }
            var layout = java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
            assertEquals(0.25, weights.values("running_mean").getAtIndex(layout, 0), 1e-6); // 0.1 * 2.5
            assertEquals(1.1, weights.values("running_mean").getAtIndex(layout, 1), 1e-6);
            assertEquals(0.9 + 0.1 * 5 / 3, weights.values("running_var").getAtIndex(layout, 0), 1e-6); // unbiased: 5 / 3
            assertEquals(0.9 + 0.1 * 4, weights.values("running_var").getAtIndex(layout, 1), 1e-6);
        }
    }

    @Test
    void oneValueCannotBeNormalisedInTraining() {
        BatchNorm norm = new BatchNorm(2);
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(1, 2));
        try (Weights weights = Weights.initialized(norm, 0)) {
            Context context = Context.training(graph, weights, false, 0);
            assertTrue(assertThrows(IllegalArgumentException.class, () -> norm.call(context, x)).getMessage().contains("more than one value"));
        }
    }

    @Test
    void embeddingLooksRowsUp() {
        Embedding table = new Embedding(4, 3);
        Graph graph = new Graph();
        try (Weights weights = Weights.initialized(table, 9)) {
            float[] all = table.table(Context.inference(graph, weights)).eval();
            float[] rows = table.lookup(Context.inference(graph, weights), 2, 0, 2).eval();
            for (int i = 0; i < 3; i++) {
                assertEquals(all[6 + i], rows[i]);
                assertEquals(all[i], rows[3 + i]);
                assertEquals(all[6 + i], rows[6 + i]);
            }
        }
    }

    @Test
    void namesAreThoseOfPyTorch() {
        Sequential net = new Sequential(new Conv2d(3, 4, 3, 1, true), new BatchNorm(4), new Relu(), new Sequential(new Linear(4, 2)));
        assertEquals(List.of("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked", "3.0.weight", "3.0.bias"),
            List.copyOf(net.specs().keySet()));
        Linear shared = new Linear(1, 1);
        new Sequential(shared);
        assertThrows(IllegalArgumentException.class, () -> new Sequential(shared));
    }
}

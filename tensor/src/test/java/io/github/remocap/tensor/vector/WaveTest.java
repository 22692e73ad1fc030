package io.github.remocap.tensor.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.OpCase;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps that run together. */
class WaveTest {
    private final Map<String, Buffer> buffers = new HashMap<>();

    private Buffer buffer(String name) {
        return buffers.computeIfAbsent(name, n -> Buffer.planned(64));
    }

    /** Waves of steps that touch such buffers, the last one written. */
    private int[] waves(String... steps) {
        List<List<Buffer>> touched = new ArrayList<>();
        for (String step : steps) {
            touched.add(Arrays.stream(step.split(" ")).map(this::buffer).toList());
        }
        return Wave.earliest(touched);
    }

    @Test
    void branchesRunSideBySide() {
        assertArrayEquals(new int[] {0, 1, 2, 1, 2, 3}, waves("x a", "a b", "b c", "a d", "d e", "c e f"));
    }

    @Test
    void readersRunSideBySideAndWritersWaitForThem() {
        assertArrayEquals(new int[] {0, 1, 1, 2, 3}, waves("x a", "a b", "a c", "x a", "a d"), "the second to write a waits for those that read it");
    }

    @Test
    void piecesOfOneResultAreOrdered() {
        buffers.put("left", buffer("y").view(0, 32));
        buffers.put("right", buffer("y").view(32, 32));
        assertArrayEquals(new int[] {0, 1, 2}, waves("x left", "x right", "y z"));
    }

    @Test
    void constantsMakeNobodyWait() {
        buffers.put("w", Buffer.fixed(64, 4096));
        assertArrayEquals(new int[] {0, 0}, waves("w a", "w b"));
    }

    private static float[] numbers(long size, int seed) {
        float[] values = new float[(int) size];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(0.7 * i + seed);
        }
        return values;
    }

    /** Branches of convolutions that hand patches from step to step in shared arrays. */
    private static List<Tensor> branches(Graph graph) {
        List<Tensor> outputs = new ArrayList<>();
        for (int b = 0; b < 3; b++) {
            int size = 14 - 3 * b;
            Tensor x = graph.input("x" + b, Shape.of(2, size, size, 32));
            for (int i = 0; i < 3; i++) {
                Shape w = Shape.of(32, 32, 3, 3);
                x = x.conv2d(graph.parameter("w" + b + i, w, OpCase.nativeCopy(numbers(w.size(), b + 3 * i))), 1, 1).mul(0.1).relu();
            }
            outputs.add(x);
        }
        return outputs;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void branchesDoNotDisturbEachOther(int threads) {
        Graph graph = new Graph();
        List<Tensor> outputs = branches(graph);
        try (VectorDevice device = new VectorDevice(threads); VectorProgram all = (VectorProgram) device.compile(Compilation.frozen(outputs))) {
            assertTrue(all.waves().length <= all.steps().length / 2, all.waves().length + " waves of " + all.steps().length + " steps");
            assertEquals(3, Arrays.stream(all.steps()).filter(s -> s.shared != null).mapToInt(s -> s.slot).distinct().count());
            List<Tensor> inputs = graph.inputs().values().stream().toList();
            for (int run = 0; run < 3; run++) {
                for (int b = 0; b < 3; b++) {
                    all.write(inputs.get(b), numbers(inputs.get(b).shape().size(), 17 * run + b));
                }
                all.run();
                for (int b = 0; b < 3; b++) {
                    try (Program one = device.compile(Compilation.frozen(List.of(outputs.get(b))))) {
                        one.write(inputs.get(b), numbers(inputs.get(b).shape().size(), 17 * run + b));
                        one.run();
                        assertArrayEquals(one.read(outputs.get(b)), all.read(outputs.get(b)), "branch " + b);
                    }
                }
            }
        }
    }
}

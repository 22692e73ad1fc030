package io.github.remocap.tensor.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Subgraphs that become one step: they compute the same, and only where nobody looks inside. */
class FusionsTest {
    private final Graph graph = new Graph();
    private final MultiScaleGraph multiScale = new MultiScaleGraph(graph);

    private static long fused(Compilation compilation) {
        try (VectorDevice device = new VectorDevice(1); VectorProgram program = (VectorProgram) device.compile(compilation)) {
            return Arrays.stream(program.steps()).filter(MultiScaleKernel.class::isInstance).count();
        }
    }

    private static float[] run(Program program, Tensor output) {
        for (Tensor input : program.inputs()) {
            float[] x = new float[(int) input.shape().size()];
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) (1 + Math.sin(0.37 * i + i % 11));
            }
            program.write(input, x);
        }
        program.run();
        return program.read(output);
    }

    private static void check(Tensor output) {
        Compilation compilation = Compilation.frozen(List.of(output));
        assertEquals(1, fused(compilation), "one step for all of it");
        float[] expected;
        try (Program reference = Devices.reference().compile(compilation.unoptimized())) {
            expected = run(reference, output);
        }
        float[] first = null;
        for (int threads : new int[] {1, 2, 5}) {
            try (VectorDevice device = new VectorDevice(threads); Program program = device.compile(compilation)) {
                float[] actual = run(program, output);
                assertArrayEquals(expected, actual, 1e-5f);
                first = first == null ? actual : first;
                assertArrayEquals(first, actual, 0f, "results depend on the number of threads");
            }
        }
    }

    @Test
    void multiScaleAttentionOfChannels() {
        check(multiScale.ofChannels(graph.input("x", Shape.of(2, 5, 7, 6 * Simd.LANES)), 3).value()); // two vectors a group
        check(multiScale.ofChannels(graph.input("wide", Shape.of(1, 1, 9, 2 * Simd.LANES)), 2).value());
    }

    @Test
    void multiScaleAttentionOfFrames() {
        check(multiScale.ofFrames(graph.input("x", Shape.of(6, 6, 5, 2 * Simd.LANES)), 3).value());
        check(multiScale.ofFrames(graph.input("tall", Shape.of(2, 8, 1, Simd.LANES)), 2).value());
    }

    @Test
    void unfrozenParametersAreReadAtEveryRun() {
        Tensor x = graph.input("x", Shape.of(2, 4, 4, Simd.LANES));
        Tensor y = multiScale.ofFrames(x, 2).value();
        Tensor beta = graph.parameters().get("beta/2");
        try (VectorDevice device = new VectorDevice(1); Program program = device.compile(Compilation.of(y));
            Program reference = Devices.reference().compile(Compilation.of(y))) {
            assertEquals(1, fused(Compilation.of(y)));
            assertArrayEquals(run(reference, y), run(program, y), 1e-5f);
            beta.values().setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, 0, 3f);
            assertArrayEquals(run(reference, y), run(program, y), 1e-5f);
        }
    }

    @Test
    void whatSomebodyLooksIntoStaysApart() {
        MultiScaleGraph.Attended a = multiScale.ofChannels(graph.input("x", Shape.of(1, 4, 4, 2 * Simd.LANES)), 2);
        assertEquals(0, fused(Compilation.frozen(List.of(a.value(), a.d()))), "the branch is an output");
        assertEquals(0, fused(Compilation.frozen(List.of(a.value(), a.d().mul(2)))), "the branch has another reader");
        assertEquals(0, fused(Compilation.frozen(List.of(a.value())).unoptimized()));
        Tensor odd = multiScale.ofChannels(graph.input("odd", Shape.of(1, 4, 4, 6)), 2).value();
        assertEquals(0, fused(Compilation.frozen(List.of(odd))), "channels do not fill vectors");
    }
}

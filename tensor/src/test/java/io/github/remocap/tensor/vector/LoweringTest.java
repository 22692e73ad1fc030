package io.github.remocap.tensor.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.OpCase;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What is left to do at run time. */
class LoweringTest {
    private static final VectorDevice DEVICE = new VectorDevice(2);

    private final Graph graph = new Graph();

    @AfterAll
    static void close() {
        DEVICE.close();
    }

    private Tensor parameter(String name, int... dims) {
        float[] values = new float[(int) Shape.of(dims).size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 1 + (float) Math.sin(i) / 2;
        }
        return graph.parameter(name, Shape.of(dims), OpCase.nativeCopy(values));
    }

    private static List<String> steps(Compilation compilation) {
        try (VectorProgram program = (VectorProgram) DEVICE.compile(compilation)) {
            return Arrays.stream(program.steps()).map(s -> s.label).toList();
        }
    }

    private static List<String> frozen(Tensor... outputs) {
        return steps(Compilation.frozen(List.of(outputs)));
    }

    @Test
    void whatDependsOnNoInputIsComputedOnce() {
        Tensor w = parameter("w", 8, 8);
        Tensor q = parameter("q", 1, 5, 8).add(graph.scalar(1)).softmax();
        Tensor own = graph.apply(new Op.Attention(2, null), q, q.matmul(w), q);
        assertEquals(List.of(), frozen(own), "a result without inputs needs no step");
        Tensor x = graph.input("x", Shape.of(2, 5, 8));
        assertEquals(List.of("Binary.mul"), frozen(x.mul(own)));
        assertEquals(List.of("MatMul"), frozen(x.matmul(w.mul(2).relu(), false, true)));
        assertEquals(List.of("MatMul"), frozen(x.matmul(parameter("batched", 2, 8, 3).neg())), "packed beforehand");
        assertEquals(List.of("Conv2d"), frozen(x.reshape(2, 5, 4, 2).conv2d(parameter("k", 3, 2, 3, 3).abs(), 1, 1)));
    }

    @Test
    void constantsFoldWithoutFreezing() {
        Tensor c = graph.constant(Shape.of(2), 1, 2).mul(graph.scalar(3)).add(graph.scalar(1));
        assertEquals(List.of(), steps(Compilation.of(c)));
        assertArrayEquals(new float[] {4, 7}, c.eval());
        Tensor w = parameter("w", 2);
        assertEquals(List.of("Binary.mul"), steps(Compilation.of(w.mul(c))), "parameters are read at every run");
    }

    @Test
    void normFoldsIntoTheConvolution() {
        Tensor x = graph.input("x", Shape.of(1, 6, 6, 3));
        Tensor y;
        try (Graph.Scope ignored = graph.scope("stem")) {
            Tensor conv = x.conv2d(parameter("w", 4, 3, 3, 3), 1, 1);
            y = graph.apply(new Op.BatchNorm(1e-5), conv, parameter("g", 4), parameter("b", 4), parameter("m", 4), parameter("v", 4)).relu();
        }
        assertEquals(List.of("Conv2d at stem"), frozen(y));
        assertEquals(3, steps(Compilation.of(y)).stream().filter(s -> s.contains("Conv2d") || s.contains("BatchNorm")).count(), "packing, product, norm");
    }

    @Test
    void memoryIsShared() {
        Tensor y = graph.input("x", Shape.of(1000));
        for (int i = 0; i < 40; i++) {
            y = y.softmax();
        }
        try (VectorProgram program = (VectorProgram) DEVICE.compile(Compilation.of(y))) {
            assertEquals(40, program.steps().length);
            assertTrue(program.memory() <= 4 * 4096, program.memory() + " bytes");
        }
    }

    @Test
    void elementwiseNodesAreOneStep() {
        Tensor x = graph.input("x", Shape.of(5000));
        Tensor rate = graph.input("rate", Shape.SCALAR).mul(2);
        Tensor w = parameter("w", 5000);
        Tensor m = w.mul(0.9).add(x.square().mul(0.1));
        Tensor shown = m.sqrt().add(1e-3);
        Tensor y = x.div(shown).mul(rate).sub(w);
        List<String> steps = steps(Compilation.training(List.of(y, y.sum()), List.of(new Compilation.Update(w, m))));
        assertEquals(List.of("Affine", "Binary.sub", "Reduce.sum", "Binary.add"), steps, "the rate, one step of eight nodes, a sum, the update");
    }

    @Test
    void whatAGroupNeedsFromOutsideComesBeforeIt() {
        Tensor x = graph.input("x", Shape.of(8));
        Tensor a = x.mul(2);
        Tensor s = a.sum(); // needs a member of the group that follows
        Tensor y = a.add(1).mul(s).sub(a);
        try (Program program = DEVICE.compile(Compilation.of(y))) {
            program.write(x, new float[] {1, 2, 3, 4, 5, 6, 7, 8});
            program.run();
            float[] expected = new float[8];
            for (int i = 0; i < 8; i++) {
                expected[i] = (2 * (i + 1) + 1) * 72 - 2 * (i + 1);
            }
            assertArrayEquals(expected, program.read(y));
        }
    }
}

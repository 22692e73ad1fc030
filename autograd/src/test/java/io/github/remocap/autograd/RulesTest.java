package io.github.remocap.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.IntList;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.ReduceFn;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every op against central differences in double precision, and the vector interpreter's gradients against the reference's.
 * A line is an op and the shapes and ranges of its inputs.
 */
class RulesTest {
    /** An input: its shape and the range of its elements. */
    private record In(Shape shape, double low, double high) {
    }

    private record Case(String name, Op op, List<In> inputs) {
    }

    private final List<Case> cases = new ArrayList<>();

    private static In in(int... dims) {
        return new In(Shape.of(dims), -1, 1);
    }

    /** Away from 0. */
    private static In positive(int... dims) {
        return new In(Shape.of(dims), 0.5, 2);
    }

    private void add(Op op, In... inputs) {
        cases.add(new Case(cases.size() + " " + op.name() + " " + op, op, List.of(inputs)));
    }

    RulesTest() {
        for (UnaryFn fn : UnaryFn.values()) {
            add(new Op.Unary(fn), positive(2, 3));
        }
        for (UnaryFn fn : List.of(UnaryFn.ABS, UnaryFn.SQUARE, UnaryFn.SIN, UnaryFn.TANH, UnaryFn.SIGMOID, UnaryFn.RELU, UnaryFn.EXP)) {
            add(new Op.Unary(fn), in(4, 5));
        }
        add(new Op.Affine(-1.5, 0.25), in(7));
        add(new Op.Affine(1, 2), in(7));
        for (BinaryFn fn : BinaryFn.values()) {
            add(new Op.Binary(fn), in(2, 3, 4), positive(2, 3, 4));
            add(new Op.Binary(fn), in(2, 3, 4), positive());
            add(new Op.Binary(fn), in(4), positive(2, 3, 4));
            add(new Op.Binary(fn), in(2, 1, 4, 1), positive(3, 1, 5));
            add(new Op.Binary(fn), in(1, 1, 4), positive(2, 3, 1));
        }
        add(new Op.Dropout(0.4, 7), in(5, 6), new In(Shape.SCALAR, 3, 3));
        add(new Op.Reshape(Shape.of(3, 4)), in(2, 6));
        add(new Op.Detach(), in(2, 6));
        add(new Op.Permute(List.of(2, 0, 3, 1)), in(2, 3, 4, 5));
        add(new Op.Broadcast(Shape.of(2, 3, 4)), in(3, 1));
        add(new Op.Slice(1, 2, 3), in(2, 7, 3));
        add(new Op.Pad(1, 2, 1), in(2, 3, 2));
        add(new Op.Concat(1), in(2, 3, 2), in(2, 1, 2), in(2, 2, 2));
        add(new Op.Gather(1, IntList.of(4, 0, 0, 2)), in(2, 5, 3));
        add(new Op.ScatterAdd(0, IntList.of(3, 1, 3), 4), in(3, 2));
        for (ReduceFn fn : ReduceFn.values()) {
            add(new Op.Reduce(fn, 1, 2), in(2, 3, 4, 5));
            add(new Op.Reduce(fn, 0, 0), in(6, 2));
            add(new Op.Reduce(fn, 0, 1), in(3, 4));
        }
        add(new Op.Softmax(), in(3, 5));
        for (boolean ta : new boolean[] {false, true}) {
            for (boolean tb : new boolean[] {false, true}) {
                In a = ta ? in(2, 4, 3) : in(2, 3, 4);
                add(new Op.MatMul(ta, tb, Epilogue.NONE), ta ? in(4, 3) : in(3, 4), tb ? in(5, 4) : in(4, 5));
                add(new Op.MatMul(ta, tb, Epilogue.NONE), a, tb ? in(5, 4) : in(4, 5));
                add(new Op.MatMul(ta, tb, Epilogue.NONE), a, tb ? in(2, 5, 4) : in(2, 4, 5));
                add(new Op.MatMul(ta, tb, Epilogue.NONE), ta ? in(4, 3) : in(3, 4), tb ? in(2, 5, 4) : in(2, 4, 5));
                add(new Op.MatMul(ta, tb, new Epilogue(true, true, true)), a, tb ? in(5, 4) : in(4, 5), in(5), in(2, 3, 5));
            }
        }
        add(new Op.MatMul(false, false, new Epilogue(false, false, true)), in(2, 1, 3, 4), in(3, 4, 2));
        add(new Op.Conv2d(1, 1, Epilogue.NONE), in(2, 4, 5, 3), in(2, 3, 3, 3));
        add(new Op.Conv2d(2, 1, new Epilogue(true, false, false)), in(2, 5, 6, 3), in(4, 3, 3, 3), in(4));
        add(new Op.Conv2d(1, 0, new Epilogue(true, true, true)), in(1, 3, 3, 2), in(4, 2, 1, 1), in(4), in(1, 3, 3, 4));
        add(new Op.Conv2d(2, 1, new Epilogue(false, true, false)), in(1, 6, 4, 2), in(2, 2, 3, 3), in(1, 3, 2, 2));
        add(new Op.Conv2dInputGradient(2, 1, 6, 5), in(2, 3, 3, 4), in(4, 3, 3, 3));
        add(new Op.Conv2dWeightGradient(2, 1, 3, 3), in(2, 6, 5, 3), in(2, 3, 3, 4));
        add(new Op.SparseMatMul(new SparseMatrix(3, 4, new int[] {0, 2, 2, 4}, new int[] {0, 3, 1, 3}, new double[] {0.5, -1, 2, 0.25})), in(2, 4, 3));
        AttentionMask mask = AttentionMask.of(new boolean[][] {{true, false, true}, {true, true, true}, {false, true, false}, {true, true, false}});
        add(new Op.Attention(2, null), in(2, 4, 6), in(2, 3, 6), in(2, 3, 6));
        add(new Op.Attention(2, mask), in(2, 4, 6), in(2, 3, 6), in(2, 3, 6));
        add(new Op.Attention(1, mask), in(1, 4, 6), in(2, 3, 6), in(1, 3, 6));
        add(new Op.Attention(3, null), in(2, 4, 6), in(1, 3, 6), in(2, 3, 6));
        add(new Op.Normalize(1, 1, 1e-5, true), in(3, 4), in(4), in(4));
        add(new Op.Normalize(0, 2, 1e-5, true), in(2, 3, 2, 4), in(4), in(4));
        add(new Op.Normalize(1, 2, 1e-5, true), in(2, 3, 2, 4), in(4), in(4));
        add(new Op.Normalize(1, 2, 1e-3, false), in(2, 3, 2, 4));
        add(new Op.BatchNorm(1e-5), in(2, 3, 4), in(4), in(4), in(4), positive(4));
        add(new Op.Moments(), in(2, 3, 4));
        add(new Op.Upsample(2, Epilogue.NONE), in(2, 2, 3, 2));
        add(new Op.Upsample(2, new Epilogue(false, true, true)), in(2, 2, 3, 2), in(2, 4, 6, 2));
        add(new Op.Downsum(2), in(2, 4, 6, 2));
        add(new Op.Custom(new CustomOps.Huber(0.5)), in(3, 4));
    }

    @TestFactory
    Stream<DynamicTest> gradientsAreCentralDifferences() {
        return cases.stream().map(c -> DynamicTest.dynamicTest(c.name(), () -> check(c)));
    }

    private static void check(Case c) {
        Graph graph = new Graph();
        Map<Tensor, double[]> values = new HashMap<>();
        for (int i = 0; i < c.inputs().size(); i++) {
            In in = c.inputs().get(i);
            Tensor x = graph.input("x" + i, in.shape());
            values.put(x, Numbers.uniform(c.op().name() + i, in.shape().size(), in.low(), in.high()));
        }
        List<Tensor> wrt = c.op() instanceof Op.Dropout ? List.of(graph.inputs().get("x0")) : List.copyOf(graph.inputs().values());
        Tensor y = graph.apply(c.op(), List.copyOf(graph.inputs().values()));
        if (c.op() instanceof Op.Detach) {
            assertTrue(Gradients.of(y.sum(), wrt).isEmpty());
            return;
        }
        GradCheck.check(y, wrt, values);
        devicesAgree(graph, y, wrt, values);
    }

    /** Forward and backward pass in one program, with all of the compiler's passes. */
    private static void devicesAgree(Graph graph, Tensor y, List<Tensor> wrt, Map<Tensor, double[]> values) {
        Tensor weights = graph.constant(y.shape(), Numbers.floats(Numbers.uniform("weights", y.shape().size(), -1, 1)));
        List<Tensor> outputs = new ArrayList<>();
        outputs.add(y.mul(weights).sum());
        outputs.addAll(Gradients.of(outputs.get(0), wrt).values());
        try (Program reference = Devices.reference().compile(Compilation.of(outputs));
            Program vector = Devices.cpu().compile(Compilation.of(outputs))) {
            for (Tensor input : reference.inputs()) {
                reference.write(input, values.get(input));
                vector.write(input, values.get(input));
            }
            reference.run();
            vector.run();
            for (Tensor output : outputs) {
                double[] expected = reference.readDoubles(output);
                double[] actual = vector.readDoubles(output);
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], actual[i], 2e-5 * Math.max(1, Math.abs(expected[i])), output + " element " + i);
                }
            }
        }
    }

    /** A new op, or a new function of one, must get a line here. */
    @Test
    void everyOpIsCovered() {
        Set<String> covered = new TreeSet<>();
        cases.forEach(c -> covered.add(c.op().getClass().getSimpleName()));
        covered.addAll(List.of("Input", "Parameter", "Constant")); // leaves
        covered.addAll(List.of("AttentionGradient", "NormalizeGradient", "BatchNormGradient")); // refuse, see GradientsTest
        Set<String> all = new TreeSet<>();
        for (Class<?> op : Op.class.getPermittedSubclasses()) {
            all.add(op.getSimpleName());
        }
        assertEquals(all, covered);
        Set<Object> functions = new HashSet<>();
        cases.forEach(c -> functions.add(switch (c.op()) {
            case Op.Unary o -> o.fn();
            case Op.Binary o -> o.fn();
            case Op.Reduce o -> o.fn();
            default -> "";
        }));
        assertTrue(functions.containsAll(List.of(UnaryFn.values())) && functions.containsAll(List.of(BinaryFn.values()))
            && functions.containsAll(List.of(ReduceFn.values())));
    }

    /** The check must be able to fail. */
    @Test
    void aWrongGradientIsFound() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(3));
        Tensor wrong = x.square().add(x.detach()); // pretends that d(x^2 + x) is 2 x
        String message = assertThrows(AssertionError.class,
            () -> GradCheck.check(wrong, Map.of(x, new double[] {1, 2, 3}))).getMessage();
        assertTrue(message.contains("Input 'x'[3]") && message.contains("central differences"), message);
    }
}

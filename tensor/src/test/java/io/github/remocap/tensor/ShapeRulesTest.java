package io.github.remocap.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.ReduceFn;
import io.github.remocap.tensor.Op.UnaryFn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule is broken once; the error says which op, which shapes and where. */
class ShapeRulesTest {
    record Violation(Op op, String problem, List<Shape> shapes) {
    }

    private static final Epilogue BIAS = new Epilogue(true, false, false);
    private static final Epilogue RESIDUAL = new Epilogue(false, true, false);

    private static Shape s(int... dims) {
        return Shape.of(dims);
    }

    private static Violation bad(Op op, String problem, Shape... shapes) {
        return new Violation(op, problem, List.of(shapes));
    }

    static List<Violation> violations() {
        AttentionMask mask = AttentionMask.of(new boolean[][] {{true, false}, {true, true}});
        SparseMatrix sparse = SparseMatrix.fromDense(2, 3, new double[] {1, 0, 0, 0, 0, 2});
        return List.of(
            bad(new Op.Unary(UnaryFn.EXP), "takes 1 inputs, not 2", s(2), s(2)),
            bad(new Op.Affine(1, 2), "takes 1 inputs, not 0"),
            bad(new Op.Binary(BinaryFn.ADD), "extents 3 and 4 cannot be broadcast", s(2, 3), s(2, 4)),
            bad(new Op.Binary(BinaryFn.MUL), "extents 0 and 2 cannot be broadcast", s(0), s(2)),
            bad(new Op.Dropout(1, 0), "probability must be in [0, 1), not 1.0", s(3), s()),
            bad(new Op.Dropout(0.5, 0), "step counter must be a scalar", s(3), s(1)),
            bad(new Op.Reshape(s(4, 2)), "9 elements do not fill [4, 2]", s(3, 3)),
            bad(new Op.Permute(List.of(0, 0)), "[0, 0] are no order", s(2, 3)),
            bad(new Op.Permute(List.of(0)), "no order", s(2, 3)),
            bad(new Op.Broadcast(s(3)), "cannot be repeated to [3]", s(2, 3)),
            bad(new Op.Broadcast(s(1)), "cannot be repeated to [1]", s(3)),
            bad(new Op.Slice(1, 2, 3), "[2, 5) is outside of axis 1 with 4 elements", s(2, 4)),
            bad(new Op.Slice(0, -1, 1), "outside", s(2)),
            bad(new Op.Slice(2, 0, 1), "axis 2 of 2", s(2, 4)),
            bad(new Op.Slice(0, 1, Integer.MAX_VALUE), "outside", s(2)),
            bad(new Op.Pad(0, -1, 0), "negative padding", s(2)),
            bad(new Op.Pad(-1, 1, 0), "axis -1 of 1", s(2)),
            bad(new Op.Pad(0, Integer.MAX_VALUE, 2), "extent", s(2)),
            bad(new Op.Concat(0), "nothing to concatenate"),
            bad(new Op.Concat(1), "all axes but 1 must agree", s(2, 3), s(3, 3)),
            bad(new Op.Concat(0), "must agree", s(2, 3), s(2)),
            bad(new Op.Gather(0, IntList.of(0, 2)), "an index is outside of axis 0", s(2, 2)),
            bad(new Op.Gather(0, IntList.of(-1)), "an index is outside of axis 0", s(2, 2)),
            bad(new Op.ScatterAdd(0, IntList.of(0, 3), 3), "outside of the extent 3", s(2, 2)),
            bad(new Op.ScatterAdd(0, IntList.of(0), 3), "1 indices for axis 0", s(2, 2)),
            bad(new Op.Reduce(ReduceFn.SUM, 1, 0), "axes 1 to 0 of 2", s(2, 2)),
            bad(new Op.Reduce(ReduceFn.MAX, 0, 0), "nothing to reduce", s(0, 2)),
            bad(new Op.Reduce(ReduceFn.MEAN, 1, 1), "nothing to reduce", s(2, 0)),
            bad(new Op.Detach(), "takes 1 inputs, not 2", s(2), s(2)),
            bad(new Op.Softmax(), "needs a last axis", s()),
            bad(new Op.Softmax(), "needs a last axis", s(2, 0)),
            bad(new Op.MatMul(false, false, Epilogue.NONE), "inner extents 3 and 4 differ", s(2, 3), s(4, 5)),
            bad(new Op.MatMul(true, true, Epilogue.NONE), "inner extents 2 and 5 differ", s(2, 3), s(4, 5)),
            bad(new Op.MatMul(false, false, Epilogue.NONE), "both sides need two axes", s(3), s(3, 5)),
            bad(new Op.MatMul(false, false, Epilogue.NONE), "cannot be broadcast", s(2, 3, 4), s(3, 4, 5)),
            bad(new Op.MatMul(false, false, BIAS), "the bias must be [5]", s(2, 3), s(3, 5), s(2)),
            bad(new Op.MatMul(false, false, RESIDUAL), "the residual must be [2, 5]", s(2, 3), s(3, 5), s(5)),
            bad(new Op.Conv2d(1, 0, Epilogue.NONE), "the input must be [N,H,W,C]", s(5, 5, 3), s(4, 3, 3, 3)),
            bad(new Op.Conv2d(1, 0, Epilogue.NONE), "the weight must be", s(1, 5, 5, 3), s(4, 3, 3)),
            bad(new Op.Conv2d(1, 0, Epilogue.NONE), "the input has 3 channels, the weight expects 4", s(1, 5, 5, 3), s(3, 4, 3, 3)),
            bad(new Op.Conv2d(0, 0, Epilogue.NONE), "stride 0", s(1, 5, 5, 3), s(4, 3, 3, 3)),
            bad(new Op.Conv2d(1, 3, Epilogue.NONE), "padding 3", s(1, 5, 5, 3), s(4, 3, 3, 3)),
            bad(new Op.Conv2d(1, 0, Epilogue.NONE), "kernel is larger", s(1, 2, 5, 3), s(4, 3, 3, 3)),
            bad(new Op.Conv2d(1, 1, BIAS), "the bias must be [4]", s(1, 5, 5, 3), s(4, 3, 3, 3), s(3)),
            bad(new Op.Conv2dInputGradient(1, 0, 5, 5), "does not belong to an input [1, 5, 5, 3]", s(1, 5, 5, 4), s(4, 3, 3, 3)),
            bad(new Op.Conv2dInputGradient(1, 0, 5, 5), "needs [N,H',W',O]", s(5), s(4, 3, 3, 3)),
            bad(new Op.Conv2dInputGradient(1, 0, -5, 5), "negative extent", s(1, 3, 3, 4), s(4, 3, 3, 3)),
            bad(new Op.Conv2dWeightGradient(1, 0, 3, 3), "does not belong to a weight [4, 3, 3, 3]", s(1, 5, 5, 3), s(1, 5, 5, 4)),
            bad(new Op.Conv2dWeightGradient(1, 0, 3, 3), "needs [N,H,W,I]", s(1, 5, 5, 3), s(3, 4)),
            bad(new Op.SparseMatMul(sparse), "must have 3 elements", s(2, 4)),
            bad(new Op.SparseMatMul(sparse), "must have 3 elements", s(3)),
            bad(new Op.Attention(2, null), "all inputs must be [B,T,D]", s(2, 4), s(1, 2, 4), s(1, 2, 4)),
            bad(new Op.Attention(3, null), "divide into 3 heads", s(1, 2, 4), s(1, 2, 4), s(1, 2, 4)),
            bad(new Op.Attention(2, null), "as many values as keys", s(1, 2, 4), s(1, 2, 4), s(1, 3, 4)),
            bad(new Op.Attention(2, null), "nothing to attend to", s(1, 2, 4), s(1, 0, 4), s(1, 0, 4)),
            bad(new Op.Attention(2, null), "batch sizes must agree", s(2, 2, 4), s(3, 2, 4), s(1, 2, 4)),
            bad(new Op.Attention(2, mask), "the mask is 2x2 mask (3 pairs)", s(1, 3, 4), s(1, 2, 4), s(1, 2, 4)),
            bad(new Op.AttentionGradient(2, null), "the output gradient must be [1, 3, 4]", s(1, 3, 4), s(1, 2, 4), s(1, 2, 4), s(1, 2, 4)),
            bad(new Op.Normalize(0, 2, 1e-5, false), "axes 0 to 2 of 2", s(3, 4)),
            bad(new Op.Normalize(0, 0, 1e-5, false), "nothing to normalise", s(0, 4)),
            bad(new Op.Normalize(1, 1, 1e-5, true), "gamma and beta must be [4]", s(3, 4), s(3), s(4)),
            bad(new Op.NormalizeGradient(1, 1, 1e-5), "must have the input's shape", s(3, 4), s(4, 3)),
            bad(new Op.BatchNorm(1e-5), "must be [4]", s(3, 4), s(4), s(4), s(3), s(4)),
            bad(new Op.BatchNorm(1e-5), "needs a channel axis", s(), s(4), s(4), s(3), s(4)),
            bad(new Op.Moments(), "needs rows of channels", s(4)),
            bad(new Op.Moments(), "no rows to look at", s(0, 4)),
            bad(new Op.BatchNormGradient(1e-5), "gamma must be [4]", s(3, 4), s(3), s(3, 4)),
            bad(new Op.BatchNormGradient(1e-5), "must have the input's shape", s(3, 4), s(4), s(4, 3)),
            bad(new Op.BatchNormGradient(1e-5), "nothing to normalise", s(0, 4), s(4), s(0, 4)),
            bad(new Op.Upsample(2, Epilogue.NONE), "needs [N,H,W,C]", s(3, 4)),
            bad(new Op.Upsample(0, Epilogue.NONE), "positive scale", s(1, 3, 3, 4)),
            bad(new Op.Upsample(2, RESIDUAL), "the residual must be [1, 6, 6, 4]", s(1, 3, 3, 4), s(1, 3, 3, 4)),
            bad(new Op.Downsum(2), "height and width must divide by 2", s(1, 4, 3, 4)),
            bad(new Op.Custom(new OpCases.Minus()), "needs two equal matrices", s(2, 3), s(3, 2)));
    }

    @ParameterizedTest
    @MethodSource("violations")
    void errorNamesOpShapesAndModule(Violation v) {
        Graph graph = new Graph();
        List<Tensor> inputs = new ArrayList<>();
        for (int i = 0; i < v.shapes().size(); i++) {
            inputs.add(graph.input("x" + i, v.shapes().get(i)));
        }
        int before = graph.nodes().size();
        try (Graph.Scope outer = graph.scope("head"); Graph.Scope inner = graph.scope("layer3")) {
            ShapeException e = assertThrows(ShapeException.class, () -> graph.apply(v.op(), inputs));
            String message = String.valueOf(e.getMessage());
            assertTrue(message.contains(v.problem()), message);
            assertTrue(message.startsWith(v.op().name() + ":"), message);
            v.shapes().forEach(shape -> assertTrue(message.contains(shape.toString()), message));
            assertTrue(message.contains("at   head.layer3"), message);
            assertEquals(v.op().name(), e.op());
            assertEquals("head.layer3", e.modulePath());
        }
        assertEquals("", graph.path());
        assertEquals(before, graph.nodes().size(), "a refused op leaves no node");
    }

    @Test
    void everyOpButLeavesIsViolated() {
        Set<Class<?>> missing = new HashSet<>(Arrays.asList(Op.class.getPermittedSubclasses()));
        violations().forEach(v -> missing.remove(v.op().getClass()));
        assertEquals(Set.of(Op.Input.class, Op.Parameter.class, Op.Constant.class), missing);
    }

    @Test
    void leavesCheckTheirElements() {
        Graph graph = new Graph();
        graph.input("x", s(2));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> graph.input("x", s(3))).getMessage().contains("[2], asked for [3]"));
        assertThrows(IllegalArgumentException.class, () -> graph.constant(s(2), 1f));
        assertThrows(IllegalArgumentException.class, () -> graph.parameter("w", s(2), OpCase.nativeCopy(new float[3])));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> graph.apply(new Op.Affine(1, 0), new Graph().input("x", s(2))))
            .getMessage().contains("another graph"));
    }

    @Test
    void reshapeFillsInOneExtent() {
        Tensor x = new Graph().input("x", s(4, 6));
        assertEquals(s(3, 8), x.reshape(3, -1).shape());
        assertEquals(s(24), x.reshape(-1).shape());
        assertThrows(ShapeException.class, () -> x.reshape(5, -1));
        assertThrows(IllegalArgumentException.class, () -> x.reshape(-1, -1));
    }
}

package io.github.remocap.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.CustomOp;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.ReduceFn;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is asked, what is visited, where derivatives do not exist, and errors. */
class GradientsTest {
    private final Graph graph = new Graph();

    /** The gradient of {@code sum(weights * y)} to x at given elements. */
    private static float[] gradient(Tensor y, Tensor x, float... at) {
        return Gradients.of(y.sum(), List.of(x)).get(x).eval(Map.of(x, at));
    }

    private Tensor input(int... dims) {
        return graph.input("x" + graph.inputs().size(), Shape.of(dims));
    }

    @Test
    void usesOfAValueSum() {
        Tensor x = input(2);
        assertArrayEquals(new float[] {2 * 3 + 4 + 1, 2 * -5 + 4 + 1}, gradient(x.mul(x).add(x.mul(4)).add(x), x, 3, -5));
    }

    @Test
    void unusedIsAbsentAndUnvisited() {
        Tensor x = input(2);
        Tensor unused = input(2);
        Tensor later = input(3);
        Tensor loss = x.square().mul(unused.detach()).sum();
        Tensor after = input(4);
        Map<Tensor, Tensor> gradients = Gradients.of(loss, List.of(later, x, unused, after));
        assertEquals(List.of(x), List.copyOf(gradients.keySet()));
        int before = graph.nodes().size();
        assertTrue(Gradients.of(loss, List.of(later)).isEmpty());
        assertEquals(before + 1, graph.nodes().size()); // the seed alone
    }

    @Test
    void intermediateValuesHaveGradientsToo() {
        Tensor x = input(2);
        Tensor y = x.square();
        Map<Tensor, Tensor> gradients = Gradients.of(y.unary(UnaryFn.EXP).sum(), List.of(y, x));
        assertArrayEquals(new float[] {(float) Math.exp(4), 1}, gradients.get(y).eval(Map.of(x, new float[] {2, 0})), 1e-4f);
        assertArrayEquals(new float[] {(float) (4 * Math.exp(4)), 0}, gradients.get(x).eval(Map.of(x, new float[] {2, 0})), 1e-3f);
    }

    @Test
    void detachedValuesAreConstants() {
        Tensor x = input(2);
        Tensor y = x.mul(3);
        assertArrayEquals(new float[] {6, 15}, gradient(y.detach().mul(x), x, 2, 5));
        assertArrayEquals(new float[] {6, 15}, y.detach().eval(Map.of(x, new float[] {2, 5})));
    }

    @Test
    void kinksAsInPyTorch() {
        Tensor x = input(3);
        float[] at = {-1, 0, 2};
        assertArrayEquals(new float[] {0, 0, 1}, gradient(x.relu(), x, at));
        assertArrayEquals(new float[] {-1, 0, 1}, gradient(x.abs(), x, at));
        assertArrayEquals(new float[] {Float.POSITIVE_INFINITY, 0.5f, 0.25f}, gradient(x.sqrt(), x, 0, 1, 4));
        Tensor zero = graph.constant(Shape.of(3), 0, 0, 0);
        assertArrayEquals(new float[] {0, 0.5f, 1}, gradient(x.binary(BinaryFn.MAX, zero), x, at)); // torch.maximum
        assertArrayEquals(new float[] {1, 0.5f, 0}, gradient(x.binary(BinaryFn.MIN, zero), x, at)); // torch.minimum
        assertArrayEquals(new float[] {0.5f, 0, 0.5f}, gradient(x.reduce(ReduceFn.MAX, 0, 0), x, 2, 1, 2)); // torch.amax
        assertArrayEquals(new float[] {0, 1, 0.5f}, gradient(x.binary(BinaryFn.DIV_OR_ZERO, graph.constant(Shape.of(3), 0, 1, 2)), x, at));
    }

    @Test
    void theNormOfAZeroVectorHasGradientZero() {
        Tensor x = input(2, 2);
        Tensor norm = Norms.l2(x);
        assertArrayEquals(new float[] {5, 0}, norm.eval(Map.of(x, new float[] {3, -4, 0, 0})));
        assertArrayEquals(new float[] {0.6f, -0.8f, 0, 0}, gradient(norm, x, 3, -4, 0, 0), 1e-7f);
        GradCheck.check(Norms.l2(x, 0, 1), Map.of(x, new double[] {1, 2, -3, 0.5}));
    }

    @Test
    void flatFunctionsStopGradients() {
        Tensor x = input(3);
        for (Tensor flat : List.of(x.unary(UnaryFn.SIGN), x.unary(UnaryFn.STEP), x.unary(UnaryFn.IS_FINITE), x.binary(BinaryFn.GREATER, x.neg()))) {
            assertTrue(Gradients.of(flat.sum(), List.of(x)).isEmpty(), flat.toString());
            assertArrayEquals(new float[] {1, 1, 1}, gradient(flat.add(x), x, 1, 2, 3));
        }
    }

    @Test
    void backwardNodesCarryTheForwardPath() {
        Tensor x = input(2, 3);
        Tensor y;
        try (Graph.Scope outer = graph.scope("backbone"); Graph.Scope inner = graph.scope("stage2.0")) {
            y = x.softmax();
        }
        int from = graph.nodes().size();
        Gradients.of(y.square().sum(), List.of(x));
        assertTrue(graph.nodes().stream().skip(from).anyMatch(n -> n.path().equals("backbone.stage2.0") && n.op() instanceof Op.Binary));
        assertEquals("", graph.path());
    }

    @Test
    void meansAreSpreadLate() {
        Tensor x = input(4, 5);
        int from = graph.nodes().size();
        gradient(x.square().mean(0, 0), x, new float[20]);
        assertFalse(graph.nodes().stream().skip(from).anyMatch(n -> n.op() instanceof Op.Broadcast));
    }

    @Test
    void oneProductForTheWeightOfAllRows() {
        Tensor x = input(2, 3, 4);
        Tensor w = input(5, 4);
        Tensor g = Gradients.of(x.matmul(w, false, true).sum(), List.of(w)).get(w);
        assertTrue(g.op() instanceof Op.MatMul && g.input(0).shape().rank() == 2, g.toString());
        assertSame(g, g.reshape(w.shape()));
    }

    @Test
    void errorsNameTheNode() {
        Tensor x = input(2, 3);
        assertThrows(IllegalArgumentException.class, () -> Gradients.of(x, List.of(x)));
        Tensor foreign = new Graph().input("foreign", Shape.of(1));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Gradients.of(x.sum(), List.of(foreign))).getMessage().contains("'foreign'"));
        Tensor second = graph.apply(new Op.NormalizeGradient(1, 1, 1e-5), x, x);
        assertTrue(assertThrows(UnsupportedOperationException.class, () -> Gradients.of(second.sum(), List.of(x))).getMessage()
            .contains("NormalizeGradient[2, 3]"));
        Tensor q = input(1, 2, 4);
        Tensor attention = graph.apply(new Op.AttentionGradient(1, null), q, q, q, q);
        assertThrows(UnsupportedOperationException.class, () -> Gradients.of(attention.sum(), List.of(q)));
        Tensor opaque = graph.apply(new Op.Custom(new CustomOps.HuberGradient(1)), x, x);
        assertTrue(assertThrows(UnsupportedOperationException.class, () -> Gradients.of(opaque.sum(), List.of(x))).getMessage()
            .contains("HuberGradient is not Differentiable"));
        assertTrue(Gradients.of(opaque.sum(), List.of(q)).isEmpty()); // not on the way: no matter
    }

    @Test
    void customOpsAndCompositionsAgree() {
        Tensor x = input(5);
        float[] at = {-3, -0.2f, 0, 0.4f, 2};
        Tensor kernel = graph.apply(new Op.Custom(new CustomOps.Huber(0.5)), x);
        Tensor composition = CustomOps.huber(x, 0.5);
        assertArrayEquals(kernel.eval(Map.of(x, at)), composition.eval(Map.of(x, at)), 1e-7f);
        assertArrayEquals(gradient(kernel, x, at), gradient(composition, x, at), 1e-7f);
        GradCheck.check(composition, Map.of(x, new double[] {-3, -0.2, 0.1, 0.4, 2}));
    }

    /** An op whose rule answers wrongly. */
    private record Wrong(boolean tooMany) implements Differentiable {
        @Override
        public String name() {
            return "Wrong";
        }

        @Override
        public Shape infer(List<Shape> inputs) {
            return inputs.get(0);
        }

        @Override
        public void compute(int part, List<CustomOp.Elements> inputs, CustomOp.Elements output) {
            output.set(0, 0);
        }

        @Override
        public List<@Nullable Tensor> gradients(List<Tensor> inputs, Tensor output, Tensor gradient) {
            return tooMany ? List.of(gradient, gradient) : List.of(gradient.sum());
        }
    }

    @Test
    void wrongRulesAreRefused() {
        Tensor x = input(3);
        for (boolean tooMany : new boolean[] {false, true}) {
            Tensor y = graph.apply(new Op.Custom(new Wrong(tooMany)), x).sum();
            assertTrue(assertThrows(IllegalArgumentException.class, () -> Gradients.of(y, List.of(x))).getMessage().startsWith("Wrong[3]"));
        }
    }
}

package io.github.remocap.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    /** Gives what a float cannot hold away: right in double precision, off by rounding on float32 memory. */
    private record Misbehaving() implements CustomOp {
        @Override
        public String name() {
            return "Misbehaving";
        }

        @Override
        public Shape infer(List<Shape> inputs) {
            return inputs.getFirst();
        }

        @Override
        public void compute(int part, List<Elements> inputs, Elements output) {
            for (long i = 0; i < output.shape().size(); i++) {
                output.set(i, 1 + 1e-9 * inputs.getFirst().get(i));
                output.set(i, (output.get(i) - 1) * 1e9);
            }
        }
    }

    private static Tensor chain(Graph graph, Tensor x, int length) {
        Tensor y = x;
        for (int i = 0; i < length; i++) {
            y = y.affine(0.9, 0.1).relu().add(y);
        }
        return y;
    }

    @Test
    void findsTheFirstNode() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(3));
        Tensor before = chain(graph, x, 40); // more nodes than are compared at once
        Tensor bad;
        try (Graph.Scope ignored = graph.scope("decoder.odd")) {
            bad = graph.apply(new Op.Custom(new Misbehaving()), before.softmax());
        }
        Tensor end = chain(graph, bad, 5);
        Optional<Comparison.Difference> found = Comparison.firstDifference(Devices.reference(), Devices.cpu(), List.of(end),
            Map.of(x, new float[] {1, 2, 3}), 1e-5);
        assertSame(bad, found.orElseThrow().node());
        assertEquals(1, found.get().relative(), 1e-6);
        assertEquals(0, found.get().second());
        assertTrue(found.get().toString().startsWith("Misbehaving[3] #" + bad.id() + " at decoder.odd: element"), found.get().toString());
    }

    @Test
    void findsNothingWhereAllAgree() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(2, 3));
        Tensor y = chain(graph, x, 30).matmul(graph.constant(Shape.of(3, 4), new float[12]).add(graph.scalar(0.3))).softmax();
        Tensor special = x.sub(x).div(x.sub(x)); // NaN on both sides
        Map<Tensor, float[]> inputs = Map.of(x, new float[] {1, 2, 3, -4, -5, 6});
        assertEquals(Optional.empty(), Comparison.firstDifference(Devices.reference(), Devices.cpu(), List.of(y, special), inputs, 1e-5));
        assertTrue(Comparison.firstDifference(Devices.reference(), Devices.cpu(), List.of(y), inputs, 0).isPresent(), "rounding shows without tolerance");
        assertThrows(IllegalArgumentException.class, () -> Comparison.firstDifference(Devices.reference(), Devices.cpu(), List.of(y), Map.of(), 1e-5));
    }
}

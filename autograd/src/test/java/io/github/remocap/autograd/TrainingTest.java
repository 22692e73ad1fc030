package io.github.remocap.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tensor.vector.VectorDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Recomputation, accumulation, dropout, groups, averages, state. */
class TrainingTest {
    /** A deep chain of layers with dropout in between; every third output ends a stage. */
    private static final class Chain {
        final Graph graph = new Graph();
        final Tensor x = graph.input("x", Shape.of(512, 16));
        final Tensor step = graph.input("step", Shape.SCALAR);
        final List<Tensor> weights = new ArrayList<>();
        final List<Tensor> ends = new ArrayList<>();
        final Tensor loss;

        Chain(Arena arena) {
            Tensor y = x;
            for (int i = 0; i < 18; i++) {
                Tensor w = Numbers.parameter(graph, arena, "w" + i, Shape.of(16, 16), Numbers.uniform("w" + i, 256, -0.4, 0.4));
                weights.add(w);
                Tensor z = graph.apply(new Op.Normalize(1, 1, 1e-5, false), y).matmul(w).unary(Op.UnaryFn.TANH);
                y = y.add(graph.apply(new Op.Dropout(0.2, i), z, step));
                if (i % 3 == 2) {
                    ends.add(y);
                }
            }
            loss = y.square().mean();
        }

        Program compile(Device device, Checkpointing checkpointing) {
            List<Tensor> outputs = new ArrayList<>(List.of(loss));
            outputs.addAll(Gradients.of(loss, weights, checkpointing).values());
            return device.compile(Compilation.of(outputs));
        }

        List<float[]> run(Program program, int at) {
            program.write(x, Numbers.floats(Numbers.uniform("x", x.shape().size(), -1, 1)));
            program.write(step, new float[] {at});
            program.run();
            return program.compilation().outputs().stream().map(program::read).toList();
        }
    }

    @Test
    void recomputationGivesTheSameGradientsWithLessMemory() {
        try (Arena arena = Arena.ofShared()) {
            Chain chain = new Chain(arena);
            try (Program kept = chain.compile(Devices.cpu(), Checkpointing.NONE);
                Program again = chain.compile(Devices.cpu(), Checkpointing.after(chain.ends))) {
                List<float[]> expected = chain.run(kept, 5);
                List<float[]> actual = chain.run(again, 5);
                assertEquals(19, expected.size());
                for (int i = 0; i < expected.size(); i++) {
                    assertArrayEquals(expected.get(i), actual.get(i), "output " + i); // bit for bit
                }
                assertTrue(again.memory() < 0.6 * kept.memory(), again.memory() + " bytes instead of " + kept.memory());
            }
        }
    }

    @Test
    void recomputationComesRightBeforeItsUse() {
        try (Arena arena = Arena.ofShared()) {
            Chain chain = new Chain(arena);
            Gradients.of(chain.loss, chain.weights, Checkpointing.after(chain.ends));
            List<Integer> again = chain.graph.nodes().stream().skip(chain.loss.id() + 1L)
                .filter(n -> n.op() instanceof Op.MatMul m && !m.transposeA() && !m.transposeB()).map(Tensor::id).toList();
            assertEquals(18, again.size());
            assertTrue(again.get(3) - again.get(2) > 3 * (again.get(1) - again.get(0)), "backward ops lie between the stages: " + again);
        }
    }

    @Test
    void dropoutDependsOnTheStepAlone() {
        try (Arena arena = Arena.ofShared(); VectorDevice one = new VectorDevice(1); VectorDevice three = new VectorDevice(3)) {
            Chain chain = new Chain(arena);
            try (Program a = chain.compile(one, Checkpointing.NONE); Program b = chain.compile(three, Checkpointing.NONE);
                Program reference = chain.compile(Devices.reference(), Checkpointing.NONE)) {
                List<float[]> first = chain.run(a, 3);
                assertFalse(Arrays.equals(first.get(0), chain.run(a, 4).get(0)));
                List<float[]> resumed = chain.run(a, 3);
                List<float[]> threads = chain.run(b, 3);
                List<float[]> truth = chain.run(reference, 3);
                for (int i = 0; i < first.size(); i++) {
                    assertArrayEquals(first.get(i), resumed.get(i));
                    assertArrayEquals(first.get(i), threads.get(i));
                    assertArrayEquals(truth.get(i), first.get(i), 1e-4f);
                }
            }
        }
    }

    @Test
    void microBatchesGiveTheGradientOfTheMean() {
        try (Arena arena = Arena.ofShared(); State state = new State()) {
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(2, 3));
            Tensor w = Numbers.parameter(graph, arena, "w", Shape.of(3, 1), 1, -1, 0.5);
            Tensor loss = x.matmul(w).square().mean();
            Accumulation sums = Accumulation.of(Gradients.of(loss, List.of(w)), 3, state);
            List<ParameterGroup> groups = List.of(ParameterGroup.of("all", List.of(w), 1, 0));
            List<Compilation.Update> updates = new ArrayList<>(new Sgd(0, false).step(groups, sums.gradients(), state));
            updates.addAll(sums.reset());
            double[] all = Numbers.uniform("micro", 18, -1, 1);
            try (Program micro = Devices.cpu().compile(Compilation.training(List.of(loss), sums.add()));
                Program apply = Devices.cpu().compile(Compilation.training(List.of(), updates))) {
                Tensor sum = sums.gradients().get(w);
                for (int round = 0; round < 2; round++) {
                    float[] before = Numbers.read(w);
                    for (int n = 0; n < 3; n++) {
                        micro.write(x, Arrays.copyOfRange(all, 6 * n, 6 * n + 6));
                        micro.run();
                    }
                    float[] expected = fullBatch(before, all);
                    assertArrayEquals(expected, Numbers.read(sum), 1e-6f);
                    groups.get(0).write(apply, 0.5);
                    apply.run();
                    float[] after = Numbers.read(w);
                    for (int i = 0; i < 3; i++) {
                        assertEquals(before[i] - 0.5 * expected[i], after[i], 1e-6);
                    }
                    assertArrayEquals(new float[3], Numbers.read(sum));
                }
                micro.write(x, new float[] {Float.NaN, 0, 0, 0, 0, 0});
                micro.run();
                assertTrue(Float.isNaN(Numbers.read(sum)[0]));
                apply.run();
                assertArrayEquals(new float[3], Numbers.read(sum)); // a bad batch does not stay
            }
        }
    }

    /** The gradient of the mean of (x w)^2 over all rows. */
    private static float[] fullBatch(float[] w, double[] x) {
        float[] g = new float[3];
        for (int row = 0; row < 6; row++) {
            double y = x[3 * row] * w[0] + x[3 * row + 1] * w[1] + x[3 * row + 2] * w[2];
            for (int i = 0; i < 3; i++) {
                g[i] += (float) (2 * y * x[3 * row + i] / 6);
            }
        }
        return g;
    }

    @Test
    void groupsHaveTheirOwnRateAndFrozenOnesStay() {
        try (Arena arena = Arena.ofShared(); State state = new State()) {
            Graph graph = new Graph();
            Tensor a = Numbers.parameter(graph, arena, "a", Shape.of(2), 1, 2);
            Tensor b = Numbers.parameter(graph, arena, "b", Shape.of(2), 3, 4);
            Tensor c = Numbers.parameter(graph, arena, "c", Shape.of(2), 5, 6);
            Tensor loss = a.add(b).add(c).sum();
            ParameterGroup fast = ParameterGroup.of("fast", List.of(a), 0.5, 0);
            ParameterGroup slow = ParameterGroup.of("slow", List.of(b), 0.125, 0);
            ParameterGroup frozen = ParameterGroup.frozen("frozen", List.of(c));
            List<ParameterGroup> groups = List.of(fast, slow, frozen);
            assertEquals(List.of(a, b), ParameterGroup.trainable(groups));
            Map<Tensor, Tensor> gradients = Gradients.of(loss, ParameterGroup.trainable(groups));
            try (Program program = Devices.cpu().compile(Compilation.training(List.of(loss), new Sgd(0.9, false).step(groups, gradients, state)))) {
                groups.forEach(g -> g.write(program, 0.5));
                program.run();
            }
            assertArrayEquals(new float[] {0.75f, 1.75f}, Numbers.read(a));
            assertArrayEquals(new float[] {2.9375f, 3.9375f}, Numbers.read(b));
            assertArrayEquals(new float[] {5, 6}, Numbers.read(c));
            assertEquals(List.of("optimizer.momentum_buffer.a", "optimizer.momentum_buffer.b"), List.copyOf(state.arrays().keySet()));
            assertThrows(IllegalArgumentException.class, () -> ParameterGroup.trainable(List.of(fast, fast)));
            assertTrue(assertThrows(IllegalArgumentException.class,
                () -> ParameterGroup.trainable(List.of(fast, ParameterGroup.frozen("other", List.of(a))))).getMessage().contains("'fast' and 'other'"));
            assertThrows(IllegalArgumentException.class, () -> ParameterGroup.of("empty", List.of(), 1, 0));
            assertThrows(IllegalArgumentException.class, () -> ParameterGroup.of("negative", List.of(a), -1, 0));
        }
    }

    @Test
    void averagesBeginWithTheWeightsAndStateOutlivesAGraph() {
        try (Arena arena = Arena.ofShared(); State state = new State()) {
            for (int build = 0; build < 2; build++) {
                Graph graph = new Graph();
                Tensor w = graph.parameter("w", Shape.of(1), arenaFloat(arena, 8f - 4 * build));
                Compilation.Update halve = new Compilation.Update(w, w.mul(0.5));
                WeightAverage average = WeightAverage.of(List.of(halve), 0.75, state);
                List<Compilation.Update> updates = new ArrayList<>(average.updates());
                updates.add(halve);
                try (Program program = Devices.cpu().compile(Compilation.training(List.of(), updates))) {
                    program.run();
                }
                float expected = build == 0 ? 0.75f * 8 + 0.25f * 4 : 0.75f * 7 + 0.25f * 2;
                assertArrayEquals(new float[] {expected}, Numbers.read(average.averages().get(w)));
            }
            assertThrows(IllegalArgumentException.class, () -> WeightAverage.of(List.of(), 1, state));
        }
    }

    private static MemorySegment arenaFloat(Arena arena, float value) {
        return arena.allocateFrom(ValueLayout.JAVA_FLOAT, value);
    }

    @Test
    void updatesHappenInPlace() {
        try (Arena arena = Arena.ofShared(); State state = new State()) {
            Graph graph = new Graph();
            int n = 1 << 18;
            Tensor w = Numbers.parameter(graph, arena, "w", Shape.of(n), Numbers.uniform("w", n, -1, 1));
            Map<Tensor, Tensor> gradients = Gradients.of(w.square().sum().mul(0.5), List.of(w));
            List<ParameterGroup> groups = List.of(ParameterGroup.of("all", List.of(w), 0.01, 0.1));
            List<Compilation.Update> updates = Adam.adamW().step(groups, gradients, state);
            double before = Numbers.read(w)[7];
            try (Program program = Devices.cpu().compile(Compilation.training(List.of(), updates))) {
                groups.get(0).write(program, 1);
                program.run();
                assertTrue(program.memory() <= 5L * 4 * n, "three arrays of new values would need " + program.memory()); // temporaries alone
            }
            assertEquals(before * (1 - 0.01 * 0.1) - 0.01 * Math.signum(before), Numbers.read(w)[7], 1e-6); // Adam's first step is +-rate
        }
    }

    @Test
    void updatesSeeOldValues() {
        try (Arena arena = Arena.ofShared()) {
            for (Device device : List.of(Devices.cpu(), Devices.reference())) {
                Graph graph = new Graph();
                Tensor a = Numbers.parameter(graph, arena, "a", Shape.of(2), 1, 2);
                Tensor b = Numbers.parameter(graph, arena, "b", Shape.of(2), 3, 4);
                Tensor c = Numbers.parameter(graph, arena, "c", Shape.of(2), 5, 6);
                Tensor d = Numbers.parameter(graph, arena, "d", Shape.of(2, 2), 1, 2, 3, 4);
                Tensor doubled = c.mul(2);
                Tensor sum = doubled.add(c.add(a)); // reads c after its new value exists
                List<Compilation.Update> updates = List.of(new Compilation.Update(a, b), new Compilation.Update(b, a.reshape(2)),
                    new Compilation.Update(c, doubled), new Compilation.Update(d, d.permute(1, 0)));
                try (Program program = device.compile(Compilation.training(List.of(sum), updates))) {
                    program.run();
                    assertArrayEquals(new float[] {16, 20}, program.read(sum));
                }
                assertArrayEquals(new float[] {3, 4}, Numbers.read(a));
                assertArrayEquals(new float[] {1, 2}, Numbers.read(b));
                assertArrayEquals(new float[] {10, 12}, Numbers.read(c));
                assertArrayEquals(new float[] {1, 3, 2, 4}, Numbers.read(d));
                assertThrows(IllegalArgumentException.class, () -> Compilation.training(List.of(), List.of(updates.get(0), updates.get(0))));
            }
        }
    }

    @Test
    void clippingMeasuresAndRefusesNonsense() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(2));
        Map<Tensor, Tensor> gradients = Gradients.of(x.square().sum().mul(0.5), List.of(x));
        Map<Tensor, float[]> at = Map.of(x, new float[] {3, 4});
        assertArrayEquals(new float[] {5}, Clipping.byNorm(gradients, 1).norm().eval(at));
        assertArrayEquals(new float[] {0.6f, 0.8f}, Clipping.byNorm(gradients, 1).gradients().get(x).eval(at), 1e-6f);
        assertArrayEquals(new float[] {3, 4}, Clipping.byNorm(gradients, 10).gradients().get(x).eval(at));
        assertArrayEquals(new float[] {3, 4}, Clipping.byNorm(gradients, Double.POSITIVE_INFINITY).gradients().get(x).eval(at));
        assertThrows(IllegalArgumentException.class, () -> Clipping.byNorm(gradients, 0));
        assertThrows(IllegalArgumentException.class, () -> Clipping.byNorm(Map.of(), 1));
    }

    @Test
    void settingsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new Sgd(0, true));
        assertThrows(IllegalArgumentException.class, () -> new Adam(1, 0.9, 0, false));
        try (State state = new State()) {
            assertThrows(IllegalArgumentException.class, () -> Accumulation.of(Map.of(), 0, state));
        }
    }
}

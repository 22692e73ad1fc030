package io.github.remocap.tensor.compiler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.OpCase;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptimizerTest {
    private final Graph graph = new Graph();
    private Random random = new Random(5);
    private int names;

    private Tensor parameter(double low, double high, int... dims) {
        Shape shape = Shape.of(dims);
        float[] values = new float[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (low + (high - low) * random.nextDouble());
        }
        return graph.parameter("p" + names++, shape, OpCase.nativeCopy(values));
    }

    private Tensor norm(Tensor x) {
        int c = x.dim(-1);
        return graph.apply(new Op.BatchNorm(1e-5), x, parameter(0.5, 1.5, c), parameter(-1, 1, c), parameter(-1, 1, c), parameter(0.5, 2, c));
    }

    private Tensor conv(Tensor x, int outputs, int kernel, int stride) {
        return x.conv2d(parameter(-0.3, 0.3, outputs, x.dim(3), kernel, kernel), stride, kernel / 2);
    }

    private Tensor linear(Tensor x, int outputs) {
        return x.matmul(parameter(-0.5, 0.5, outputs, x.dim(-1)), false, true);
    }

    /** Ops that still have to be computed for an input, in order. */
    private static List<Op> remaining(Optimizer.Result result) {
        Set<Tensor> live = new HashSet<>();
        List<Op> ops = new ArrayList<>();
        for (Tensor node : Graph.reachable(result.compilation().targets())) {
            if (node.op() instanceof Op.Input || node.inputs().stream().anyMatch(live::contains)) {
                live.add(node);
                if (!node.inputs().isEmpty()) {
                    ops.add(node.op());
                }
            }
        }
        return ops;
    }

    private static List<Op> frozen(Tensor... outputs) {
        return remaining(Optimizer.optimize(Compilation.frozen(List.of(outputs))));
    }

    private static List<Op> plain(Tensor... outputs) {
        return remaining(Optimizer.optimize(Compilation.of(outputs)));
    }

    private static Epilogue epilogue(boolean bias, boolean residual, boolean relu) {
        return new Epilogue(bias, residual, relu);
    }

    private Tensor image() {
        return graph.input("x", Shape.of(2, 6, 6, 4));
    }

    @Test
    void convolutionNormReluBecomesOne() {
        Tensor y = norm(conv(image(), 5, 3, 1)).relu();
        assertEquals(List.of(new Op.Conv2d(1, 1, epilogue(true, false, true))), frozen(y));
        assertEquals(List.of("Conv2d", "BatchNorm", "Unary.relu"), plain(y).stream().map(Op::name).toList());
    }

    @Test
    void basicBlockBecomesTwo() {
        Tensor x = image();
        Tensor y = norm(conv(norm(conv(x, 4, 3, 1)).relu(), 4, 3, 1)).add(x).relu();
        assertEquals(List.of(new Op.Conv2d(1, 1, epilogue(true, false, true)), new Op.Conv2d(1, 1, epilogue(true, true, true))), frozen(y));
        Tensor z = x.add(norm(conv(x, 4, 3, 1))).relu();
        assertEquals(List.of(new Op.Conv2d(1, 1, epilogue(true, true, true))), frozen(z));
    }

    @Test
    void projectionOfTheShortcutIsTheResidualOfTheLaterOne() {
        Tensor x = image();
        Tensor y = norm(conv(x, 8, 1, 2)).add(norm(conv(x, 8, 3, 2))).relu();
        assertEquals(List.of(new Op.Conv2d(2, 0, epilogue(true, false, false)), new Op.Conv2d(2, 1, epilogue(true, true, true))), frozen(y));
    }

    @Test
    void linearBiasReluBecomesOne() {
        Tensor x = graph.input("x", Shape.of(3, 5, 8));
        Tensor y = linear(x, 6).add(parameter(-1, 1, 6)).relu();
        assertEquals(List.of(new Op.MatMul(false, true, epilogue(true, false, true))), plain(y));
        Tensor z = parameter(-1, 1, 6).add(linear(x, 6)).add(graph.input("r", y.shape()));
        assertEquals(List.of(new Op.MatMul(false, true, epilogue(true, true, false))), plain(z));
    }

    @Test
    void epiloguesReachThroughReshapes() {
        Tensor x = graph.input("x", Shape.of(3, 5, 8));
        Tensor flat = linear(x.reshape(15, 8), 6).add(parameter(-1, 1, 6));
        Op reshape = new Op.Reshape(Shape.of(3, 5, 6));
        assertEquals(List.of(new Op.Reshape(Shape.of(15, 8)), new Op.MatMul(false, true, epilogue(true, false, true)), reshape),
            plain(flat.reshape(3, 5, 6).relu()));
        Tensor other = linear(x.reshape(15, 8), 6);
        Tensor residual = graph.input("residual", Shape.of(3, 5, 6));
        assertEquals(List.of(new Op.Reshape(Shape.of(15, 8)), new Op.Reshape(Shape.of(15, 6)), new Op.MatMul(false, true, epilogue(false, true, true)),
            reshape).stream().sorted(java.util.Comparator.comparing(Op::toString)).toList(),
            plain(residual.add(other.reshape(3, 5, 6)).relu()).stream().sorted(java.util.Comparator.comparing(Op::toString)).toList());
        Tensor seen = linear(x.reshape(15, 8), 6);
        Tensor shown = seen.reshape(3, 5, 6);
        assertEquals(Epilogue.NONE, ((Op.MatMul) plain(shown.relu(), seen).stream().filter(Op.MatMul.class::isInstance).findFirst().orElseThrow()).epilogue());
        assertEquals(Epilogue.NONE, ((Op.MatMul) plain(shown.relu(), shown).stream().filter(Op.MatMul.class::isInstance).findFirst().orElseThrow()).epilogue());
        assertEquals(Epilogue.NONE, ((Op.MatMul) plain(shown.add(shown)).stream().filter(Op.MatMul.class::isInstance).findFirst().orElseThrow()).epilogue());
    }

    @Test
    void linearNormBecomesOne() {
        Tensor x = graph.input("x", Shape.of(7, 8));
        Tensor y = norm(linear(x, 6).add(parameter(-1, 1, 6))).relu();
        assertEquals(List.of(new Op.MatMul(false, true, epilogue(true, false, true))), frozen(y));
    }

    @Test
    void upsampleAddReluBecomesOne() {
        Tensor x = image();
        Tensor y = norm(conv(conv(x, 4, 3, 2), 4, 1, 1)).upsample(2).add(x).relu();
        List<Op> ops = frozen(y);
        assertEquals(new Op.Upsample(2, epilogue(false, true, true)), ops.getLast());
        assertEquals(3, ops.size());
    }

    @Test
    void reshapesMerge() {
        Tensor x = image();
        assertEquals(1, plain(x.reshape(12, 24).reshape(3, 96).reshape(288)).size());
    }

    @Test
    void whatOthersNeedIsNotFusedAway() {
        Tensor x = image();
        Tensor c = conv(x, 4, 3, 1);
        assertEquals(List.of("Conv2d", "Unary.relu", "Unary.exp"), plain(c.relu(), c.unary(Op.UnaryFn.EXP)).stream().map(Op::name).toList());
        assertEquals(2, plain(c.relu(), c).size(), "an output keeps its value");
        assertEquals(2, plain(c.add(c)).size());
        assertEquals(1, plain(conv(x, 4, 3, 1).relu().add(x)).stream().filter(Op.Conv2d.class::isInstance).count());
        assertEquals(2, plain(conv(x, 4, 3, 1).relu().add(x)).size(), "the sum comes after the clamp");
    }

    @Test
    void unoptimizedIsTheSameGraph() {
        Tensor y = conv(image(), 4, 3, 1).relu();
        Compilation c = Compilation.of(y).unoptimized();
        assertSame(c, Optimizer.optimize(c).compilation());
    }

    @Test
    void pathsStay() {
        Tensor x = image();
        try (Graph.Scope ignored = graph.scope("stem")) {
            Tensor y = conv(x, 4, 3, 1).relu();
            Tensor fused = Optimizer.optimize(Compilation.of(y)).compilation().outputs().getFirst();
            assertEquals("stem", fused.path());
        }
    }

    /** Images that are added, clamped, normalised, convolved, halved and enlarged at random, values shared, several outputs. */
    private List<Tensor> network(long seed) {
        random = new Random(seed);
        List<Tensor> pool = new ArrayList<>(List.of(image(), norm(conv(image(), 4, 3, 1))));
        for (int i = 0; i < 14; i++) {
            Tensor a = pool.get(random.nextInt(pool.size()));
            Tensor b = pool.get(random.nextInt(pool.size()));
            Tensor last = pool.getLast();
            pool.add(switch (random.nextInt(10)) {
                case 0 -> norm(conv(a, 4, 3, 1)).relu();
                case 1 -> norm(conv(last, 4, 1, 1));
                case 2 -> conv(a, 4, 3, 1).add(parameter(-1, 1, 4)).add(b).relu();
                case 3 -> last.add(b).relu();
                case 4 -> a.add(last);
                case 5 -> last.relu();
                case 6 -> norm(conv(conv(a, 5, 3, 2).relu(), 4, 1, 1)).upsample(2).add(b).relu();
                case 7 -> norm(linear(a, 4).add(parameter(-1, 1, 4))).add(b);
                case 8 -> linear(a.reshape(2, 36, 4).reshape(72, 4), 4).reshape(2, 6, 6, 4).relu();
                default -> norm(last).mul(0.5);
            });
        }
        List<Tensor> outputs = new ArrayList<>(List.of(pool.getLast()));
        for (int i = 0; i < random.nextInt(4); i++) {
            outputs.add(pool.get(random.nextInt(pool.size())));
        }
        return outputs;
    }

    private static List<double[]> run(Device device, Compilation compilation, List<Tensor> outputs, Tensor input, float[] values) {
        try (Program program = device.compile(compilation)) {
            if (program.inputs().contains(input)) {
                program.write(input, values);
            }
            program.run();
            return outputs.stream().map(program::readDoubles).toList();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void computesTheSame(boolean frozen) {
        float[] values = new float[2 * 6 * 6 * 4];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        int smaller = 0;
        for (int seed = 0; seed < 60; seed++) {
            List<Tensor> outputs = network(seed);
            Tensor input = graph.inputs().get("x");
            Compilation original = new Compilation(outputs, List.of(), frozen, true);
            Optimizer.Result result = Optimizer.optimize(original);
            smaller += remaining(result).size() < remaining(Optimizer.optimize(original.unoptimized())).size() ? 1 : 0;
            List<double[]> expected = run(Devices.reference(), original, outputs, input, values);
            List<double[]> rewritten = run(Devices.reference(), result.compilation(), result.compilation().outputs(), result.nodes().get(input), values);
            List<double[]> vector = run(Devices.cpu(), original, outputs, input, values);
            for (int i = 0; i < outputs.size(); i++) {
                double largest = 1e-3;
                for (double v : expected.get(i)) {
                    largest = Math.max(largest, Math.abs(v));
                }
                assertArrayEquals(expected.get(i), rewritten.get(i), 1e-9 * largest, "seed " + seed + ", output " + i);
                assertArrayEquals(expected.get(i), vector.get(i), 1e-5 * largest, "seed " + seed + ", output " + i + " on vectors");
            }
        }
        assertTrue(smaller > 50, "only " + smaller + " of 60 networks became smaller");
    }

    @Test
    void updatesAreRewrittenToo() {
        Tensor w = parameter(-1, 1, 4, 4);
        Tensor value = graph.input("x", Shape.of(4, 4)).matmul(w).add(w).relu();
        Optimizer.Result result = Optimizer.optimize(Compilation.training(List.of(), List.of(new Compilation.Update(w, value))));
        assertEquals(List.of(new Op.MatMul(false, false, epilogue(false, true, true))), remaining(result));
        assertEquals(w.values(), result.compilation().updates().getFirst().parameter().values());
    }
}

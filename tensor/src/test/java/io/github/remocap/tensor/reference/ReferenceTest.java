package io.github.remocap.tensor.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.CounterRandom;
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
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The reference against numbers by hand, other algorithms, adjoints and finite differences. */
class ReferenceTest {
    private static final Epilogue NONE = Epilogue.NONE;
    private final Random random = new Random(11);

    private record Value(Shape shape, double[] data) {
        Value {
            assertEquals(shape.size(), data.length);
        }
    }

    private static Value of(int[] dims, double... data) {
        return new Value(Shape.of(dims), data);
    }

    private static int[] dims(int... dims) {
        return dims;
    }

    private Value random(int... dims) {
        Shape shape = Shape.of(dims);
        return new Value(shape, random.doubles(shape.size(), -1, 1).toArray());
    }

    private static Value run(Op op, Value... in) {
        return compute((graph, tensors) -> graph.apply(op, tensors), in);
    }

    private interface Network {
        Tensor build(Graph graph, List<Tensor> inputs);
    }

    private static Value compute(Network network, Value... in) {
        Graph graph = new Graph();
        List<Tensor> inputs = new ArrayList<>();
        for (int i = 0; i < in.length; i++) {
            inputs.add(graph.input("x" + i, in[i].shape()));
        }
        Tensor output = network.build(graph, inputs);
        try (Program program = Devices.reference().compile(Compilation.of(output))) {
            for (int i = 0; i < in.length; i++) {
                if (program.inputs().contains(inputs.get(i))) {
                    program.write(inputs.get(i), in[i].data());
                }
            }
            program.run();
            return new Value(output.shape(), program.readDoubles(output));
        }
    }

    private static void near(Value expected, Value actual) {
        assertEquals(expected.shape(), actual.shape());
        assertArrayEquals(expected.data(), actual.data(), 1e-12);
    }

    private static void gives(Value actual, double... expected) {
        assertArrayEquals(expected, actual.data(), 1e-12, () -> Arrays.toString(actual.data()));
    }

    private static double dot(Value a, Value b) {
        assertEquals(a.shape(), b.shape());
        double sum = 0;
        for (int i = 0; i < a.data().length; i++) {
            sum += a.data()[i] * b.data()[i];
        }
        return sum;
    }

    /** Gradient of {@code <f(x), g>} by central differences. */
    private static double[] differences(Function<Value, Value> f, Value x, Value g) {
        double[] gradient = new double[x.data().length];
        double h = 1e-5;
        for (int i = 0; i < gradient.length; i++) {
            double[] more = x.data().clone();
            double[] less = x.data().clone();
            more[i] += h;
            less[i] -= h;
            gradient[i] = (dot(f.apply(new Value(x.shape(), more)), g) - dot(f.apply(new Value(x.shape(), less)), g)) / (2 * h);
        }
        return gradient;
    }

    // -- element by element -------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    void unary(UnaryFn fn) {
        double[] x = {-2, -0.5, 0, 0.5, 2};
        double[] y = run(new Op.Unary(fn), of(dims(5), x)).data();
        double nan = Double.NaN;
        double inf = Double.POSITIVE_INFINITY;
        double[] expected = switch (fn) {
            case NEG -> new double[] {2, 0.5, 0, -0.5, -2};
            case ABS -> new double[] {2, 0.5, 0, 0.5, 2};
            case SIGN -> new double[] {-1, -1, 0, 1, 1};
            case SQUARE -> new double[] {4, 0.25, 0, 0.25, 4};
            case SQRT -> new double[] {nan, nan, 0, 0.7071067811865476, 1.4142135623730951};
            case RECIPROCAL -> new double[] {-0.5, -2, inf, 2, 0.5};
            case EXP -> new double[] {0.1353352832366127, 0.6065306597126334, 1, 1.6487212707001282, 7.38905609893065};
            case LOG -> new double[] {nan, nan, -inf, -0.6931471805599453, 0.6931471805599453};
            case SIN -> new double[] {-0.9092974268256817, -0.479425538604203, 0, 0.479425538604203, 0.9092974268256817};
            case COS -> new double[] {-0.4161468365471424, 0.8775825618903728, 1, 0.8775825618903728, -0.4161468365471424};
            case TANH -> new double[] {-0.9640275800758169, -0.46211715726000973, 0, 0.46211715726000973, 0.9640275800758169};
            case SIGMOID -> new double[] {0.11920292202211755, 0.3775406687981454, 0.5, 0.6224593312018546, 0.8807970779778823};
            case RELU -> new double[] {0, 0, 0, 0.5, 2};
            case STEP -> new double[] {0, 0, 0, 1, 1};
            case IS_FINITE -> new double[] {1, 1, 1, 1, 1};
        };
        assertArrayEquals(expected, y, 1e-14);
    }

    @Test
    void isFinite() {
        gives(run(new Op.Unary(UnaryFn.IS_FINITE), of(dims(3), Double.NaN, Double.NEGATIVE_INFINITY, 1e300)), 0, 0, 1);
    }

    @ParameterizedTest
    @EnumSource
    void binaryBroadcasts(BinaryFn fn) {
        Value a = of(dims(2, 1), 1, -6);
        Value b = of(dims(3), 2, -3, 1);
        double[] expected = switch (fn) {
            case ADD -> new double[] {3, -2, 2, -4, -9, -5};
            case SUB -> new double[] {-1, 4, 0, -8, -3, -7};
            case MUL -> new double[] {2, -3, 1, -12, 18, -6};
            case DIV, DIV_OR_ZERO -> new double[] {0.5, -1.0 / 3, 1, -3, 2, -6};
            case MAX -> new double[] {2, 1, 1, 2, -3, 1};
            case MIN -> new double[] {1, -3, 1, -6, -6, -6};
            case GREATER -> new double[] {0, 1, 0, 0, 0, 0};
        };
        Value y = run(new Op.Binary(fn), a, b);
        assertEquals(Shape.of(2, 3), y.shape());
        gives(y, expected);
    }

    @Test
    void divisionByZero() {
        Value a = of(dims(3), 0, 2, -2);
        Value b = of(dims(3), 0, 0, 4);
        gives(run(new Op.Binary(BinaryFn.DIV_OR_ZERO), a, b), 0, 0, -0.5);
        gives(run(new Op.Binary(BinaryFn.DIV), a, b), Double.NaN, Double.POSITIVE_INFINITY, -0.5);
    }

    @Test
    void affine() {
        gives(run(new Op.Affine(2, -1), of(dims(3), 1, 2, -3)), 1, 3, -7);
    }

    @Test
    void dropoutFollowsItsFormula() {
        Value y = run(new Op.Dropout(0.25, 99), of(dims(8), 1, 2, 3, 4, 5, 6, 7, 8), of(dims(), 12));
        for (int i = 0; i < 8; i++) {
            boolean dropped = (CounterRandom.mix(CounterRandom.mix(99 + 13 * 0xD1B54A32D192ED03L) + (i + 1) * 0x9E3779B97F4A7C15L) >>> 40) < (1 << 22);
            assertEquals(dropped ? 0 : (i + 1) / 0.75, y.data()[i], 1e-12);
        }
    }

    // -- moving elements ----------------------------------------------------------------------------------------------

    @Test
    void moves() {
        Value x = of(dims(2, 3), 1, 2, 3, 4, 5, 6);
        gives(run(new Op.Permute(List.of(1, 0)), x), 1, 4, 2, 5, 3, 6);
        gives(run(new Op.Reshape(Shape.of(3, 2)), x), 1, 2, 3, 4, 5, 6);
        gives(run(new Op.Broadcast(Shape.of(2, 2, 3)), x), 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
        gives(run(new Op.Broadcast(Shape.of(2, 3)), of(dims(2, 1), 7, 8)), 7, 7, 7, 8, 8, 8);
        gives(run(new Op.Slice(1, 1, 2), x), 2, 3, 5, 6);
        gives(run(new Op.Slice(0, 1, 1), x), 4, 5, 6);
        gives(run(new Op.Pad(1, 1, 0), x), 0, 1, 2, 3, 0, 4, 5, 6);
        gives(run(new Op.Pad(0, 0, 1), x), 1, 2, 3, 4, 5, 6, 0, 0, 0);
        gives(run(new Op.Concat(1), x, of(dims(2, 1), 7, 8)), 1, 2, 3, 7, 4, 5, 6, 8);
        gives(run(new Op.Concat(0), x, of(dims(1, 3), 7, 8, 9)), 1, 2, 3, 4, 5, 6, 7, 8, 9);
        gives(run(new Op.Gather(1, IntList.of(2, 0, 2)), x), 3, 1, 3, 6, 4, 6);
        gives(run(new Op.Gather(0, IntList.of(1, 1)), x), 4, 5, 6, 4, 5, 6);
        gives(run(new Op.ScatterAdd(1, IntList.of(3, 0, 3), 4), x), 2, 0, 0, 4, 5, 0, 0, 10);
        gives(run(new Op.ScatterAdd(0, IntList.of(1, 1), 3), x), 0, 0, 0, 5, 7, 9, 0, 0, 0);
    }

    @Test
    void permutationOfThreeAxes() {
        Value x = random(2, 3, 4);
        double[] y = run(new Op.Permute(List.of(2, 0, 1)), x).data();
        for (int a = 0; a < 2; a++) {
            for (int b = 0; b < 3; b++) {
                for (int c = 0; c < 4; c++) {
                    assertEquals(x.data()[(a * 3 + b) * 4 + c], y[(c * 2 + a) * 3 + b]);
                }
            }
        }
    }

    @Test
    void scatterIsTheAdjointOfGather() {
        IntList indices = IntList.of(4, 0, 4, 2, 2, 2);
        for (int axis = 0; axis < 3; axis++) {
            Value x = random(5, 5, 5);
            Value g = random(Shape.of(5, 5, 5).with(axis, 6).dims());
            assertEquals(dot(run(new Op.Gather(axis, indices), x), g), dot(x, run(new Op.ScatterAdd(axis, indices, 5), g)), 1e-12);
        }
    }

    // -- reductions ---------------------------------------------------------------------------------------------------

    @Test
    void reductions() {
        Value x = of(dims(2, 3), 1, 5, 3, -4, 2, -1);
        gives(run(new Op.Reduce(ReduceFn.SUM, 0, 0), x), -3, 7, 2);
        gives(run(new Op.Reduce(ReduceFn.SUM, 1, 1), x), 9, -3);
        gives(run(new Op.Reduce(ReduceFn.SUM, 0, 1), x), 6);
        gives(run(new Op.Reduce(ReduceFn.MEAN, 0, 1), x), 1);
        gives(run(new Op.Reduce(ReduceFn.MEAN, 1, 1), x), 3, -1);
        gives(run(new Op.Reduce(ReduceFn.MAX, 0, 0), x), 1, 5, 3);
        gives(run(new Op.Reduce(ReduceFn.MAX, 1, 1), x), 5, 2);
        gives(run(new Op.Reduce(ReduceFn.SUM, 1, 1), of(dims(2, 0))), 0, 0);
    }

    @Test
    void middleAxesAreReduced() {
        double[] x = new double[24];
        Arrays.setAll(x, i -> i);
        gives(run(new Op.Reduce(ReduceFn.SUM, 1, 1), of(dims(2, 3, 4), x)), 12, 15, 18, 21, 48, 51, 54, 57);
    }

    @Test
    void softmax() {
        double sum = Math.exp(1) + Math.exp(2) + Math.exp(3);
        gives(run(new Op.Softmax(), of(dims(2, 3), 1, 2, 3, 1001, 1002, 1003)), Math.exp(1) / sum, Math.exp(2) / sum, Math.exp(3) / sum,
            Math.exp(1) / sum, Math.exp(2) / sum, Math.exp(3) / sum);
    }

    // -- products -----------------------------------------------------------------------------------------------------

    @Test
    void matmul() {
        Value a = of(dims(2, 3), 1, 2, 3, 4, 5, 6);
        Value b = of(dims(3, 2), 7, 8, 9, 10, 11, 12);
        gives(run(new Op.MatMul(false, false, NONE), a, b), 58, 64, 139, 154);
        Value at = of(dims(3, 2), 1, 4, 2, 5, 3, 6);
        Value bt = of(dims(2, 3), 7, 9, 11, 8, 10, 12);
        gives(run(new Op.MatMul(true, false, NONE), at, b), 58, 64, 139, 154);
        gives(run(new Op.MatMul(false, true, NONE), a, bt), 58, 64, 139, 154);
        gives(run(new Op.MatMul(true, true, NONE), at, bt), 58, 64, 139, 154);
        Value bias = of(dims(2), -60, -65);
        Value residual = of(dims(2, 2), 1, -5, 0, 100);
        gives(run(new Op.MatMul(false, false, new Epilogue(true, false, false)), a, b, bias), -2, -1, 79, 89);
        gives(run(new Op.MatMul(false, false, new Epilogue(true, true, false)), a, b, bias, residual), -1, -6, 79, 189);
        gives(run(new Op.MatMul(false, false, new Epilogue(true, true, true)), a, b, bias, residual), 0, 0, 79, 189);
        gives(run(new Op.MatMul(false, false, new Epilogue(false, true, true)), a, b, residual), 59, 59, 139, 254);
    }

    @Test
    void matmulBroadcastsLeadingAxes() {
        Value a = random(2, 1, 3, 4);
        Value b = random(5, 4, 2);
        Value y = run(new Op.MatMul(false, false, NONE), a, b);
        assertEquals(Shape.of(2, 5, 3, 2), y.shape());
        for (int p = 0; p < 2; p++) {
            for (int q = 0; q < 5; q++) {
                for (int i = 0; i < 3; i++) {
                    for (int j = 0; j < 2; j++) {
                        double sum = 0;
                        for (int k = 0; k < 4; k++) {
                            sum += a.data()[(p * 3 + i) * 4 + k] * b.data()[(q * 4 + k) * 2 + j];
                        }
                        assertEquals(sum, y.data()[((p * 5 + q) * 3 + i) * 2 + j], 1e-12);
                    }
                }
            }
        }
    }

    /** From the definition: every output element by itself. */
    private static Value convolution(Value x, Value w, int stride, int padding) {
        int height = (x.shape().dim(1) + 2 * padding - w.shape().dim(2)) / stride + 1;
        int width = (x.shape().dim(2) + 2 * padding - w.shape().dim(3)) / stride + 1;
        int[] dims = {x.shape().dim(0), height, width, w.shape().dim(0)};
        double[] y = new double[(int) Shape.of(dims).size()];
        int at = 0;
        for (int n = 0; n < dims[0]; n++) {
            for (int oy = 0; oy < height; oy++) {
                for (int ox = 0; ox < width; ox++) {
                    for (int o = 0; o < dims[3]; o++) {
                        for (int i = 0; i < x.shape().dim(3); i++) {
                            for (int ky = 0; ky < w.shape().dim(2); ky++) {
                                for (int kx = 0; kx < w.shape().dim(3); kx++) {
                                    y[at] += pixel(x, n, oy * stride + ky - padding, ox * stride + kx - padding, i)
                                        * w.data()[((o * w.shape().dim(1) + i) * w.shape().dim(2) + ky) * w.shape().dim(3) + kx];
                                }
                            }
                        }
                        at++;
                    }
                }
            }
        }
        return of(dims, y);
    }

    private static double pixel(Value x, int n, int py, int px, int c) {
        boolean inside = py >= 0 && py < x.shape().dim(1) && px >= 0 && px < x.shape().dim(2);
        return inside ? x.data()[((n * x.shape().dim(1) + py) * x.shape().dim(2) + px) * x.shape().dim(3) + c] : 0;
    }

    @ParameterizedTest
    @CsvSource({"1,1,1,0", "1,1,2,0", "3,3,1,1", "3,3,2,1", "3,3,3,2", "5,5,2,2", "7,7,2,3", "2,3,1,1", "3,2,2,0", "4,4,3,0"})
    void convolutionAndItsAdjoints(int kh, int kw, int stride, int padding) {
        for (int size = 7; size < 10; size++) {
            Value x = random(2, size, size + 1, 3);
            Value w = random(4, 3, kh, kw);
            Value y = run(new Op.Conv2d(stride, padding, NONE), x, w);
            near(convolution(x, w, stride, padding), y);
            Value g = random(y.shape().dims());
            assertEquals(dot(y, g), dot(x, run(new Op.Conv2dInputGradient(stride, padding, size, size + 1), g, w)), 1e-10);
            assertEquals(dot(y, g), dot(w, run(new Op.Conv2dWeightGradient(stride, padding, kh, kw), x, g)), 1e-10);
            Value bias = random(4);
            Value residual = random(y.shape().dims());
            double[] expected = y.data().clone();
            for (int i = 0; i < expected.length; i++) {
                expected[i] = Math.max(0, expected[i] + bias.data()[i % 4] + residual.data()[i]);
            }
            near(new Value(y.shape(), expected), run(new Op.Conv2d(stride, padding, new Epilogue(true, true, true)), x, w, bias, residual));
        }
    }

    @Test
    void convolutionByHand() {
        Value x = of(dims(1, 3, 3, 1), 1, 2, 3, 4, 5, 6, 7, 8, 9);
        Value w = of(dims(1, 1, 2, 2), 1, 0, 0, -1);
        gives(run(new Op.Conv2d(1, 0, NONE), x, w), -4, -4, -4, -4);
        gives(run(new Op.Conv2d(2, 1, NONE), x, w), -1, -3, -7, 5 - 9);
    }

    @Test
    void sparseIsDense() {
        SparseMatrix m = new SparseMatrix(3, 4, new int[] {0, 2, 2, 5}, new int[] {3, 0, 1, 1, 2}, new double[] {2, -1, 3, 4, 0.5});
        Value dense = of(dims(3, 4), m.toDense());
        gives(dense, -1, 0, 0, 2, 0, 0, 0, 0, 0, 7, 0.5, 0);
        Value x = random(2, 4, 5);
        near(run(new Op.MatMul(false, false, NONE), dense, x), run(new Op.SparseMatMul(m), x));
        Value g = random(2, 3, 5);
        assertEquals(dot(run(new Op.SparseMatMul(m), x), g), dot(x, run(new Op.SparseMatMul(m.transpose()), g)), 1e-12);
    }

    // -- attention ----------------------------------------------------------------------------------------------------

    private static AttentionMask someMask() {
        return AttentionMask.of(new boolean[][] {{true, false, true, true}, {false, true, false, false}, {true, true, true, true}});
    }

    /** By permutations, products and softmax; masked scores become -1e300. */
    private static Tensor composed(Graph graph, int heads, @Nullable AttentionMask mask, List<Tensor> in, int batch) {
        int features = in.get(0).dim(2);
        int d = features / heads;
        List<Tensor> split = in.stream().map(x -> x.broadcast(x.shape().with(0, batch)).reshape(batch, -1, heads, d).permute(0, 2, 1, 3)).toList();
        Tensor scores = split.get(0).matmul(split.get(1), false, true).mul(1 / Math.sqrt(d));
        if (mask != null) {
            float[] penalty = new float[mask.queries() * mask.keys()];
            for (int i = 0; i < penalty.length; i++) {
                penalty[i] = mask.allows(i / mask.keys(), i % mask.keys()) ? 0 : -1e38f;
            }
            scores = scores.add(graph.constant(Shape.of(mask.queries(), mask.keys()), penalty));
        }
        return scores.softmax().matmul(split.get(2)).permute(0, 2, 1, 3).reshape(batch, -1, features);
    }

    @Test
    void attentionIsProductsAndSoftmax() {
        for (AttentionMask mask : new AttentionMask[] {null, someMask()}) {
            for (int bits = 0; bits < 8; bits++) {
                Value q = random(1 + (bits & 1), 3, 6);
                Value k = random(1 + (bits >> 1 & 1), 4, 6);
                Value v = random(1 + (bits >> 2 & 1), 4, 6);
                int batch = bits == 0 ? 1 : 2;
                near(compute((graph, in) -> composed(graph, 2, mask, in, batch), q, k, v), run(new Op.Attention(2, mask), q, k, v));
            }
        }
    }

    @Test
    void attentionGradientIsTheDerivative() {
        for (AttentionMask mask : new AttentionMask[] {null, someMask()}) {
            for (int heads : new int[] {1, 2, 3}) {
                Value[] in = {random(2, 3, 6), random(2, 4, 6), random(2, 4, 6)};
                Value g = random(2, 3, 6);
                double[] gradient = run(new Op.AttentionGradient(heads, mask), in[0], in[1], in[2], g).data();
                int at = 0;
                for (int i = 0; i < 3; i++) {
                    int which = i;
                    double[] expected = differences(x -> {
                        Value[] changed = in.clone();
                        changed[which] = x;
                        return run(new Op.Attention(heads, mask), changed);
                    }, in[i], g);
                    assertArrayEquals(expected, Arrays.copyOfRange(gradient, at, at += expected.length), 1e-8);
                }
            }
        }
    }

    @Test
    void attentionGradientOfSharedInputsIsPerBatch() {
        Value q = random(1, 3, 4);
        Value k = random(2, 4, 4);
        Value v = random(1, 4, 4);
        Value g = random(2, 3, 4);
        Value full = run(new Op.AttentionGradient(2, null), twice(q), k, twice(v), g);
        near(full, run(new Op.AttentionGradient(2, null), q, k, v, g));
    }

    private static Value twice(Value x) {
        return run(new Op.Broadcast(x.shape().with(0, 2)), x);
    }

    // -- normalisation ------------------------------------------------------------------------------------------------

    @Test
    void normalizeByHand() {
        double s = Math.sqrt(2.0 / 3 + 0.1);
        gives(run(new Op.Normalize(1, 1, 0.1, false), of(dims(2, 3), 1, 2, 3, 13, 12, 11)), -1 / s, 0, 1 / s, 1 / s, 0, -1 / s);
        gives(run(new Op.Normalize(0, 0, 0.25, true), of(dims(2, 2), 1, 5, 3, 9), of(dims(2), 2, 3), of(dims(2), 10, 20)),
            10 - 2 / Math.sqrt(1.25), 20 - 6 / Math.sqrt(4.25), 10 + 2 / Math.sqrt(1.25), 20 + 6 / Math.sqrt(4.25));
    }

    @Test
    void normalizeIsMeanAndVariance() {
        int[][] ranges = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {1, 2}, {0, 2}};
        for (int[] r : ranges) {
            int[] kept = {3, 4, 5};
            for (int axis = r[0]; axis <= r[1]; axis++) {
                kept[axis] = 1;
            }
            Value x = random(3, 4, 5);
            Value gamma = random(5);
            Value beta = random(5);
            Value expected = compute((graph, in) -> {
                Tensor centred = in.get(0).sub(in.get(0).mean(r[0], r[1]).reshape(Shape.of(kept)));
                Tensor variance = centred.square().mean(r[0], r[1]).reshape(Shape.of(kept));
                return centred.div(variance.add(0.01).sqrt()).mul(in.get(1)).add(in.get(2));
            }, x, gamma, beta);
            near(expected, run(new Op.Normalize(r[0], r[1], 0.01, true), x, gamma, beta));
            Value g = random(3, 4, 5);
            double[] derivative = differences(v -> run(new Op.Normalize(r[0], r[1], 0.01, false), v), x, g);
            assertArrayEquals(derivative, run(new Op.NormalizeGradient(r[0], r[1], 0.01), x, g).data(), 1e-8);
        }
    }

    @Test
    void batchNorm() {
        gives(run(new Op.BatchNorm(0.5), of(dims(2, 2), 1, 2, 3, 4), of(dims(2), 2, 3), of(dims(2), 10, 20), of(dims(2), 1, 1), of(dims(2), 3.5, 8.5)),
            10, 20 + 1, 12, 20 + 3);
    }

    // -- images -------------------------------------------------------------------------------------------------------

    @Test
    void upsample() {
        Value x = of(dims(1, 1, 2, 2), 1, 2, 3, -4);
        gives(run(new Op.Upsample(2, NONE), x), 1, 2, 1, 2, 3, -4, 3, -4, 1, 2, 1, 2, 3, -4, 3, -4);
        Value residual = of(dims(1, 2, 4, 2), 0, -3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9);
        gives(run(new Op.Upsample(2, new Epilogue(false, true, true)), x, residual), 1, 0, 1, 2, 3, 0, 3, 0, 1, 2, 1, 2, 3, 0, 3, 5);
    }

    @Test
    void downsumIsTheAdjointOfUpsample() {
        Value x = random(2, 3, 2, 5);
        Value g = random(2, 9, 6, 5);
        assertEquals(dot(run(new Op.Upsample(3, NONE), x), g), dot(x, run(new Op.Downsum(3), g)), 1e-12);
        gives(run(new Op.Downsum(2), of(dims(1, 2, 4, 1), 1, 2, 3, 4, 5, 6, 7, 8)), 14, 22);
    }
}

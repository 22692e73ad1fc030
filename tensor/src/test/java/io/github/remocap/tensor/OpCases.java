package io.github.remocap.tensor;

import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.ReduceFn;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.OpCase.Arg;
import io.github.remocap.tensor.OpCase.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The table of op cases. Every interpreter of the op language is tried on all of them, and gradients are checked on those whose
 * inputs are marked differentiable.
 */
public final class OpCases {
    private static final double TOLERANCE = 2e-6;
    private static final Values ANY = uniform(-1, 1);
    private static final Values POSITIVE = uniform(0.5, 2);
    /** Away from zero by 0.2. */
    private static final Values NONZERO = (random, i, order) -> (random.nextBoolean() ? 1 : -1) * (0.2 + 1.8 * random.nextDouble());
    /** All different, by at least 4 / n; positive and negative. */
    private static final Values DISTINCT = (random, i, order) -> 4.0 * order[i] / order.length - 1.9;
    /** Multiples of a half; sums of their products are multiples of a quarter. */
    private static final Values HALVES = (random, i, order) -> (random.nextInt(9) - 4) / 2.0;
    /** Odd multiples of a half. */
    private static final Values ODD_HALVES = (random, i, order) -> random.nextInt(4) - 1.5;
    /** An eighth away from all multiples of a quarter. */
    private static final Values EIGHTHS = (random, i, order) -> (random.nextInt(16) - 8) / 4.0 + 0.125;
    private static final Values SOME_ZEROS = (random, i, order) -> i % 3 == 0 ? 0 : random.nextDouble() - 0.5;
    private static final Values SPECIAL = (random, i, order) -> new double[] {
        Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, 1, -3
    }[i % 6];

    private final List<OpCase> cases = new ArrayList<>();

    private OpCases() {
        leaves();
        elementwise();
        moving();
        reductions();
        matmuls();
        convolutions();
        attentions();
        normalisations();
        images();
        customs();
    }

    private static final class Holder {
        static final List<OpCase> ALL = List.copyOf(new OpCases().cases);
    }

    /** All cases. */
    public static List<OpCase> all() {
        return Holder.ALL;
    }

    /** Every op, on little data: for where the vectors are emulated. */
    public static List<OpCase> small() {
        return all().stream().filter(c -> c.size() <= 500).toList();
    }

    /** Equally likely between two bounds. */
    public static Values uniform(double low, double high) {
        return (random, i, order) -> low + (high - low) * random.nextDouble();
    }

    private static Values always(double value) {
        return (random, i, order) -> value;
    }

    private static Shape shape(int... dims) {
        return Shape.of(dims);
    }

    private static Arg arg(Values values, int... dims) {
        return new Arg(Shape.of(dims), values, true);
    }

    private static Arg arg(int... dims) {
        return arg(ANY, dims);
    }

    private void add(String note, Op op, Arg... args) {
        add(note, TOLERANCE, op, args);
    }

    private void add(String note, double tolerance, Op op, Arg... args) {
        StringBuilder name = new StringBuilder(op.name());
        for (Arg a : args) {
            name.append(a.shape().toString().replace(" ", ""));
        }
        if (!note.isEmpty()) {
            name.append(' ').append(note);
        }
        cases.add(new OpCase(name.toString(), op, List.of(args), tolerance));
    }

    private void leaves() {
        add("", new Op.Input("arg0", shape(3, 5)), arg(3, 5).fixed());
        add("", new Op.Parameter("arg0", shape(3, 5)), arg(3, 5).fixed());
        add("", new Op.Constant(shape(3, 5)), arg(3, 5).fixed());
    }

    // -- element by element -------------------------------------------------------------------------------------------

    private void elementwise() {
        for (UnaryFn fn : UnaryFn.values()) {
            Values values = switch (fn) {
                case ABS, SIGN, RELU, STEP, RECIPROCAL -> NONZERO;
                case SQRT, LOG -> POSITIVE;
                case NEG, SQUARE, EXP, SIN, COS, TANH, SIGMOID, IS_FINITE -> uniform(-3, 3);
            };
            boolean smooth = fn != UnaryFn.SIGN && fn != UnaryFn.STEP && fn != UnaryFn.IS_FINITE;
            for (int[] dims : new int[][] {{}, {1}, {7}, {3, 5}, {2, 3, 67}, {0}, {4, 0}}) {
                Arg x = arg(values, dims);
                add("", new Op.Unary(fn), smooth ? x : x.fixed());
            }
            add("", new Op.Unary(fn), arg(values, 3, 16_411).fixed());
            if (fn == UnaryFn.ABS || fn == UnaryFn.SIGN || fn == UnaryFn.RELU || fn == UnaryFn.STEP || fn == UnaryFn.SQUARE) {
                add("with zeros", new Op.Unary(fn), arg(SOME_ZEROS, 37).fixed());
            }
            add("of NaN and infinities", new Op.Unary(fn), arg(SPECIAL, 37).fixed());
        }
        add("far out", new Op.Unary(UnaryFn.EXP), arg(uniform(-110, 88), 500).fixed());
        add("far out", new Op.Unary(UnaryFn.SIGMOID), arg(uniform(-110, 110), 500).fixed());
        add("far out", new Op.Unary(UnaryFn.TANH), arg(uniform(-110, 110), 500).fixed());

        add("", new Op.Affine(2.5, -0.75), arg(5, 7));
        add("of a scalar", new Op.Affine(0, 3), arg());
        add("scale alone", new Op.Affine(-1e-3, 0), arg(35_000).fixed());
        add("of nothing", new Op.Affine(1, 1), arg(0, 3));

        for (BinaryFn fn : BinaryFn.values()) {
            binary(fn, shape(5, 9), shape(5, 9));
            binary(fn, shape(5, 9), shape());
            binary(fn, shape(), shape(5, 9));
            binary(fn, shape(), shape());
            binary(fn, shape(1), shape(17));
            binary(fn, shape(5, 9), shape(9));
            binary(fn, shape(9), shape(5, 9));
            binary(fn, shape(5, 9), shape(5, 1));
            binary(fn, shape(5, 1), shape(5, 9));
            binary(fn, shape(5, 1), shape(1, 19));
            binary(fn, shape(1, 19), shape(5, 1));
            binary(fn, shape(2, 3, 5, 9), shape(3, 1, 9));
            binary(fn, shape(3, 1, 9), shape(2, 3, 5, 9));
            binary(fn, shape(2, 1, 5, 1), shape(3, 1, 33));
            binary(fn, shape(2, 3, 5, 17), shape(2, 1, 1, 17));
            binary(fn, shape(2, 3, 5, 1), shape(2, 3, 5, 18));
            binary(fn, shape(4, 3, 1, 1), shape(4, 3, 1, 1));
            binary(fn, shape(0, 4), shape(4));
            binary(fn, shape(1), shape(0));
            binary(fn, shape(3, 1), shape(0));
            binary(fn, shape(2, 16_500), shape(16_500));
            binary(fn, shape(2, 16_500), shape(2, 1));
            binary(fn, shape(2, 700, 3), shape(2, 1, 3));
            binary(fn, shape(1, 1, 5), shape(2, 400, 5));
            binary(fn, shape(2, 700, 3), shape(2, 700, 1));
            binary(fn, shape(2, 130, 1), shape(2, 130, 7));
            binary(fn, shape(2, 130, 7), shape(2, 1, 1));
        }
        add("with zeros", new Op.Binary(BinaryFn.DIV_OR_ZERO), arg(SOME_ZEROS, 2, 19).fixed(), arg(SOME_ZEROS, 19).fixed());
        add("with ties", new Op.Binary(BinaryFn.GREATER), arg(HALVES, 2, 19).fixed(), arg(HALVES, 19).fixed());
        for (BinaryFn fn : BinaryFn.values()) {
            add("of NaN and infinities", new Op.Binary(fn), arg(SPECIAL, 6, 1).fixed(), arg(SPECIAL, 18).fixed());
        }

        Arg step = arg(always(7), new int[0]).fixed();
        add("p=0", new Op.Dropout(0, 5), arg(4, 9), step);
        add("p=0.3", new Op.Dropout(0.3, CounterRandom.key("some.module")), arg(4, 9), step);
        add("p=0.9", new Op.Dropout(0.9, -1), arg(), step);
        add("p=0.1", new Op.Dropout(0.1, 3), arg(40_000).fixed(), arg(always(123_456), new int[0]).fixed());
        add("p=0.5 of nothing", new Op.Dropout(0.5, 3), arg(0), step);
    }

    private void binary(BinaryFn fn, Shape a, Shape b) {
        Values right = switch (fn) {
            case DIV, DIV_OR_ZERO -> NONZERO;
            case MAX, MIN, GREATER -> EIGHTHS;
            case ADD, SUB, MUL -> ANY;
        };
        Values left = right == EIGHTHS ? HALVES : ANY;
        boolean smooth = fn != BinaryFn.GREATER && a.size() + b.size() < 10_000;
        add("", new Op.Binary(fn), new Arg(a, left, smooth), new Arg(b, right, smooth));
    }

    // -- moving elements ----------------------------------------------------------------------------------------------

    private void moving() {
        add("to [4,3]", new Op.Reshape(shape(4, 3)), arg(2, 6));
        add("to [1,12,1]", new Op.Reshape(shape(1, 12, 1)), arg(12));
        add("to a scalar", new Op.Reshape(shape()), arg(1, 1));
        add("from a scalar", new Op.Reshape(shape(1)), arg());
        add("of nothing", new Op.Reshape(shape(5, 0)), arg(0, 3));

        for (List<Integer> axes : permutations(3)) {
            add(axes.toString(), new Op.Permute(axes), arg(3, 4, 17));
        }
        for (List<Integer> axes : permutations(4)) {
            add(axes.toString(), new Op.Permute(axes), arg(2, 3, 1, 5));
        }
        add("", new Op.Permute(List.of()), arg());
        add("", new Op.Permute(List.of(0)), arg(5));
        add("large", new Op.Permute(List.of(1, 0)), arg(190, 210).fixed());
        add("in several units", new Op.Permute(List.of(0, 2, 1)), arg(3, 210, 317).fixed());
        add("to channels-last", new Op.Permute(List.of(0, 2, 3, 1)), arg(2, 19, 4, 5));
        add("of nothing", new Op.Permute(List.of(2, 0, 1)), arg(3, 0, 2));

        add("to [3,4]", new Op.Broadcast(shape(3, 4)), arg(4));
        add("to [3,4]", new Op.Broadcast(shape(3, 4)), arg(3, 1));
        add("to [3,4]", new Op.Broadcast(shape(3, 4)), arg());
        add("to [2,3,4,19]", new Op.Broadcast(shape(2, 3, 4, 19)), arg(3, 1, 19));
        add("to [2,3,4,19]", new Op.Broadcast(shape(2, 3, 4, 19)), arg(2, 1, 4, 1));
        add("to itself", new Op.Broadcast(shape(3, 4)), arg(3, 4));
        add("to nothing", new Op.Broadcast(shape(0, 4)), arg(1, 4));
        add("to [3,20000]", new Op.Broadcast(shape(3, 20_000)), arg(3, 1).fixed());

        for (int axis = 0; axis < 3; axis++) {
            add("axis " + axis + " front", new Op.Slice(axis, 0, 2), arg(4, 5, 19));
            add("axis " + axis + " middle", new Op.Slice(axis, 1, 2), arg(4, 5, 19));
            add("axis " + axis + " end", new Op.Slice(axis, 3, 1), arg(4, 5, 4));
            add("axis " + axis + " all", new Op.Slice(axis, 0, 4), arg(4, 4, 4));
            add("axis " + axis + " none", new Op.Slice(axis, 2, 0), arg(4, 4, 4));
            add("axis " + axis + " both", new Op.Pad(axis, 1, 2), arg(3, 4, 17));
            add("axis " + axis + " before", new Op.Pad(axis, 3, 0), arg(3, 4, 5));
            add("axis " + axis + " after", new Op.Pad(axis, 0, 1), arg(3, 4, 5));
            add("axis " + axis + " none", new Op.Pad(axis, 0, 0), arg(3, 4, 5));
            add("axis " + axis + " of nothing", new Op.Pad(axis, 1, 1), arg(0, 0, 0));
            add("axis " + axis, new Op.Concat(axis), arg(3, 4, 5), arg(shape(3, 4, 5).with(axis, 1).dims()), arg(shape(3, 4, 5).with(axis, 7).dims()));
            add("axis " + axis + " with an empty one", new Op.Concat(axis), arg(shape(3, 4, 5).with(axis, 0).dims()), arg(3, 4, 5));
            add("axis " + axis + " alone", new Op.Concat(axis), arg(3, 4, 5));
            IntList indices = IntList.of(2, 0, 0, 3, 2, 2);
            add("axis " + axis, new Op.Gather(axis, indices), arg(5, 4, 6));
            add("axis " + axis + " wide", new Op.Gather(axis, indices), arg(4, 5, 19));
            add("axis " + axis + " none", new Op.Gather(axis, IntList.of()), arg(5, 4, 6));
            add("axis " + axis, new Op.ScatterAdd(axis, indices, 5), arg(shape(3, 4, 5).with(axis, 6).dims()));
            add("axis " + axis + " wide", new Op.ScatterAdd(axis, indices, 4), arg(shape(3, 4, 35).with(axis, 6).dims()));
            add("axis " + axis + " none", new Op.ScatterAdd(axis, IntList.of(), 4), arg(shape(3, 4, 5).with(axis, 0).dims()));
        }
        add("of a vector", new Op.Gather(0, IntList.of(1, 1)), arg(2));
        add("large", new Op.Gather(1, IntList.of(new Random(1).ints(300, 0, 200).toArray())), arg(2, 200, 70).fixed());
        add("large", new Op.ScatterAdd(1, IntList.of(new Random(1).ints(300, 0, 200).toArray()), 200), arg(2, 300, 70).fixed());
    }

    private static List<List<Integer>> permutations(int n) {
        if (n == 0) {
            return List.of(List.of());
        }
        List<List<Integer>> all = new ArrayList<>();
        for (List<Integer> shorter : permutations(n - 1)) {
            for (int at = 0; at < n; at++) {
                List<Integer> axes = new ArrayList<>(shorter);
                axes.add(at, n - 1);
                all.add(List.copyOf(axes));
            }
        }
        return all;
    }

    // -- reductions ---------------------------------------------------------------------------------------------------

    private void reductions() {
        for (ReduceFn fn : ReduceFn.values()) {
            Values values = fn == ReduceFn.MAX ? DISTINCT : ANY;
            for (int first = 0; first < 4; first++) {
                for (int last = first; last < 4; last++) {
                    add("axes " + first + "-" + last, new Op.Reduce(fn, first, last), arg(values, 2, 3, 4, 5));
                    add("axes " + first + "-" + last, new Op.Reduce(fn, first, last), arg(values, 3, 2, 1, 70).fixed());
                }
            }
            add("to a scalar", new Op.Reduce(fn, 0, 0), arg(values, 7));
            add("of one", new Op.Reduce(fn, 0, 0), arg(values, 1));
            add("long rows", new Op.Reduce(fn, 1, 1), arg(values, 3, 5003).fixed());
            add("long columns", new Op.Reduce(fn, 0, 0), arg(values, 3001, 19).fixed());
            add("many rows", new Op.Reduce(fn, 1, 1), arg(values, 3000, 9).fixed());
            add("of nothing", new Op.Reduce(fn, 1, 1), arg(values, 0, 4, 3));
            add("of nothing", new Op.Reduce(fn, 1, 1), arg(values, 3, 4, 0));
            add("of NaN and infinities", new Op.Reduce(fn, 0, 0), arg(SPECIAL, 3, 37).fixed());
        }
        add("over an empty axis", new Op.Reduce(ReduceFn.SUM, 1, 1), arg(3, 0, 2));
        add("over an empty last axis", new Op.Reduce(ReduceFn.SUM, 1, 1), arg(3, 0));

        add("", new Op.Detach(), arg(2, 3).fixed());
        add("", new Op.Softmax(), arg(5));
        add("", new Op.Softmax(), arg(3, 7));
        add("", new Op.Softmax(), arg(2, 3, 33));
        add("one class", new Op.Softmax(), arg(4, 1));
        add("of nothing", new Op.Softmax(), arg(0, 5));
        add("steep", new Op.Softmax(), arg(uniform(-80, 80), 6, 21).fixed());
        add("large", new Op.Softmax(), arg(uniform(-4, 4), 20, 1003).fixed());
    }

    // -- products -----------------------------------------------------------------------------------------------------

    private static Epilogue epilogue(int bits) {
        return new Epilogue((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0);
    }

    private static String say(Epilogue e) {
        return (e.bias() ? "+bias" : "") + (e.residual() ? "+residual" : "") + (e.relu() ? "+relu" : "");
    }

    private void matmul(boolean ta, boolean tb, Epilogue e, Shape a, Shape b, boolean checked) {
        int k = a.dim(ta ? -2 : -1);
        boolean oddRelu = e.relu() && e.inputs() == 0;
        Values values = oddRelu ? ODD_HALVES : e.relu() ? HALVES : ANY;
        boolean smooth = checked && (!oddRelu || k % 2 == 1);
        List<Arg> args = new ArrayList<>(List.of(new Arg(a, values, smooth), new Arg(b, values, smooth)));
        Shape out = new Op.MatMul(ta, tb, Epilogue.NONE).infer(List.of(a, b));
        extras(e, out, smooth, args);
        add((ta ? "a^T" : "a") + (tb ? " b^T" : " b") + say(e), new Op.MatMul(ta, tb, e), args.toArray(new Arg[0]));
    }

    /** Bias and residual; with ReLU one of them keeps all sums an eighth away from zero. */
    private static void extras(Epilogue e, Shape out, boolean smooth, List<Arg> args) {
        if (e.bias()) {
            args.add(new Arg(shape(out.dim(-1)), e.relu() ? EIGHTHS : ANY, smooth));
        }
        if (e.residual()) {
            args.add(new Arg(out, !e.relu() ? ANY : e.bias() ? HALVES : EIGHTHS, smooth));
        }
    }

    private static Shape matrix(int rows, int columns, boolean transposed, int... lead) {
        int[] dims = Arrays.copyOf(lead, lead.length + 2);
        dims[lead.length] = transposed ? columns : rows;
        dims[lead.length + 1] = transposed ? rows : columns;
        return Shape.of(dims);
    }

    private void matmuls() {
        for (int t = 0; t < 4; t++) {
            boolean ta = (t & 1) != 0;
            boolean tb = (t & 2) != 0;
            for (int[] s : new int[][] {{1, 1, 1}, {3, 5, 7}, {6, 16, 16}, {7, 17, 33}, {13, 1, 9}, {1, 40, 1}}) {
                matmul(ta, tb, Epilogue.NONE, matrix(s[0], s[1], ta), matrix(s[1], s[2], tb), true);
            }
            matmul(ta, tb, Epilogue.NONE, matrix(50, 400, ta), matrix(400, 70, tb), false);
            int[][][] leads = {{{2}, {}}, {{}, {2}}, {{2, 3}, {2, 3}}, {{2, 1}, {1, 3}}, {{3}, {2, 1}}, {{2, 3}, {3}}, {{2, 1}, {3}},
                {{1}, {2, 3}}, {{1, 1}, {1}}, {{2, 3}, {2, 1}}, {{2, 1, 2}, {3, 1}}};
            for (int[][] lead : leads) {
                matmul(ta, tb, Epilogue.NONE, matrix(3, 5, ta, lead[0]), matrix(5, 4, tb, lead[1]), true);
            }
            for (int bits = 1; bits < 8; bits++) {
                matmul(ta, tb, epilogue(bits), matrix(7, 5, ta), matrix(5, 19, tb), true);
                matmul(ta, tb, epilogue(bits), matrix(3, 5, ta, 2, 1), matrix(5, 9, tb, 1, 3), true);
            }
        }
        for (int bits = 1; bits < 8; bits++) {
            matmul(false, true, epilogue(bits), shape(2, 3, 7, 5), shape(18, 5), true);
            matmul(false, false, epilogue(bits), shape(13, 12), shape(12, 32), true);
            matmul(false, false, epilogue(bits), shape(3, 0), shape(0, 19), false);
        }
        matmul(false, false, Epilogue.NONE, shape(100, 800), shape(800, 300), false);
        matmul(false, true, epilogue(7), shape(65, 385), shape(129, 385), false);
        matmul(false, true, epilogue(2), shape(2, 18000), shape(130, 18000), false);
        matmul(false, false, Epilogue.NONE, shape(0, 4), shape(4, 5), false);
        matmul(false, false, Epilogue.NONE, shape(3, 4), shape(4, 0), false);
        matmul(false, false, Epilogue.NONE, shape(3, 0), shape(0, 5), false);
        matmul(false, false, Epilogue.NONE, shape(2, 3, 0), shape(2, 0, 5), false);
        matmul(false, false, Epilogue.NONE, shape(0, 3, 4), shape(4, 5), false);
        matmul(false, false, Epilogue.NONE, shape(0, 3, 4), shape(0, 4, 5), false);

        for (int[] lead : new int[][] {{}, {3}, {2, 2}}) {
            for (int c : new int[] {1, 5, 33}) {
                SparseMatrix m = sparse(11, 7, 3);
                add(m + "", new Op.SparseMatMul(m), new Arg(matrix(7, c, false, lead), ANY, true));
            }
        }
        SparseMatrix large = sparse(700, 300, 4);
        add(large + "", new Op.SparseMatMul(large), arg(2, 300, 20).fixed());
        SparseMatrix repeated = new SparseMatrix(2, 3, new int[] {0, 3, 4}, new int[] {2, 0, 2, 1}, new double[] {1, 2, 3, 4});
        add("unordered and repeated entries", new Op.SparseMatMul(repeated), arg(3, 4));
        add("no entries", new Op.SparseMatMul(new SparseMatrix(3, 2, new int[4], new int[0], new double[0])), arg(2, 4));
        add("no columns", new Op.SparseMatMul(new SparseMatrix(3, 0, new int[4], new int[0], new double[0])), arg(2, 0, 4));
        add("no rows", new Op.SparseMatMul(new SparseMatrix(0, 3, new int[1], new int[0], new double[0])), arg(2, 3, 4));
    }

    /** About {@code perRow} entries in each row; every third row is empty. */
    private static SparseMatrix sparse(int rows, int cols, int perRow) {
        Random random = new Random(rows);
        double[] dense = new double[rows * cols];
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < perRow && r % 3 != 1; i++) {
                dense[r * cols + random.nextInt(cols)] = random.nextDouble() - 0.5;
            }
        }
        return SparseMatrix.fromDense(rows, cols, dense);
    }

    private void conv(String note, Epilogue e, int stride, int padding, Shape x, Shape w, boolean checked) {
        boolean smooth = checked && (!e.relu() || e.inputs() > 0);
        Values values = e.relu() ? HALVES : ANY;
        List<Arg> args = new ArrayList<>(List.of(new Arg(x, values, smooth), new Arg(w, values, smooth)));
        extras(e, new Op.Conv2d(stride, padding, Epilogue.NONE).infer(List.of(x, w)), smooth, args);
        add("stride " + stride + " padding " + padding + say(e) + note, new Op.Conv2d(stride, padding, e), args.toArray(new Arg[0]));
    }

    private void gradients(int stride, int padding, Shape x, Shape w, boolean checked) {
        Shape g = new Op.Conv2d(stride, padding, Epilogue.NONE).infer(List.of(x, w));
        String note = "stride " + stride + " padding " + padding;
        boolean winograd = w.dim(2) == 3 && w.dim(0) >= 32;
        add(note + " to " + x, winograd ? 1e-5 : TOLERANCE, new Op.Conv2dInputGradient(stride, padding, x.dim(1), x.dim(2)), new Arg(g, ANY, checked), new Arg(w, ANY, checked));
        add(note + " to " + w, new Op.Conv2dWeightGradient(stride, padding, w.dim(2), w.dim(3)), new Arg(x, ANY, checked), new Arg(g, ANY, checked));
    }

    private void convolutions() {
        for (int kernel : new int[] {1, 3, 5, 7}) {
            for (int stride = 1; stride <= 3; stride++) {
                for (int padding : IntStream.of(0, kernel / 2, kernel - 1).distinct().toArray()) {
                    for (int channels : new int[] {1, 3, 8, 16}) {
                        boolean checked = channels == 3 && kernel < 7;
                        Shape x = shape(2, 8, 9, channels);
                        Shape w = shape(channels == 16 ? 33 : 5, channels, kernel, kernel);
                        conv("", Epilogue.NONE, stride, padding, x, w, checked);
                        gradients(stride, padding, x, w, checked);
                    }
                }
            }
        }
        for (int size = 5; size < 8; size++) { // all remainders of the stride
            for (int stride = 2; stride <= 4; stride++) {
                gradients(stride, 1, shape(1, size, size + 1, 2), shape(3, 2, 3, 3), true);
            }
        }
        for (int bits = 1; bits < 8; bits++) {
            conv("", epilogue(bits), 1, 1, shape(2, 5, 6, 3), shape(7, 3, 3, 3), true);
            conv("", epilogue(bits), 2, 1, shape(1, 7, 5, 4), shape(33, 4, 3, 3), false);
            conv("", epilogue(bits), 1, 0, shape(1, 5, 5, 9), shape(16, 9, 1, 1), true);
        }
        int[][] kernels = {{1, 3}, {3, 1}, {2, 2}, {5, 2}};
        for (int[] k : kernels) {
            conv("", Epilogue.NONE, 1, 0, shape(2, 7, 6, 3), shape(4, 3, k[0], k[1]), true);
            conv("", Epilogue.NONE, 2, Math.min(k[0], k[1]) - 1, shape(2, 8, 7, 3), shape(4, 3, k[0], k[1]), false);
            gradients(2, Math.min(k[0], k[1]) - 1, shape(2, 8, 7, 3), shape(4, 3, k[0], k[1]), true);
        }
        conv(" kernel as large as the image", Epilogue.NONE, 1, 0, shape(2, 3, 4, 5), shape(6, 5, 3, 4), true);
        conv(" deep", epilogue(7), 1, 1, shape(1, 14, 14, 64), shape(64, 64, 3, 3), false);
        conv(" wide", Epilogue.NONE, 1, 0, shape(1, 9, 9, 20), shape(300, 20, 1, 1), false);
        conv(" many channels of one tap", epilogue(7), 2, 0, shape(1, 5, 5, 260), shape(130, 260, 1, 1), false);
        conv(" no images", Epilogue.NONE, 1, 1, shape(0, 5, 5, 3), shape(4, 3, 3, 3), false);
        conv(" no channels", epilogue(1), 1, 1, shape(2, 5, 5, 0), shape(4, 0, 3, 3), false);
        gradients(1, 1, shape(1, 15, 15, 100), shape(40, 100, 3, 3), false);
        gradients(2, 1, shape(2, 16, 16, 20), shape(19, 20, 3, 3), false);
        gradients(2, 1, shape(1, 6, 7, 130), shape(260, 130, 3, 3), false);
        gradients(1, 1, shape(0, 5, 5, 3), shape(4, 3, 3, 3), false);
        gradients(2, 1, shape(0, 5, 5, 3), shape(4, 3, 3, 3), false);
    }

    // -- attention ----------------------------------------------------------------------------------------------------

    private void attention(String note, int heads, @Nullable AttentionMask mask, int[] batch, int queries, int keys, int features) {
        boolean checked = (long) queries * keys * features < 3000;
        Arg q = new Arg(shape(batch[0], queries, features), uniform(-2, 2), checked);
        Arg k = new Arg(shape(batch[1], keys, features), uniform(-2, 2), checked);
        Arg v = new Arg(shape(batch[2], keys, features), ANY, checked);
        String text = heads + " heads" + (mask == null ? "" : ", " + mask) + note;
        add(text, new Op.Attention(heads, mask), q, k, v);
        Arg g = new Arg(shape(Math.max(batch[0], Math.max(batch[1], batch[2])), queries, features), ANY, checked);
        add(text, 4e-6, new Op.AttentionGradient(heads, mask), q.fixed(), k.fixed(), v.fixed(), g);
    }

    private static AttentionMask mask(int queries, int keys, int... allowed) {
        Random random = new Random(queries);
        boolean[][] may = new boolean[queries][keys];
        for (int t = 0; t < queries; t++) {
            int n = allowed[t % allowed.length];
            for (int i = 0; i < n; i++) {
                may[t][n == keys ? i : random.nextInt(keys)] = true;
            }
        }
        return AttentionMask.of(may);
    }

    private void attentions() {
        int[] one = {1, 1, 1};
        int[] two = {2, 2, 2};
        attention("", 1, null, one, 1, 1, 1);
        attention("", 1, null, one, 5, 5, 8);
        attention("", 2, null, two, 5, 5, 10);
        attention("", 4, null, two, 3, 9, 12);
        attention("", 4, null, two, 9, 3, 12);
        attention("", 2, null, two, 7, 33, 32);
        attention("", 3, null, one, 50, 21, 99);
        attention("", 8, null, two, 97, 65, 128);
        for (int bits = 0; bits < 7; bits++) {
            attention("", 2, null, new int[] {(bits & 1) + 1, (bits >> 1 & 1) + 1, (bits >> 2 & 1) + 1}, 4, 6, 6);
        }
        attention(" dense", 2, mask(5, 6, 4, 5, 6), two, 5, 6, 8);
        attention(" one key each", 2, mask(5, 6, 1), two, 5, 6, 8);
        attention(" sparse", 2, mask(11, 40, 2, 3), two, 11, 40, 6);
        attention(" sparse and dense", 2, mask(11, 40, 2, 30, 40, 9), new int[] {2, 1, 2}, 11, 40, 6);
        attention(" sparse and dense", 4, mask(70, 80, 5, 60, 19, 20, 80), two, 70, 80, 64);
        attention(" none of 9", 2, mask(9, 40, 4), new int[] {1, 2, 1}, 9, 40, 10);
        attention(" a head in each lane", 8, mask(33, 40, 2, 3, 40, 1, 5, 2), two, 33, 40, 72);
        attention(" heads in several vectors", 12, mask(11, 40, 2, 3, 9), new int[] {2, 1, 2}, 11, 40, 24);
        attention(" lanes without a head", 4, mask(11, 40, 5), new int[] {1, 2, 1}, 11, 40, 12);
        attention(" no batch", 2, null, new int[] {0, 0, 0}, 4, 6, 6);
        attention(" no queries", 2, null, two, 0, 6, 6);
    }

    // -- normalisation ------------------------------------------------------------------------------------------------

    private void normalize(int first, int last, boolean checked, int... dims) {
        Arg x = new Arg(shape(dims), DISTINCT, checked);
        int c = dims[dims.length - 1];
        String axes = "axes " + first + "-" + last;
        add(axes, 1e-5, new Op.Normalize(first, last, 1e-5, false), x);
        add(axes + " affine", 1e-5, new Op.Normalize(first, last, 1e-3, true), x, new Arg(shape(c), POSITIVE, checked), new Arg(shape(c), ANY, checked));
        add(axes, 1e-5, new Op.NormalizeGradient(first, last, 1e-5), x.fixed(), new Arg(shape(dims), ANY, checked));
    }

    private void normalisations() {
        for (int first = 0; first < 4; first++) {
            for (int last = first; last < 4; last++) {
                normalize(first, last, true, 4, 3, 5, 6);
            }
        }
        normalize(0, 0, true, 9);
        normalize(1, 1, true, 3, 33);
        normalize(1, 2, false, 2, 9, 9, 70);
        normalize(0, 2, false, 3, 17, 16, 67);
        normalize(1, 2, false, 3, 7, 5, 1);
        normalize(1, 3, false, 3, 7, 5, 19);
        normalize(1, 1, false, 600, 64);
        normalize(0, 0, false, 3000, 3);
        normalize(1, 1, false, 0, 5);
        normalize(1, 1, false, 3, 5, 0);
        add("of equal elements", new Op.Normalize(1, 1, 1e-5, false), arg(always(0.5), 3, 19));
        add("far from zero", 1e-4, new Op.Normalize(1, 1, 1e-5, false), arg(uniform(100, 102), 3, 40, 5).fixed());

        for (int[] dims : new int[][] {{5, 19}, {2, 3, 4, 33}, {700, 130}, {3, 40, 50, 67}, {9001, 3}, {1, 40}, {3, 0}}) {
            int c = dims[dims.length - 1];
            boolean checked = dims[0] < 3 && dims[0] > 1;
            add("", 1e-5, new Op.Moments(), new Arg(shape(dims), DISTINCT, checked));
            add("", 2e-5, new Op.BatchNormGradient(1e-2), new Arg(shape(dims), DISTINCT, false).fixed(), new Arg(shape(c), ANY, false).fixed(),
                new Arg(shape(dims), ANY, checked));
        }
        add("far from zero", 1e-4, new Op.Moments(), arg(uniform(100, 102), 3, 4000, 5).fixed());
        add("of equal elements", new Op.Moments(), arg(always(0.5), 300, 19));
        for (int[] dims : new int[][] {{4}, {5, 19}, {2, 3, 4, 33}, {700, 130}, {0, 5}, {3, 0}}) {
            int c = dims[dims.length - 1];
            boolean checked = dims[0] < 100;
            add("", new Op.BatchNorm(1e-5), new Arg(shape(dims), ANY, checked), new Arg(shape(c), POSITIVE, checked), new Arg(shape(c), ANY, checked),
                new Arg(shape(c), ANY, checked), new Arg(shape(c), POSITIVE, checked));
        }
    }

    // -- images -------------------------------------------------------------------------------------------------------

    private void images() {
        for (int scale : new int[] {1, 2, 3, 8}) {
            for (int c : new int[] {1, 5, 32}) {
                Shape x = shape(2, 3, 2, c);
                Shape y = shape(2, 3 * scale, 2 * scale, c);
                for (int bits = 0; bits < 8; bits += 2) {
                    Epilogue e = epilogue(bits);
                    List<Arg> args = new ArrayList<>(List.of(new Arg(x, e.relu() && !e.residual() ? NONZERO : HALVES, true)));
                    extras(e, y, true, args);
                    add("x" + scale + say(e), new Op.Upsample(scale, e), args.toArray(new Arg[0]));
                }
                add("/" + scale, new Op.Downsum(scale), new Arg(y, ANY, true));
            }
        }
        add("of nothing", new Op.Upsample(2, Epilogue.NONE), arg(0, 2, 3, 4));
        add("of nothing", new Op.Downsum(2), arg(2, 4, 0, 4));
    }

    // -- from outside -------------------------------------------------------------------------------------------------

    /** {@code a - 2 b}, a part per row; leaves every fifth element as it is found, which is zero. */
    public record Minus() implements CustomOp {
        @Override
        public String name() {
            return "Minus";
        }

        @Override
        public Shape infer(List<Shape> inputs) {
            if (inputs.size() != 2 || !inputs.get(0).equals(inputs.get(1)) || inputs.get(0).rank() != 2) {
                throw new IllegalArgumentException("needs two equal matrices");
            }
            return inputs.get(0);
        }

        @Override
        public int parts(List<Shape> inputs) {
            return inputs.get(0).dim(0);
        }

        @Override
        public void compute(int part, List<Elements> inputs, Elements output) {
            int columns = output.shape().dim(1);
            for (long i = (long) part * columns; i < (part + 1L) * columns; i++) {
                if (i % 5 != 4) {
                    output.set(i, inputs.get(0).get(i) - 2 * inputs.get(1).get(i));
                }
            }
        }
    }

    private void customs() {
        add("", new Op.Custom(new Minus()), arg(1, 7).fixed(), arg(1, 7).fixed());
        add("many parts", new Op.Custom(new Minus()), arg(40, 9).fixed(), arg(40, 9).fixed());
        add("no parts", new Op.Custom(new Minus()), arg(0, 9).fixed(), arg(0, 9).fixed());
    }
}

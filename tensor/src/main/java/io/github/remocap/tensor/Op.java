package io.github.remocap.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The op language. An op is a record: its attributes and its shape rule, nothing else. What it computes is said here in one
 * line and defined by the reference interpreter. Every reader of the language (interpreters, gradients, the compiler) is an
 * exhaustive {@code switch} without {@code default}.
 *
 * <p>Images are channels-last, {@code [N,H,W,C]}; weights keep PyTorch's layout.
 */
public sealed interface Op {
    /**
     * Shape of the output.
     *
     * @throws ShapeException if the inputs violate this op's rule
     */
    Shape infer(List<Shape> in);

    /** Name shown in errors and reports. */
    default String name() {
        return getClass().getSimpleName();
    }

    /** What the i-th input is, for errors. */
    default String inputName(int i) {
        return "input " + i;
    }

    /** Functions of one number. */
    enum UnaryFn { NEG, ABS, SIGN, SQUARE, SQRT, RECIPROCAL, EXP, LOG, SIN, COS, TANH, SIGMOID, RELU, STEP, IS_FINITE }

    /** Functions of two numbers. */
    enum BinaryFn { ADD, SUB, MUL, DIV, MAX, MIN, GREATER, DIV_OR_ZERO }

    /** Reductions. */
    enum ReduceFn { SUM, MEAN, MAX }

    /**
     * What a matrix product, a convolution or an upsampling does to its result before it is stored, in this order. The extra
     * inputs follow the op's own.
     *
     * @param bias adds an input {@code [C]} along the last axis
     * @param residual adds an input of the output's shape
     * @param relu clamps at zero
     */
    record Epilogue(boolean bias, boolean residual, boolean relu) {
        /** Stores the plain result. */
        public static final Epilogue NONE = new Epilogue(false, false, false);

        /** Number of extra inputs. */
        public int inputs() {
            return (bias ? 1 : 0) + (residual ? 1 : 0);
        }

        private Shape check(Shape out, List<Shape> in, int first) {
            int at = first;
            if (bias && !in.get(at++).equals(Shape.of(out.dim(-1)))) {
                throw new ShapeException("the bias must be [" + out.dim(-1) + "]");
            }
            if (residual && !in.get(at).equals(out)) {
                throw new ShapeException("the residual must be " + out);
            }
            return out;
        }
    }

    // -- leaves -------------------------------------------------------------------------------------------------------

    /** A value that the caller sets before each run. */
    record Input(String label, Shape shape) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 0);
            return shape;
        }
    }

    /** A named array that outlives programs: a weight, a running statistic, an optimiser's state. */
    record Parameter(String label, Shape shape) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 0);
            return shape;
        }
    }

    /** A value known when the graph is built. Its elements belong to the tensor, not to the op. */
    record Constant(Shape shape) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 0);
            return shape;
        }
    }

    // -- element by element -------------------------------------------------------------------------------------------

    /** {@code fn(x)}. STEP is 1 where x > 0, else 0; IS_FINITE is 1 or 0. */
    record Unary(UnaryFn fn) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            return in.get(0);
        }

        @Override
        public String name() {
            return "Unary." + fn.name().toLowerCase(Locale.ROOT);
        }
    }

    /** {@code scale * x + shift}. */
    record Affine(double scale, double shift) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            return in.get(0);
        }
    }

    /**
     * {@code fn(a, b)} with NumPy's broadcasting. GREATER is 1 where a > b, else 0; DIV_OR_ZERO is a / b, and 0 where b is 0.
     */
    record Binary(BinaryFn fn) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 2);
            return broadcast(in.get(0), in.get(1));
        }

        @Override
        public String name() {
            return "Binary." + fn.name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Zeroes elements with probability p and divides the others by 1 - p. Inputs: x, and the step counter (a scalar). The
     * random number of an element depends on key, step and its index alone.
     */
    record Dropout(double p, long key) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 2);
            rule(p >= 0 && p < 1, "the probability must be in [0, 1), not " + p);
            rule(in.get(1).rank() == 0, "the step counter must be a scalar");
            return in.get(0);
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "input" : "step";
        }
    }

    // -- moving elements ----------------------------------------------------------------------------------------------

    /** The same elements in the same order under another shape. */
    record Reshape(Shape shape) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            rule(in.get(0).size() == shape.size(), in.get(0).size() + " elements do not fill " + shape);
            return shape;
        }
    }

    /** The input itself, as a constant to gradients: nothing flows back through it. It costs nothing at run time. */
    record Detach() implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            return in.get(0);
        }
    }

    /** Output axis i is input axis {@code axes.get(i)}. */
    record Permute(List<Integer> axes) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            Shape x = in.get(0);
            rule(axes.size() == x.rank() && axes.stream().sorted().toList().equals(range(x.rank())), "axes " + axes + " are no order of the input's");
            return Shape.of(axes.stream().mapToInt(x::dim).toArray());
        }
    }

    /** Repeats along axes of extent 1 and along new leading axes, as NumPy's {@code broadcast_to}. */
    record Broadcast(Shape shape) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            rule(broadcast(in.get(0), shape).equals(shape), "cannot be repeated to " + shape);
            return shape;
        }
    }

    /** {@code length} neighbours along an axis. */
    record Slice(int axis, int start, int length) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            checkAxis(in.get(0), axis);
            int extent = in.get(0).dim(axis);
            rule(start >= 0 && length >= 0 && (long) start + length <= extent,
                "[" + start + ", " + ((long) start + length) + ") is outside of axis " + axis + " with " + extent + " elements");
            return in.get(0).with(axis, length);
        }
    }

    /** Zeros before and after along an axis. */
    record Pad(int axis, int before, int after) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            checkAxis(in.get(0), axis);
            rule(before >= 0 && after >= 0, "negative padding");
            return in.get(0).with(axis, in.get(0).dim(axis) + before + after);
        }
    }

    /** Inputs one after the other along an axis. */
    record Concat(int axis) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            rule(!in.isEmpty(), "nothing to concatenate");
            Shape first = in.get(0);
            checkAxis(first, axis);
            int extent = 0;
            for (Shape s : in) {
                rule(s.rank() == first.rank() && s.with(axis, 0).equals(first.with(axis, 0)), "all axes but " + axis + " must agree");
                extent += s.dim(axis);
            }
            return first.with(axis, extent);
        }
    }

    /** Elements {@code indices} along an axis, in that order, repeats allowed. */
    record Gather(int axis, IntList indices) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            checkAxis(in.get(0), axis);
            rule(indices.within(in.get(0).dim(axis)), "an index is outside of axis " + axis);
            return in.get(0).with(axis, indices.size());
        }
    }

    /** Adds element i along an axis to element {@code indices[i]} of zeros with {@code extent} elements: Gather's gradient. */
    record ScatterAdd(int axis, IntList indices, int extent) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            checkAxis(in.get(0), axis);
            rule(in.get(0).dim(axis) == indices.size(), indices.size() + " indices for axis " + axis);
            rule(indices.within(extent), "an index is outside of the extent " + extent);
            return in.get(0).with(axis, extent);
        }
    }

    // -- reductions ---------------------------------------------------------------------------------------------------

    /** Combines the axes from {@code first} to {@code last}, both inclusive, and drops them. */
    record Reduce(ReduceFn fn, int first, int last) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            Shape x = in.get(0);
            rule(first >= 0 && first <= last && last < x.rank(), "axes " + first + " to " + last + " of " + x.rank());
            rule(fn == ReduceFn.SUM || Folded.of(x, first, last).middle() > 0, "nothing to reduce");
            List<Integer> left = new ArrayList<>();
            for (int i = 0; i < x.rank(); i++) {
                if (i < first || i > last) {
                    left.add(x.dim(i));
                }
            }
            return Shape.of(left.stream().mapToInt(i -> i).toArray());
        }

        @Override
        public String name() {
            return "Reduce." + fn.name().toLowerCase(Locale.ROOT);
        }
    }

    /** Along the last axis, exp(x - max) divided by its sum. */
    record Softmax() implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            rule(in.get(0).rank() > 0 && in.get(0).dim(-1) > 0, "needs a last axis");
            return in.get(0);
        }
    }

    // -- products -----------------------------------------------------------------------------------------------------

    /**
     * {@code a @ b} over the last two axes, each transposed first if asked; leading axes are broadcast.
     */
    record MatMul(boolean transposeA, boolean transposeB, Epilogue epilogue) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 2 + epilogue.inputs());
            Shape a = in.get(0);
            Shape b = in.get(1);
            rule(a.rank() >= 2 && b.rank() >= 2, "both sides need two axes");
            int m = a.dim(transposeA ? -1 : -2);
            int k = a.dim(transposeA ? -2 : -1);
            int n = b.dim(transposeB ? -2 : -1);
            rule(k == b.dim(transposeB ? -1 : -2), "the inner extents " + k + " and " + b.dim(transposeB ? -1 : -2) + " differ");
            Shape lead = broadcast(leading(a), leading(b));
            int[] dims = java.util.Arrays.copyOf(lead.dims(), lead.rank() + 2);
            dims[lead.rank()] = m;
            dims[lead.rank() + 1] = n;
            return epilogue.check(Shape.of(dims), in, 2);
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "a" : i == 1 ? "b" : i == 2 && epilogue.bias ? "bias" : "residual";
        }

        static Shape leading(Shape s) {
            return Shape.of(java.util.Arrays.copyOf(s.dims(), s.rank() - 2));
        }
    }

    /** Cross-correlation of x {@code [N,H,W,I]} with w {@code [O,I,kh,kw]}, zero padding: {@code [N,H',W',O]}. */
    record Conv2d(int stride, int padding, Epilogue epilogue) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 2 + epilogue.inputs());
            Shape x = in.get(0);
            Shape w = in.get(1);
            rule(x.rank() == 4, "the input must be [N,H,W,C]");
            rule(w.rank() == 4, "the weight must be [out,in,kh,kw]");
            rule(x.dim(3) == w.dim(1), "the input has " + x.dim(3) + " channels, the weight expects " + w.dim(1));
            rule(stride >= 1 && padding >= 0 && padding < Math.min(w.dim(2), w.dim(3)),
                "stride " + stride + ", padding " + padding + "; the padding must be smaller than the kernel");
            return epilogue.check(Shape.of(x.dim(0), extent(x.dim(1), w.dim(2)), extent(x.dim(2), w.dim(3)), w.dim(0)), in, 2);
        }

        private int extent(int size, int kernel) {
            rule(size + 2 * padding >= kernel, "the kernel is larger than the padded input");
            return (size + 2 * padding - kernel) / stride + 1;
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "input" : i == 1 ? "weight" : i == 2 && epilogue.bias ? "bias" : "residual";
        }
    }

    /** Conv2d's gradient to its input. Inputs: output gradient {@code [N,H',W',O]}, w {@code [O,I,kh,kw]}. */
    record Conv2dInputGradient(int stride, int padding, int height, int width) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 2);
            Shape g = in.get(0);
            Shape w = in.get(1);
            rule(g.rank() == 4 && w.rank() == 4, "needs [N,H',W',O] and [O,I,kh,kw]");
            Shape x = Shape.of(g.dim(0), height, width, w.dim(1));
            rule(new Conv2d(stride, padding, Epilogue.NONE).infer(List.of(x, w)).equals(g), "the output gradient does not belong to an input " + x);
            return x;
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "output gradient" : "weight";
        }
    }

    /** Conv2d's gradient to its weight. Inputs: x {@code [N,H,W,I]}, output gradient {@code [N,H',W',O]}. */
    record Conv2dWeightGradient(int stride, int padding, int kernelHeight, int kernelWidth) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 2);
            Shape x = in.get(0);
            Shape g = in.get(1);
            rule(x.rank() == 4 && g.rank() == 4, "needs [N,H,W,I] and [N,H',W',O]");
            Shape w = Shape.of(g.dim(3), x.dim(3), kernelHeight, kernelWidth);
            rule(new Conv2d(stride, padding, Epilogue.NONE).infer(List.of(x, w)).equals(g), "the output gradient does not belong to a weight " + w);
            return w;
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "input" : "output gradient";
        }
    }

    /** {@code matrix @ x} for each x {@code [..., cols, C]}: {@code [..., rows, C]}. */
    record SparseMatMul(SparseMatrix matrix) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            Shape x = in.get(0);
            rule(x.rank() >= 2 && x.dim(-2) == matrix.cols(), "the last axis but one must have " + matrix.cols() + " elements");
            return x.with(-2, matrix.rows());
        }
    }

    /**
     * Multi-head attention: per batch and head, {@code softmax(q k^T / sqrt(D / heads)) v}. Inputs q {@code [B,T,D]},
     * k {@code [B,S,D]}, v {@code [B,S,D]}; head h owns the features from {@code h D / heads}. Any of the three may have B = 1.
     *
     * @param mask which keys a query may attend to, or null for all
     */
    record Attention(int heads, @org.jspecify.annotations.Nullable AttentionMask mask) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 3);
            return shape(heads, mask, in);
        }

        static Shape shape(int heads, @org.jspecify.annotations.Nullable AttentionMask mask, List<Shape> in) {
            Shape q = in.get(0);
            Shape k = in.get(1);
            Shape v = in.get(2);
            rule(q.rank() == 3 && k.rank() == 3 && v.rank() == 3, "all inputs must be [B,T,D]");
            rule(q.dim(2) == k.dim(2) && k.dim(2) == v.dim(2) && heads > 0 && q.dim(2) % heads == 0,
                "features must agree and divide into " + heads + " heads");
            rule(k.dim(1) == v.dim(1), "as many values as keys");
            rule(k.dim(1) > 0, "nothing to attend to");
            rule(mask == null || mask.queries() == q.dim(1) && mask.keys() == k.dim(1), "the mask is " + mask);
            int batch = Math.max(q.dim(0), Math.max(k.dim(0), v.dim(0)));
            rule((q.dim(0) == batch || q.dim(0) == 1) && (k.dim(0) == batch || k.dim(0) == 1) && (v.dim(0) == batch || v.dim(0) == 1),
                "batch sizes must agree or be 1");
            return q.with(0, batch);
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "query" : i == 1 ? "key" : "value";
        }
    }

    /**
     * Attention's gradients in one flat array: to q {@code [B,T,D]}, then k, then v {@code [B,S,D]}, where B is the output's batch
     * (sum over it where an input had batch 1). Inputs: q, k, v, output gradient {@code [B,T,D]}.
     */
    record AttentionGradient(int heads, @org.jspecify.annotations.Nullable AttentionMask mask) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 4);
            Shape out = Attention.shape(heads, mask, in);
            rule(in.get(3).equals(out), "the output gradient must be " + out);
            return Shape.of(Math.toIntExact(out.size() + 2L * out.dim(0) * in.get(1).dim(1) * out.dim(2)));
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "query" : i == 1 ? "key" : i == 2 ? "value" : "output gradient";
        }
    }

    // -- normalisation ------------------------------------------------------------------------------------------------

    /**
     * {@code (x - mean) / sqrt(variance + eps)} over the axes from {@code first} to {@code last} (inclusive, biased variance),
     * then, if {@code affine}, times gamma plus beta, each {@code [C]} along the last axis.
     * Layer norm: the last axis. Instance norm: H and W. Batch norm in training: all axes but the last.
     */
    record Normalize(int first, int last, double eps, boolean affine) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, affine ? 3 : 1);
            Shape x = in.get(0);
            rule(first >= 0 && first <= last && last < x.rank(), "axes " + first + " to " + last + " of " + x.rank());
            rule(Folded.of(x, first, last).middle() > 0, "nothing to normalise");
            rule(!affine || in.get(1).equals(Shape.of(x.dim(-1))) && in.get(2).equals(in.get(1)), "gamma and beta must be [" + x.dim(-1) + "]");
            return x;
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "input" : i == 1 ? "gamma" : "beta";
        }
    }

    /** Gradient of Normalize without its affine part to its input. Inputs: x, output gradient. */
    record NormalizeGradient(int first, int last, double eps) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 2);
            rule(in.get(0).equals(in.get(1)), "the gradient must have the input's shape");
            return new Normalize(first, last, eps, false).infer(in.subList(0, 1));
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "input" : "output gradient";
        }
    }

    /** Mean and biased variance of each channel of {@code [..., C]}: {@code [2, C]}. */
    record Moments() implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            Shape x = in.get(0);
            rule(x.rank() >= 2, "needs rows of channels");
            rule(x.dim(-1) == 0 || x.size() > 0, "no rows to look at");
            return Shape.of(2, x.dim(-1));
        }
    }

    /**
     * Gradients of batch norm in training, that is of an affine Normalize over all axes but the last, in one flat array: to x, then to
     * gamma, then to beta. Inputs: x {@code [..., C]}, gamma {@code [C]}, output gradient.
     */
    record BatchNormGradient(double eps) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 3);
            Shape x = in.get(0);
            rule(x.rank() >= 2, "needs rows of channels");
            rule(x.dim(-1) == 0 || x.size() > 0, "nothing to normalise");
            rule(in.get(1).equals(Shape.of(x.dim(-1))), "gamma must be [" + x.dim(-1) + "]");
            rule(in.get(2).equals(x), "the gradient must have the input's shape");
            return Shape.of(Math.toIntExact(x.size() + 2L * x.dim(-1)));
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "input" : i == 1 ? "gamma" : "output gradient";
        }
    }

    /** Batch norm with running statistics: {@code (x - mean) / sqrt(var + eps) * gamma + beta} along the last axis. */
    record BatchNorm(double eps) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 5);
            rule(in.get(0).rank() >= 1, "needs a channel axis");
            Shape c = Shape.of(in.get(0).dim(-1));
            rule(in.subList(1, 5).stream().allMatch(c::equals), "gamma, beta, mean and variance must be " + c);
            return in.get(0);
        }

        @Override
        public String inputName(int i) {
            return List.of("input", "gamma", "beta", "mean", "variance").get(i);
        }
    }

    // -- images -------------------------------------------------------------------------------------------------------

    /** Repeats each pixel of {@code [N,H,W,C]} scale x scale times; the epilogue's bias is not supported. */
    record Upsample(int scale, Epilogue epilogue) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1 + epilogue.inputs());
            rule(in.get(0).rank() == 4 && scale >= 1 && !epilogue.bias, "needs [N,H,W,C] and a positive scale");
            Shape x = in.get(0);
            return epilogue.check(Shape.of(x.dim(0), x.dim(1) * scale, x.dim(2) * scale, x.dim(3)), in, 1);
        }

        @Override
        public String inputName(int i) {
            return i == 0 ? "input" : "residual";
        }
    }

    /** Sums of scale x scale pixels of {@code [N,H,W,C]}: Upsample's gradient. */
    record Downsum(int scale) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            arity(in, 1);
            Shape x = in.get(0);
            rule(x.rank() == 4 && scale >= 1 && x.dim(1) % scale == 0 && x.dim(2) % scale == 0, "height and width must divide by " + scale);
            return Shape.of(x.dim(0), x.dim(1) / scale, x.dim(2) / scale, x.dim(3));
        }
    }

    // -- from outside -------------------------------------------------------------------------------------------------

    /** An op that its user defined. */
    record Custom(CustomOp op) implements Op {
        @Override
        public Shape infer(List<Shape> in) {
            try {
                return op.infer(in);
            } catch (IllegalArgumentException e) {
                throw new ShapeException(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public String name() {
            return op.name();
        }
    }

    // -- helpers of the shape rules -----------------------------------------------------------------------------------

    /** A shape seen as {@code [outer, middle, inner]} around a range of axes. */
    record Folded(long outer, long middle, long inner) {
        /** Folds the axes from first to last (inclusive) into the middle. */
        public static Folded of(Shape s, int first, int last) {
            long outer = 1;
            long middle = 1;
            long inner = 1;
            for (int i = 0; i < s.rank(); i++) {
                if (i < first) {
                    outer *= s.dim(i);
                } else if (i <= last) {
                    middle *= s.dim(i);
                } else {
                    inner *= s.dim(i);
                }
            }
            return new Folded(outer, middle, inner);
        }
    }

    /**
     * The common shape of two under NumPy's broadcasting.
     *
     * @throws ShapeException if there is none
     */
    static Shape broadcast(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] dims = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int x = i <= a.rank() ? a.dim(-i) : 1;
            int y = i <= b.rank() ? b.dim(-i) : 1;
            rule(x == y || x == 1 || y == 1, "extents " + x + " and " + y + " cannot be broadcast");
            dims[rank - i] = x == 1 ? y : x;
        }
        return Shape.of(dims);
    }

    private static List<Integer> range(int n) {
        return java.util.stream.IntStream.range(0, n).boxed().toList();
    }

    private static void arity(List<Shape> in, int expected) {
        rule(in.size() == expected, "takes " + expected + " inputs, not " + in.size());
    }

    private static void checkAxis(Shape x, int axis) {
        rule(axis >= 0 && axis < x.rank(), "axis " + axis + " of " + x.rank());
    }

    private static void rule(boolean holds, String problem) {
        if (!holds) {
            throw new ShapeException(problem);
        }
    }
}

package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Shape;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Kernels that compute each element from the elements at the same place. */
final class Elementwise {
    private static final int GRAIN = 16_384;

    private Elementwise() {
    }

    /** y = fn(x). */
    static final class Unary extends Step {
        private final UnaryKernel kernel;
        private final Buffer x;
        private final Buffer y;
        private final long n;
        private final int units;

        Unary(UnaryFn fn, Buffer x, Buffer y, long n) {
            this.kernel = kernel(fn);
            this.x = x;
            this.y = y;
            this.n = n;
            this.units = split(n, GRAIN);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            long from = from(n, units, unit);
            kernel.run(x.at() + 4 * from, y.at() + 4 * from, (int) (from(n, units, unit + 1) - from));
        }
    }

    /** A loop over n elements at two addresses. */
    interface UnaryKernel {
        void run(long x, long y, int n);
    }

    /**
     * The loop of a function. Reached through an interface, not a switch: the compiler could put all loops into one method, run out
     * of its budget for inlining, and leave vectors as objects.
     */
    static UnaryKernel kernel(UnaryFn fn) {
        return switch (fn) {
            case NEG -> Elementwise::neg;
            case ABS -> Elementwise::abs;
            case SQUARE -> Elementwise::square;
            case SQRT -> Elementwise::sqrt;
            case RECIPROCAL -> Elementwise::reciprocal;
            case EXP -> Elementwise::exp;
            case SIGMOID -> Elementwise::sigmoid;
            case RELU -> Elementwise::relu;
            case STEP -> Elementwise::step;
            case SIGN, LOG, SIN, COS, TANH, IS_FINITE -> (x, y, n) -> scalar(fn, x, y, n);
        };
    }

    private static void neg(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(load(x + 4L * i).neg(), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, -get(x + 4L * i));
        }
    }

    private static void abs(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(load(x + 4L * i).abs(), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, Math.abs(get(x + 4L * i)));
        }
    }

    private static void square(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = load(x + 4L * i);
            store(v.mul(v), y + 4L * i);
        }
        for (; i < n; i++) {
            float v = get(x + 4L * i);
            set(y + 4L * i, v * v);
        }
    }

    private static void sqrt(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(load(x + 4L * i).sqrt(), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, (float) Math.sqrt(get(x + 4L * i)));
        }
    }

    private static void reciprocal(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(all(1f).div(load(x + 4L * i)), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, 1f / get(x + 4L * i));
        }
    }

    static void exp(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.exp(load(x + 4L * i)), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, Simd.exp(all(get(x + 4L * i))).lane(0));
        }
    }

    static void sigmoid(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.sigmoid(load(x + 4L * i)), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, Simd.sigmoid(all(get(x + 4L * i))).lane(0));
        }
    }

    static void relu(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.relu(load(x + 4L * i)), y + 4L * i);
        }
        for (; i < n; i++) {
            float v = get(x + 4L * i);
            set(y + 4L * i, v < 0 ? 0 : v);
        }
    }

    private static void step(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.zero().blend(1f, load(x + 4L * i).compare(VectorOperators.GT, 0f)), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, get(x + 4L * i) > 0 ? 1 : 0);
        }
    }

    /** Functions too rare to deserve a vector form. */
    private static void scalar(UnaryFn fn, long x, long y, int n) {
        for (int i = 0; i < n; i++) {
            float v = get(x + 4L * i);
            set(y + 4L * i, switch (fn) {
                case SIGN -> Math.signum(v);
                case LOG -> (float) Math.log(v);
                case SIN -> (float) Math.sin(v);
                case COS -> (float) Math.cos(v);
                case TANH -> (float) Math.tanh(v);
                case IS_FINITE -> Float.isFinite(v) ? 1f : 0f;
                default -> throw new IllegalArgumentException("vector form exists: " + fn);
            });
        }
    }

    static void affine(long x, long y, int n, float scale, float shift) {
        int i = 0;
        FloatVector s = all(scale);
        FloatVector t = all(shift);
        for (; i <= n - LANES; i += LANES) {
            store(load(x + 4L * i).mul(s).add(t), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, get(x + 4L * i) * scale + shift);
        }
    }

    /** y = scale x + shift. */
    static final class Affine extends Step {
        private final float scale;
        private final float shift;
        private final Buffer x;
        private final Buffer y;
        private final long n;
        private final int units;

        Affine(double scale, double shift, Buffer x, Buffer y, long n) {
            this.scale = (float) scale;
            this.shift = (float) shift;
            this.x = x;
            this.y = y;
            this.n = n;
            this.units = split(n, GRAIN);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            long from = from(n, units, unit);
            affine(x.at() + 4 * from, y.at() + 4 * from, (int) (from(n, units, unit + 1) - from), scale, shift);
        }
    }

    /** Zeroes by counter-based random numbers, as the reference does. */
    static final class Dropout extends Step {
        private final int threshold;
        private final float scale;
        private final long key;
        private final Buffer x;
        private final Buffer step;
        private final Buffer y;
        private final long n;
        private final int units;

        Dropout(double p, long key, Buffer x, Buffer step, Buffer y, long n) {
            this.threshold = (int) Math.ceil(p * (1 << 24)); // u * 2^-24 < p exactly when u < ceil(p * 2^24)
            this.scale = (float) (1 / (1 - p));
            this.key = key;
            this.x = x;
            this.step = step;
            this.y = y;
            this.n = n;
            this.units = split(n, GRAIN);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            long stream = CounterRandom.stream(key, (long) get(step.at()));
            long end = from(n, units, unit + 1);
            for (long i = from(n, units, unit); i < end; i++) {
                set(y.at() + 4 * i, CounterRandom.bits(stream, i) < threshold ? 0 : get(x.at() + 4 * i) * scale);
            }
        }
    }

    /** y = fn(a, b) with broadcasting: rows along the last merged axis, where each side steps by 0 or 1. */
    static final class Binary extends Step {
        private final BinaryFn fn;
        private final BinaryKernel kernel;
        private final Buffer a;
        private final Buffer b;
        private final Buffer y;
        private final Strides s;
        private final int inner;
        private final int stepA;
        private final int stepB;
        private final long rows;
        private final int pieces;
        private final int units;

        Binary(BinaryFn fn, Buffer a, Shape shapeA, Buffer b, Shape shapeB, Buffer y, Shape out) {
            this.fn = fn;
            this.kernel = kernel(fn);
            this.a = a;
            this.b = b;
            this.y = y;
            this.s = Strides.of(out, Strides.broadcast(shapeA, out), Strides.broadcast(shapeB, out));
            this.inner = s.inner();
            this.stepA = (int) s.step(0);
            this.stepB = (int) s.step(1);
            this.rows = s.rows();
            this.pieces = (inner + GRAIN - 1) / Math.max(1, GRAIN);
            this.units = out.size() == 0 ? 0 : split(rows * pieces, Math.max(1, GRAIN / Math.max(1, Math.min(inner, GRAIN))));
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            long end = from(rows * pieces, units, unit + 1);
            for (long i = from(rows * pieces, units, unit); i < end; i++) {
                long row = i / pieces;
                int piece = (int) (i % pieces);
                int from = (int) ((long) inner * piece / pieces);
                int n = (int) ((long) inner * (piece + 1) / pieces) - from;
                long at = a.at() + 4 * (s.offset(0, row) + (long) from * stepA);
                long bt = b.at() + 4 * (s.offset(1, row) + (long) from * stepB);
                long yt = y.at() + 4 * (row * inner + from);
                for (int j = kernel.run(at, stepA, bt, stepB, yt, n); j < n; j++) {
                    set(yt + 4L * j, apply(fn, get(at + 4L * j * stepA), get(bt + 4L * j * stepB)));
                }
            }
        }
    }

    static float apply(BinaryFn fn, float a, float b) {
        return switch (fn) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            case GREATER -> a > b ? 1 : 0;
            case DIV_OR_ZERO -> b == 0 ? 0 : a / b;
        };
    }

    /** A loop over whole vectors of n elements, each side stepping by 0 or 1; returns how many elements it did. */
    interface BinaryKernel {
        int run(long a, int stepA, long b, int stepB, long y, int n);
    }

    /** As for {@link #kernel(UnaryFn)}. */
    static BinaryKernel kernel(BinaryFn fn) {
        return switch (fn) {
            case ADD -> Elementwise::add;
            case SUB -> Elementwise::sub;
            case MUL -> Elementwise::mul;
            case DIV -> Elementwise::div;
            case MAX -> Elementwise::max;
            case MIN -> Elementwise::min;
            case GREATER -> Elementwise::greater;
            case DIV_OR_ZERO -> Elementwise::divOrZero;
        };
    }

    private static FloatVector side(long x, int step, int i) {
        return step == 1 ? load(x + 4L * i) : all(get(x));
    }

    /** to += x. */
    static void accumulate(long x, long to, int n) {
        for (int i = add(to, 1, x, 1, to, n); i < n; i++) {
            set(to + 4L * i, get(to + 4L * i) + get(x + 4L * i));
        }
    }

    private static int add(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(side(a, stepA, i).add(side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int sub(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(side(a, stepA, i).sub(side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int mul(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(side(a, stepA, i).mul(side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int div(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(side(a, stepA, i).div(side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int max(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(side(a, stepA, i).max(side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int min(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(side(a, stepA, i).min(side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int greater(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.zero().blend(1f, side(a, stepA, i).compare(VectorOperators.GT, side(b, stepB, i))), y + 4L * i);
        }
        return i;
    }

    private static int divOrZero(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector divisor = side(b, stepB, i);
            store(side(a, stepA, i).div(divisor).blend(0f, divisor.eq(0f)), y + 4L * i);
        }
        return i;
    }
}

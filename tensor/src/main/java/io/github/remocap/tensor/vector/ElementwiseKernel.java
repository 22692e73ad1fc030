package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.UnaryFn;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Loops of functions of each element. The flag {@code dontinline,*Kernel::*} compiles each by itself, so that none runs out of the
 * compiler's budget for inlining and leaves its vectors as objects.
 */
final class ElementwiseKernel {
    private ElementwiseKernel() {
    }

    /** A loop over n elements at two addresses. */
    interface Unary {
        void run(long x, long y, int n);
    }

    /**
     * The loop of a function.
     */
    static Unary of(UnaryFn fn) {
        return switch (fn) {
            case NEG -> ElementwiseKernel::neg;
            case ABS -> ElementwiseKernel::abs;
            case SQUARE -> ElementwiseKernel::square;
            case SQRT -> ElementwiseKernel::sqrt;
            case RECIPROCAL -> ElementwiseKernel::reciprocal;
            case EXP -> ElementwiseKernel::exp;
            case SIGMOID -> ElementwiseKernel::sigmoid;
            case RELU -> ElementwiseKernel::relu;
            case STEP -> ElementwiseKernel::step;
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
            oneExp(x + 4L * i, y + 4L * i);
        }
    }

    private static void oneExp(long x, long y) {
        set(y, Simd.exp(all(get(x))).lane(0));
    }

    static void sigmoid(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.sigmoid(load(x + 4L * i)), y + 4L * i);
        }
        for (; i < n; i++) {
            oneSigmoid(x + 4L * i, y + 4L * i);
        }
    }

    private static void oneSigmoid(long x, long y) {
        set(y, Simd.sigmoid(all(get(x))).lane(0));
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

    /** A loop over whole vectors of n elements, each side stepping by 0 or 1; returns how many elements it did. */
    interface Binary {
        int run(long a, int stepA, long b, int stepB, long y, int n);
    }

    /** As for {@link #of(UnaryFn)}. */
    static Binary of(BinaryFn fn) {
        return switch (fn) {
            case ADD -> ElementwiseKernel::add;
            case SUB -> ElementwiseKernel::sub;
            case MUL -> ElementwiseKernel::mul;
            case DIV -> ElementwiseKernel::div;
            case MAX -> ElementwiseKernel::max;
            case MIN -> ElementwiseKernel::min;
            case GREATER -> ElementwiseKernel::greater;
            case DIV_OR_ZERO -> ElementwiseKernel::divOrZero;
        };
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
            store(Simd.side(a, stepA, i).add(Simd.side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int sub(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.side(a, stepA, i).sub(Simd.side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int mul(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.side(a, stepA, i).mul(Simd.side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int div(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.side(a, stepA, i).div(Simd.side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int max(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.side(a, stepA, i).max(Simd.side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int min(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.side(a, stepA, i).min(Simd.side(b, stepB, i)), y + 4L * i);
        }
        return i;
    }

    private static int greater(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.zero().blend(1f, Simd.side(a, stepA, i).compare(VectorOperators.GT, Simd.side(b, stepB, i))), y + 4L * i);
        }
        return i;
    }

    private static int divOrZero(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector divisor = Simd.side(b, stepB, i);
            store(Simd.side(a, stepA, i).div(divisor).blend(0f, divisor.eq(0f)), y + 4L * i);
        }
        return i;
    }

    /** y = 0. */
    static void zero(long y, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.zero(), y + 4 * i);
        }
        for (; i < n; i++) {
            set(y + 4 * i, 0f);
        }
    }

    /** The row x of so many elements over and over, n elements. */
    static void repeat(long x, int inner, long y, int n) {
        int done = Math.min(inner, n);
        for (int i = 0; i < done; i++) {
            set(y + 4L * i, get(x + 4L * i));
        }
        while (done < n) { // what is there, once more
            int more = Math.min(done, n - done);
            Simd.copy(y, y + 4L * done, more);
            done += more;
        }
    }

    /** Each of so many elements of x, inner times. */
    static void spread(long x, int inner, long y, int count) {
        long to = y;
        for (int i = 0; i < count; i++) {
            float v = get(x + 4L * i);
            for (int j = 0; j < inner; j++) {
                set(to, v);
                to += 4;
            }
        }
    }
}

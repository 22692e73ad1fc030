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
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Kernels that compute each element from the elements at the same place. */
final class Elementwise {
    private static final int GRAIN = 16_384;

    private Elementwise() {
    }

    /** y = fn(x). */
    static final class Unary extends Step {
        private final UnaryFn fn;
        private final Buffer x;
        private final Buffer y;
        private final long n;
        private final int units;

        Unary(UnaryFn fn, Buffer x, Buffer y, long n) {
            this.fn = fn;
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
            unary(fn, x.at() + 4 * from, y.at() + 4 * from, (int) (from(n, units, unit + 1) - from));
        }
    }

    static void unary(UnaryFn fn, long x, long y, int n) {
        switch (fn) {
            case NEG -> neg(x, y, n);
            case ABS -> abs(x, y, n);
            case SQUARE -> square(x, y, n);
            case SQRT -> sqrt(x, y, n);
            case RECIPROCAL -> reciprocal(x, y, n);
            case EXP -> exp(x, y, n);
            case SIGMOID -> sigmoid(x, y, n);
            case RELU -> relu(x, y, n);
            case STEP -> step(x, y, n);
            case SIGN, LOG, SIN, COS, TANH, IS_FINITE -> scalar(fn, x, y, n);
        }
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

    private static void exp(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.exp(load(x + 4L * i)), y + 4L * i);
        }
        if (i < n) {
            VectorMask<Float> tail = Simd.SPECIES.indexInRange(i, n);
            Simd.exp(FloatVector.fromMemorySegment(Simd.SPECIES, Simd.ALL, x + 4L * i, Simd.LE, tail))
                .intoMemorySegment(Simd.ALL, y + 4L * i, Simd.LE, tail);
        }
    }

    static void sigmoid(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.sigmoid(load(x + 4L * i)), y + 4L * i);
        }
        if (i < n) {
            VectorMask<Float> tail = Simd.SPECIES.indexInRange(i, n);
            Simd.sigmoid(FloatVector.fromMemorySegment(Simd.SPECIES, Simd.ALL, x + 4L * i, Simd.LE, tail))
                .intoMemorySegment(Simd.ALL, y + 4L * i, Simd.LE, tail);
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
                binary(fn, at, stepA, bt, stepB, y.at() + 4 * (row * inner + from), n);
            }
        }
    }

    private static FloatVector apply(BinaryFn fn, FloatVector a, FloatVector b) {
        return switch (fn) {
            case ADD -> a.add(b);
            case SUB -> a.sub(b);
            case MUL -> a.mul(b);
            case DIV -> a.div(b);
            case MAX -> a.max(b);
            case MIN -> a.min(b);
            case GREATER -> Simd.zero().blend(1f, a.compare(VectorOperators.GT, b));
            case DIV_OR_ZERO -> a.div(b).blend(0f, b.eq(0f));
        };
    }

    private static float apply(BinaryFn fn, float a, float b) {
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

    static void binary(BinaryFn fn, long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        if (n >= LANES) {
            switch (fn) {
                case ADD -> i = add(a, stepA, b, stepB, y, n);
                case SUB -> i = sub(a, stepA, b, stepB, y, n);
                case MUL -> i = mul(a, stepA, b, stepB, y, n);
                case DIV, MAX, MIN, GREATER, DIV_OR_ZERO -> i = other(fn, a, stepA, b, stepB, y, n);
            }
        }
        for (; i < n; i++) {
            set(y + 4L * i, apply(fn, get(a + 4L * i * stepA), get(b + 4L * i * stepB)));
        }
    }

    private static int add(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        if (stepA == 1 && stepB == 1) {
            for (; i <= n - LANES; i += LANES) {
                store(load(a + 4L * i).add(load(b + 4L * i)), y + 4L * i);
            }
        } else if (stepA == 1) {
            FloatVector c = all(get(b));
            for (; i <= n - LANES; i += LANES) {
                store(load(a + 4L * i).add(c), y + 4L * i);
            }
        } else {
            FloatVector c = all(get(a));
            for (; i <= n - LANES; i += LANES) {
                store(c.add(stepB == 1 ? load(b + 4L * i) : all(get(b))), y + 4L * i);
            }
        }
        return i;
    }

    private static int sub(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        if (stepA == 1 && stepB == 1) {
            for (; i <= n - LANES; i += LANES) {
                store(load(a + 4L * i).sub(load(b + 4L * i)), y + 4L * i);
            }
        } else if (stepA == 1) {
            FloatVector c = all(get(b));
            for (; i <= n - LANES; i += LANES) {
                store(load(a + 4L * i).sub(c), y + 4L * i);
            }
        } else {
            FloatVector c = all(get(a));
            for (; i <= n - LANES; i += LANES) {
                store(c.sub(stepB == 1 ? load(b + 4L * i) : all(get(b))), y + 4L * i);
            }
        }
        return i;
    }

    private static int mul(long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        if (stepA == 1 && stepB == 1) {
            for (; i <= n - LANES; i += LANES) {
                store(load(a + 4L * i).mul(load(b + 4L * i)), y + 4L * i);
            }
        } else if (stepA == 1) {
            FloatVector c = all(get(b));
            for (; i <= n - LANES; i += LANES) {
                store(load(a + 4L * i).mul(c), y + 4L * i);
            }
        } else {
            FloatVector c = all(get(a));
            for (; i <= n - LANES; i += LANES) {
                store(c.mul(stepB == 1 ? load(b + 4L * i) : all(get(b))), y + 4L * i);
            }
        }
        return i;
    }

    private static int other(BinaryFn fn, long a, int stepA, long b, int stepB, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector va = stepA == 1 ? load(a + 4L * i) : all(get(a));
            FloatVector vb = stepB == 1 ? load(b + 4L * i) : all(get(b));
            store(apply(fn, va, vb), y + 4L * i);
        }
        return i;
    }
}

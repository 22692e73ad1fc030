package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.set;

import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Shape;

/** Kernels that compute each element from the elements at the same place. */
final class Elementwise {
    private static final int GRAIN = 16_384;

    private Elementwise() {
    }

    /** y = fn(x). */
    static final class Unary extends Step {
        private final ElementwiseKernel.Unary kernel;
        private final Buffer x;
        private final Buffer y;
        private final long n;
        private final int units;

        Unary(UnaryFn fn, Buffer x, Buffer y, long n) {
            this.kernel = ElementwiseKernel.of(fn);
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
            ElementwiseKernel.affine(x.at() + 4 * from, y.at() + 4 * from, (int) (from(n, units, unit + 1) - from), scale, shift);
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
            DropoutKernel.drop(x.at(), y.at(), from(n, units, unit), from(n, units, unit + 1), stream, threshold, scale);
        }
    }

    /** y = fn(a, b) with broadcasting, by the loop that suits the shapes. */
    static Step binary(BinaryFn fn, Buffer a, Shape shapeA, Buffer b, Shape shapeB, Buffer y, Shape out) {
        ShortRows blocks = ShortRows.of(fn, a, b, y, Strides.of(out, Strides.broadcast(shapeA, out), Strides.broadcast(shapeB, out)));
        return blocks == null ? new Binary(fn, a, shapeA, b, shapeB, y, out) : blocks;
    }

    /** y = fn(a, b) with broadcasting: rows along the last merged axis, where each side steps by 0 or 1. */
    static final class Binary extends Step {
        private final BinaryFn fn;
        private final ElementwiseKernel.Binary kernel;
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
            this.kernel = ElementwiseKernel.of(fn);
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
}

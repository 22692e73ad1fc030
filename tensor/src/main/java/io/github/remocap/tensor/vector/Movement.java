package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import io.github.remocap.tensor.IntList;
import io.github.remocap.tensor.Op.Folded;
import io.github.remocap.tensor.Shape;

/** Kernels that move elements and compute nothing. */
final class Movement {
    private static final int GRAIN = 16_384;

    private Movement() {
    }

    /** Copies between two strided views of one shape: permutation, broadcast, slice, concatenation, padding. */
    static final class StridedCopy extends Step {
        private final Buffer from;
        private final Buffer to;
        private final long fromOffset;
        private final long toOffset;
        private final Strides s;
        private final int inner;
        private final long stepFrom;
        private final long stepTo;
        private final long rows;
        private final int pieces;
        private final int units;

        /** Offsets and strides in elements, for an area of the given shape. */
        StridedCopy(Shape area, Buffer from, long fromOffset, long[] fromStrides, Buffer to, long toOffset, long[] toStrides) {
            this.from = from;
            this.to = to;
            this.fromOffset = fromOffset;
            this.toOffset = toOffset;
            this.s = Strides.of(area, fromStrides, toStrides);
            this.inner = s.inner();
            this.stepFrom = s.step(0);
            this.stepTo = s.step(1);
            this.rows = s.rows();
            this.pieces = (inner + GRAIN - 1) / GRAIN;
            this.units = area.size() == 0 ? 0 : split(rows * pieces, Math.max(1, GRAIN / Math.min(inner, GRAIN)));
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
                int start = (int) ((long) inner * piece / pieces);
                int n = (int) ((long) inner * (piece + 1) / pieces) - start;
                long x = from.at() + 4 * (fromOffset + s.offset(0, row) + start * stepFrom);
                long y = to.at() + 4 * (toOffset + s.offset(1, row) + start * stepTo);
                copyRow(x, stepFrom, y, stepTo, n);
            }
        }
    }

    static void copyRow(long x, long stepX, long y, long stepY, int n) {
        if (stepX == 1 && stepY == 1) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                store(load(x + 4L * i), y + 4L * i);
            }
            for (; i < n; i++) {
                set(y + 4L * i, get(x + 4L * i));
            }
        } else if (stepX == 0) {
            float v = get(x);
            for (int i = 0; i < n; i++) {
                set(y + 4 * stepY * i, v);
            }
        } else {
            for (int i = 0; i < n; i++) {
                set(y + 4 * stepY * i, get(x + 4 * stepX * i));
            }
        }
    }

    /** Zeros. */
    static final class Zero extends Step {
        private final Buffer y;
        private final long n;
        private final int units;

        Zero(Buffer y, long n) {
            this.y = y;
            this.n = n;
            this.units = split(n, 4 * GRAIN);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            long from = from(n, units, unit);
            ElementwiseKernel.zero(y.at() + 4 * from, from(n, units, unit + 1) - from);
        }
    }

    /** Rows by index. */
    static final class Gather extends Step {
        private final Folded f;
        private final IntList indices;
        private final Buffer x;
        private final Buffer y;
        private final long rows;
        private final int units;

        Gather(Folded f, IntList indices, Buffer x, Buffer y) {
            this.f = f;
            this.indices = indices;
            this.x = x;
            this.y = y;
            this.rows = f.outer() * indices.size();
            this.units = rows == 0 || f.inner() == 0 ? 0 : split(rows, Math.max(1, GRAIN / f.inner()));
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            long end = from(rows, units, unit + 1);
            for (long r = from(rows, units, unit); r < end; r++) {
                long o = r / indices.size();
                int source = indices.get((int) (r % indices.size()));
                copyRow(x.at() + 4 * (o * f.middle() + source) * f.inner(), 1, y.at() + 4 * r * f.inner(), 1, (int) f.inner());
            }
        }
    }

    /** Sums rows into places given by index. A unit owns all places of one outer index, so that the order of sums is fixed. */
    static final class ScatterAdd extends Step {
        private final Folded f;
        private final IntList indices;
        private final int extent;
        private final Buffer x;
        private final Buffer y;

        ScatterAdd(Folded f, IntList indices, int extent, Buffer x, Buffer y) {
            this.f = f;
            this.indices = indices;
            this.extent = extent;
            this.x = x;
            this.y = y;
        }

        @Override
        int units() {
            return Math.toIntExact(f.outer());
        }

        @Override
        void run(int unit, Scratch memory) {
            int inner = (int) f.inner();
            long target = y.at() + 4L * unit * extent * inner;
            long source = x.at() + 4L * unit * indices.size() * inner;
            for (long i = 0; i < (long) extent * inner; i++) {
                set(target + 4 * i, 0f);
            }
            for (int i = 0; i < indices.size(); i++) {
                long to = target + 4L * indices.get(i) * inner;
                ElementwiseKernel.accumulate(source + 4L * i * inner, to, inner);
            }
        }
    }
}

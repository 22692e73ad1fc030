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
    /** What is transposed in pieces is read in pieces: longer ones are read ahead. */
    private static final int LARGE_GRAIN = 8 * GRAIN;

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
        private final boolean transposes;
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
            this.transposes = pieces == 1 && s.axes() > 1 && s.middleStep(0) == 1 && stepFrom > 1 && stepTo == 1;
            int grain = transposes ? LARGE_GRAIN : GRAIN;
            this.units = area.size() == 0 ? 0 : split(rows * pieces, Math.max(1, grain / Math.min(inner, grain)));
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            long first = from(rows * pieces, units, unit);
            long end = from(rows * pieces, units, unit + 1);
            if (pieces == 1) {
                rows(first, end);
                return;
            }
            for (long i = first; i < end; i++) {
                long row = i / pieces;
                int piece = (int) (i % pieces);
                int start = (int) ((long) inner * piece / pieces);
                int n = (int) ((long) inner * (piece + 1) / pieces) - start;
                copyRow(x(row) + 4L * start * stepFrom, stepFrom, y(row) + 4L * start * stepTo, stepTo, n);
            }
        }

        // Rows along the last axis but one: finding where one begins takes several divisions, longer than copying a short one.
        private void rows(long first, long end) {
            int middle = s.axes() > 1 ? s.middle() : 1;
            long middleFrom = s.axes() > 1 ? 4 * s.middleStep(0) : 0;
            long middleTo = s.axes() > 1 ? 4 * s.middleStep(1) : 0;
            long row = first;
            while (row < end) {
                int n = (int) Math.min(middle - row % middle, end - row);
                long x = x(row);
                long y = y(row);
                if (transposes) {
                    TransposeKernel.transpose(x, 4 * stepFrom, y, middleTo, n, inner);
                } else {
                    for (int i = 0; i < n; i++) {
                        copyRow(x + middleFrom * i, stepFrom, y + middleTo * i, stepTo, inner);
                    }
                }
                row += n;
            }
        }

        private long x(long row) {
            return from.at() + 4 * (fromOffset + s.offset(0, row));
        }

        private long y(long row) {
            return to.at() + 4 * (toOffset + s.offset(1, row));
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

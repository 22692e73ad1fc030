package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import io.github.remocap.tensor.Op.Folded;
import io.github.remocap.tensor.Op.ReduceFn;
import jdk.incubator.vector.FloatVector;

/**
 * Kernels that combine many elements. Arrays are seen as [outer, middle, inner]; the middle is combined. Long sums are taken in
 * blocks, whose rounding errors stay small.
 */
final class Reductions {
    /** Elements summed before the sum is added to the total. */
    static final int BLOCK = 128;
    /** Columns of an inner axis that one unit owns. */
    private static final int COLUMNS = 64;

    private Reductions() {
    }

    /** Units of a reduction: rows where inner is 1, else (outer, block of columns). */
    private static int units(Folded f) {
        return Math.toIntExact(f.inner() == 1 ? split(f) : f.outer() * ((f.inner() + COLUMNS - 1) / COLUMNS));
    }

    private static long split(Folded f) {
        return Step.split(f.outer(), Math.max(1, 4096 / Math.max(1, f.middle())));
    }

    static float sum(long x, int n) {
        float total = 0;
        for (int from = 0; from < n; from += BLOCK * LANES) {
            total += RowKernel.sum(x + 4L * from, Math.min(n - from, BLOCK * LANES));
        }
        return total;
    }

    /** Sum of (x - mean)^2. */
    static float squares(long x, int n, float mean) {
        float total = 0;
        for (int from = 0; from < n; from += BLOCK * LANES) {
            total += RowKernel.squares(x + 4L * from, Math.min(n - from, BLOCK * LANES), mean);
        }
        return total;
    }

    /** Reduces the middle. */
    static final class Reduce extends Step {
        private final ReduceFn fn;
        private final Folded f;
        private final Buffer x;
        private final Buffer y;
        private final int units;

        Reduce(ReduceFn fn, Folded f, Buffer x, Buffer y) {
            this.fn = fn;
            this.f = f;
            this.x = x;
            this.y = y;
            this.units = f.outer() * f.inner() == 0 ? 0 : Reductions.units(f);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            float mean = fn == ReduceFn.MEAN ? 1f / f.middle() : 1f;
            if (f.inner() == 1) {
                long end = from(f.outer(), units, unit + 1);
                for (long o = from(f.outer(), units, unit); o < end; o++) {
                    long row = x.at() + 4 * o * f.middle();
                    float r = fn == ReduceFn.MAX ? RowKernel.max(row, (int) f.middle()) : sum(row, (int) f.middle()) * mean;
                    set(y.at() + 4 * o, r);
                }
                return;
            }
            int blocks = (int) ((f.inner() + COLUMNS - 1) / COLUMNS);
            long o = unit / blocks;
            int c = unit % blocks * COLUMNS;
            int n = (int) Math.min(COLUMNS, f.inner() - c);
            long from = x.at() + 4 * (o * f.middle() * f.inner() + c);
            long to = y.at() + 4 * (o * f.inner() + c);
            if (fn == ReduceFn.MAX) {
                ColumnKernel.maxima(from, f.inner(), f.middle(), to, n);
            } else {
                ColumnKernel.sums(from, f.inner(), f.middle(), to, n);
                if (fn == ReduceFn.MEAN) {
                    ElementwiseKernel.affine(to, to, n, mean, 0f);
                }
            }
        }
    }

    /** Softmax of rows. */
    static final class Softmax extends Step {
        private final Buffer x;
        private final Buffer y;
        private final long rows;
        private final int n;
        private final int units;

        Softmax(Buffer x, Buffer y, long rows, int n) {
            this.x = x;
            this.y = y;
            this.rows = rows;
            this.n = n;
            this.units = rows == 0 ? 0 : split(rows, Math.max(1, 4096 / n));
        }

        @Override
        int units() {
            return units;
        }

        @Override
        int scratchFloats() {
            return SoftmaxKernel.padded(n);
        }

        @Override
        void run(int unit, Scratch memory) {
            long end = from(rows, units, unit + 1);
            for (long r = from(rows, units, unit); r < end; r++) {
                Simd.copyIn(x.at() + 4 * r * n, memory.floats, 0, n);
                SoftmaxKernel.softmax(memory.floats, 0, n, 1f);
                Simd.copyOut(memory.floats, 0, y.at() + 4 * r * n, n);
            }
        }
    }

    /** Normalisation over the middle, then gamma and beta along the last axis where they are given. */
    static final class Normalize extends Step {
        private final Folded f;
        private final float eps;
        private final Buffer x;
        private final Buffer gamma;
        private final Buffer beta;
        private final boolean affine;
        private final int channels;
        private final Buffer y;
        private final int units;

        /** gamma and beta may be x where not affine. */
        Normalize(Folded f, double eps, Buffer x, boolean affine, Buffer gamma, Buffer beta, int channels, Buffer y) {
            this.f = f;
            this.eps = (float) eps;
            this.x = x;
            this.affine = affine;
            this.gamma = gamma;
            this.beta = beta;
            this.channels = channels;
            this.y = y;
            this.units = f.outer() * f.inner() == 0 ? 0 : Reductions.units(f);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        long scratchBytes() {
            return 4L * 2 * COLUMNS;
        }

        @Override
        void run(int unit, Scratch memory) {
            long scratch = memory.address;
            if (f.inner() == 1) {
                int n = (int) f.middle();
                long end = from(f.outer(), units, unit + 1);
                for (long o = from(f.outer(), units, unit); o < end; o++) {
                    long row = 4 * o * n;
                    float mean = sum(x.at() + row, n) / n;
                    float scale = (float) (1 / Math.sqrt(squares(x.at() + row, n, mean) / n + eps));
                    RowKernel.standardize(x.at() + row, y.at() + row, n, mean, scale);
                    if (affine) {
                        for (int c = 0; c < n; c += channels) {
                            RowKernel.affine(y.at() + row + 4L * c, gamma.at(), beta.at(), Math.min(channels, n - c));
                        }
                    }
                }
                return;
            }
            int blocks = (int) ((f.inner() + COLUMNS - 1) / COLUMNS);
            long o = unit / blocks;
            int c = unit % blocks * COLUMNS;
            int n = (int) Math.min(COLUMNS, f.inner() - c);
            long base = 4 * (o * f.middle() * f.inner() + c);
            long shift = scratch + 4L * COLUMNS;
            moments(x.at() + base, f, eps, scratch, shift, n);
            // y = x * scale + shift, with gamma and beta folded in
            for (int i = 0; i < n; i++) {
                float g = affine ? get(gamma.at() + 4L * ((c + i) % channels)) : 1;
                float scale = get(shift + 4L * i) * g;
                float mean = get(scratch + 4L * i);
                set(scratch + 4L * i, scale);
                set(shift + 4L * i, (affine ? get(beta.at() + 4L * ((c + i) % channels)) : 0) - mean * scale);
            }
            for (long m = 0; m < f.middle(); m++) {
                ColumnKernel.scale(x.at() + base + 4 * m * f.inner(), y.at() + base + 4 * m * f.inner(), scratch, shift, n);
            }
        }
    }

    /** Column means into {@code mean}, 1 / sqrt(variance + eps) into {@code scale}. */
    private static void moments(long x, Folded f, float eps, long mean, long scale, int n) {
        ColumnKernel.sums(x, f.inner(), f.middle(), mean, n);
        for (int i = 0; i < n; i++) {
            set(mean + 4L * i, get(mean + 4L * i) / f.middle());
        }
        ColumnKernel.squares(x, f.inner(), f.middle(), mean, scale, n);
        for (int i = 0; i < n; i++) {
            set(scale + 4L * i, (float) (1 / Math.sqrt(get(scale + 4L * i) / f.middle() + eps)));
        }
    }

    /** Gradient of a normalisation to its input: (g - mean(g) - y mean(g y)) * scale. */
    static final class NormalizeGradient extends Step {
        private final Folded f;
        private final float eps;
        private final Buffer x;
        private final Buffer g;
        private final Buffer y;
        private final int units;

        NormalizeGradient(Folded f, double eps, Buffer x, Buffer g, Buffer y) {
            this.f = f;
            this.eps = (float) eps;
            this.x = x;
            this.g = g;
            this.y = y;
            this.units = f.outer() * f.inner() == 0 ? 0 : Reductions.units(f);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        long scratchBytes() {
            return 4L * 4 * COLUMNS;
        }

        @Override
        void run(int unit, Scratch memory) {
            long scratch = memory.address;
            if (f.inner() == 1) {
                int n = (int) f.middle();
                long end = from(f.outer(), units, unit + 1);
                for (long o = from(f.outer(), units, unit); o < end; o++) {
                    rowGradient(x.at() + 4 * o * n, g.at() + 4 * o * n, y.at() + 4 * o * n, n);
                }
                return;
            }
            int blocks = (int) ((f.inner() + COLUMNS - 1) / COLUMNS);
            long o = unit / blocks;
            int c = unit % blocks * COLUMNS;
            int n = (int) Math.min(COLUMNS, f.inner() - c);
            long base = 4 * (o * f.middle() * f.inner() + c);
            long scale = scratch + 4L * COLUMNS;
            long meanG = scratch + 8L * COLUMNS;
            long meanGy = scratch + 12L * COLUMNS;
            moments(x.at() + base, f, eps, scratch, scale, n);
            ColumnKernel.sums(g.at() + base, f.inner(), f.middle(), meanG, n);
            ColumnKernel.products(x.at() + base, g.at() + base, f.inner(), f.middle(), scratch, scale, meanGy, n);
            // (g - a - (x - mean) b) * scale, with b = scale * mean(g y)
            for (int i = 0; i < n; i++) {
                set(meanG + 4L * i, get(meanG + 4L * i) / f.middle());
                set(meanGy + 4L * i, get(meanGy + 4L * i) / f.middle() * get(scale + 4L * i));
            }
            for (long m = 0; m < f.middle(); m++) {
                long row = base + 4 * m * f.inner();
                gradientRow(x.at() + row, g.at() + row, y.at() + row, scratch, scale, meanG, meanGy, n);
            }
        }

        private void rowGradient(long xr, long gr, long yr, int n) {
            float mean = sum(xr, n) / n;
            float scale = (float) (1 / Math.sqrt(squares(xr, n, mean) / n + eps));
            float a = sum(gr, n) / n;
            float dot = 0;
            for (int i = 0; i < n; i++) {
                dot += (get(xr + 4L * i) - mean) * get(gr + 4L * i);
            }
            float b = dot * scale * scale / n;
            for (int i = 0; i < n; i++) {
                set(yr + 4L * i, (get(gr + 4L * i) - a - (get(xr + 4L * i) - mean) * b) * scale);
            }
        }
    }

    private static void gradientRow(long x, long g, long y, long mean, long scale, long a, long b, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector e = load(x + 4L * i).sub(load(mean + 4L * i)).mul(load(b + 4L * i));
            store(load(g + 4L * i).sub(load(a + 4L * i)).sub(e).mul(load(scale + 4L * i)), y + 4L * i);
        }
        for (; i < n; i++) {
            float e = (get(x + 4L * i) - get(mean + 4L * i)) * get(b + 4L * i);
            set(y + 4L * i, (get(g + 4L * i) - get(a + 4L * i) - e) * get(scale + 4L * i));
        }
    }

    /** Batch norm with running statistics: rows of C channels. */
    static final class BatchNorm extends Step {
        private final float eps;
        private final Buffer x;
        private final Buffer gamma;
        private final Buffer beta;
        private final Buffer mean;
        private final Buffer variance;
        private final Buffer y;
        private final long rows;
        private final int channels;
        private final int units;

        BatchNorm(double eps, Buffer x, Buffer gamma, Buffer beta, Buffer mean, Buffer variance, Buffer y, long rows, int channels) {
            this.eps = (float) eps;
            this.x = x;
            this.gamma = gamma;
            this.beta = beta;
            this.mean = mean;
            this.variance = variance;
            this.y = y;
            this.rows = rows;
            this.channels = channels;
            this.units = rows * channels == 0 ? 0 : split(rows, Math.max(1, 65_536 / channels));
        }

        @Override
        int units() {
            return units;
        }

        @Override
        long scratchBytes() {
            return 4L * channels;
        }

        @Override
        void run(int unit, Scratch memory) {
            long scale = memory.address;
            for (int c = 0; c < channels; c++) {
                set(scale + 4L * c, (float) (get(gamma.at() + 4L * c) / Math.sqrt(get(variance.at() + 4L * c) + eps)));
            }
            long end = from(rows, units, unit + 1);
            for (long r = from(rows, units, unit); r < end; r++) {
                long at = 4 * r * channels;
                BatchStatisticsKernel.normalize(x.at() + at, mean.at(), scale, beta.at(), y.at() + at, channels);
            }
        }
    }
}

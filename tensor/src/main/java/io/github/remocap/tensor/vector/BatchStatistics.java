package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import jdk.incubator.vector.FloatVector;

/**
 * Batch norm's statistics of rows of C channels, and the sums of its gradient, in one pass over memory each. The rows are cut into
 * parts that do not depend on the number of threads; a part goes in blocks that stay in the first-level cache.
 */
final class BatchStatistics {
    private static final int BLOCK = 6 * 1024;
    private static final int GRAIN = 32 * 1024;
    private static final int PARTS = 48;

    private BatchStatistics() {
    }

    /** Parts of so many rows. */
    static int parts(long rows, int channels) {
        return (int) Math.clamp(rows * channels / GRAIN, 1, Math.min(PARTS, Math.max(1, rows)));
    }

    /** What both passes share: a unit is a part, whose two rows of results it writes. */
    private abstract static sealed class Pass extends Step {
        final long rows;
        final int channels;
        final int parts;
        private final Buffer partial;

        private Pass(long rows, int channels, Buffer partial) {
            this.rows = rows;
            this.channels = channels;
            this.parts = parts(rows, channels);
            this.partial = partial;
        }

        @Override
        final int units() {
            return parts;
        }

        @Override
        final void run(int unit, Scratch memory) {
            long first = partial.at() + 8L * channels * unit;
            long start = from(rows, parts, unit);
            long end = from(rows, parts, unit + 1);
            int block = Math.max(1, BLOCK / channels);
            for (long row = start; row < end; row += block) {
                block(4 * row * channels, (int) Math.min(block, end - row), (int) (row - start), first, first + 4L * channels);
            }
        }

        /**
         * Takes in a block.
         *
         * @param at offset of its first row
         * @param before rows of the part before
         * @param a the part's first results
         * @param b and its second
         */
        abstract void block(long at, int count, int before, long a, long b);
    }

    /** Means and sums of squared distances from them: {@code [parts, 2, C]}. */
    static final class Moments extends Pass {
        private final Buffer x;

        Moments(Buffer x, long rows, int channels, Buffer partial) {
            super(rows, channels, partial);
            this.x = x;
        }

        @Override
        void block(long at, int count, int before, long mean, long squares) {
            float share = (float) count / (before + count);
            int c = 0;
            for (; c <= channels - LANES; c += LANES) {
                moments(x.at() + at + 4L * c, channels, count, mean + 4L * c, squares + 4L * c, share, before);
            }
            for (; c < channels; c++) {
                oneChannel(x.at() + at + 4L * c, channels, count, mean + 4L * c, squares + 4L * c, share, before);
            }
        }

        /**
         * The block's mean, corrected by what its distances sum to, and its squares; Chan, Golub and LeVeque 1979: the squares of two
         * sets together.
         */
        private static void moments(long x, int channels, int count, long mean, long squares, float share, int before) {
            FloatVector m = sum(x, 4L * channels, count).mul(all(1f / count));
            FloatVector r0 = Simd.zero();
            FloatVector r1 = Simd.zero();
            FloatVector q0 = Simd.zero();
            FloatVector q1 = Simd.zero();
            long step = 4L * channels;
            long at = x;
            int i = 0;
            for (; i < count - 1; i += 2) {
                FloatVector e0 = load(at).sub(m);
                FloatVector e1 = load(at + step).sub(m);
                r0 = r0.add(e0);
                r1 = r1.add(e1);
                q0 = fma(e0, e0, q0);
                q1 = fma(e1, e1, q1);
                at += 2 * step;
            }
            if (i < count) {
                FloatVector e = load(at).sub(m);
                r0 = r0.add(e);
                q0 = fma(e, e, q0);
            }
            FloatVector rest = r0.add(r1).mul(all(1f / count));
            FloatVector q = q0.add(q1).sub(rest.mul(rest).mul(all(count)));
            m = m.add(rest);
            if (before > 0) {
                FloatVector old = load(mean);
                FloatVector distance = m.sub(old);
                FloatVector moved = distance.mul(all(share));
                m = old.add(moved);
                q = load(squares).add(fma(distance.mul(moved), all(before), q));
            }
            store(m, mean);
            store(q, squares);
        }

        private static FloatVector sum(long x, long step, int count) {
            FloatVector s0 = Simd.zero();
            FloatVector s1 = Simd.zero();
            FloatVector s2 = Simd.zero();
            FloatVector s3 = Simd.zero();
            long at = x;
            int i = 0;
            for (; i < count - 3; i += 4) {
                s0 = s0.add(load(at));
                s1 = s1.add(load(at + step));
                s2 = s2.add(load(at + 2 * step));
                s3 = s3.add(load(at + 3 * step));
                at += 4 * step;
            }
            for (; i < count; i++) {
                s0 = s0.add(load(at));
                at += step;
            }
            return s0.add(s1).add(s2.add(s3));
        }

        /** In double: few channels make long blocks. */
        private static void oneChannel(long x, int channels, int count, long mean, long squares, float share, int before) {
            double m = 0;
            for (int i = 0; i < count; i++) {
                m += get(x + 4L * channels * i);
            }
            m /= count;
            double q = 0;
            for (int i = 0; i < count; i++) {
                double e = get(x + 4L * channels * i) - m;
                q += e * e;
            }
            if (before > 0) {
                double distance = m - get(mean);
                q += get(squares) + distance * (distance * share) * before;
                m = get(mean) + distance * share;
            }
            set(mean, (float) m);
            set(squares, (float) q);
        }
    }

    /** Mean and biased variance {@code [2, C]} of all parts. */
    static final class Together extends Step {
        private final Buffer partial;
        private final long rows;
        private final int channels;
        private final int parts;
        private final Buffer y;
        private final int units;

        Together(Buffer partial, long rows, int channels, Buffer y) {
            this.partial = partial;
            this.rows = rows;
            this.channels = channels;
            this.parts = parts(rows, channels);
            this.y = y;
            this.units = split(channels, 128);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            int end = (int) from(channels, units, unit + 1);
            for (int c = (int) from(channels, units, unit); c < end; c++) {
                double mean = 0;
                double squares = 0;
                long before = 0;
                for (int p = 0; p < parts; p++) {
                    long count = from(rows, parts, p + 1) - from(rows, parts, p);
                    long at = partial.at() + 4L * (2L * p * channels + c);
                    double distance = get(at) - mean;
                    double moved = distance * count / (before + count);
                    squares += get(at + 4L * channels) + distance * moved * before;
                    mean += moved;
                    before += count;
                }
                set(y.at() + 4L * c, (float) mean);
                set(y.at() + 4L * (channels + c), (float) (squares / rows));
            }
        }
    }

    /** Sums of g and of g (x - mean): {@code [parts, 2, C]}. */
    static final class GradientSums extends Pass {
        private final Buffer x;
        private final Buffer g;
        private final Buffer mean;

        GradientSums(Buffer x, Buffer g, Buffer mean, long rows, int channels, Buffer partial) {
            super(rows, channels, partial);
            this.x = x;
            this.g = g;
            this.mean = mean;
        }

        @Override
        void block(long at, int count, int before, long sums, long products) {
            int c = 0;
            for (; c <= channels - LANES; c += LANES) {
                long offset = at + 4L * c;
                sums(x.at() + offset, g.at() + offset, mean.at() + 4L * c, channels, count, sums + 4L * c, products + 4L * c, before);
            }
            for (; c < channels; c++) {
                double s = before > 0 ? get(sums + 4L * c) : 0;
                double p = before > 0 ? get(products + 4L * c) : 0;
                float mu = get(mean.at() + 4L * c);
                for (int i = 0; i < count; i++) {
                    long offset = at + 4L * ((long) i * channels + c);
                    double e = get(g.at() + offset);
                    s += e;
                    p += e * (get(x.at() + offset) - mu);
                }
                set(sums + 4L * c, (float) s);
                set(products + 4L * c, (float) p);
            }
        }

        private static void sums(long x, long g, long mean, int channels, int count, long sums, long products, int before) {
            FloatVector s0 = Simd.zero();
            FloatVector s1 = Simd.zero();
            FloatVector p0 = Simd.zero();
            FloatVector p1 = Simd.zero();
            FloatVector mu = load(mean);
            long step = 4L * channels;
            long offset = 0;
            int i = 0;
            for (; i < count - 1; i += 2) {
                FloatVector e0 = load(g + offset);
                FloatVector e1 = load(g + offset + step);
                s0 = s0.add(e0);
                s1 = s1.add(e1);
                p0 = fma(e0, load(x + offset).sub(mu), p0);
                p1 = fma(e1, load(x + offset + step).sub(mu), p1);
                offset += 2 * step;
            }
            if (i < count) {
                FloatVector e = load(g + offset);
                s0 = s0.add(e);
                p0 = fma(e, load(x + offset).sub(mu), p0);
            }
            FloatVector s = s0.add(s1);
            FloatVector p = p0.add(p1);
            if (before > 0) {
                s = s.add(load(sums));
                p = p.add(load(products));
            }
            store(s, sums);
            store(p, products);
        }
    }

    /**
     * From the sums: the gradients to gamma and beta, and the factors {@code [3, C]} of g, x - mean and 1 in the gradient to x.
     *
     * <p>With r = (variance + eps)^-1/2: gamma r (g - mean(g) - (x - mean) r^2 mean(g (x - mean))).
     */
    static final class GradientFactors extends Step {
        private final Buffer partial;
        private final Buffer gamma;
        private final Buffer moments;
        private final double eps;
        private final long rows;
        private final int channels;
        private final int parts;
        private final Buffer gradients;
        private final Buffer factors;
        private final int units;

        /** @param gradients {@code [2, C]}: to gamma, to beta */
        GradientFactors(Buffer partial, Buffer gamma, Buffer moments, double eps, long rows, int channels, Buffer gradients, Buffer factors) {
            this.partial = partial;
            this.gamma = gamma;
            this.moments = moments;
            this.eps = eps;
            this.rows = rows;
            this.channels = channels;
            this.parts = parts(rows, channels);
            this.gradients = gradients;
            this.factors = factors;
            this.units = split(channels, 128);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            int end = (int) from(channels, units, unit + 1);
            for (int c = (int) from(channels, units, unit); c < end; c++) {
                double sum = 0;
                double product = 0;
                for (int p = 0; p < parts; p++) {
                    long at = partial.at() + 4L * (2L * p * channels + c);
                    sum += get(at);
                    product += get(at + 4L * channels);
                }
                double r = 1 / Math.sqrt(get(moments.at() + 4L * (channels + c)) + eps);
                double scale = get(gamma.at() + 4L * c) * r;
                set(gradients.at() + 4L * c, (float) (product * r));
                set(gradients.at() + 4L * (channels + c), (float) sum);
                set(factors.at() + 4L * c, (float) scale);
                set(factors.at() + 4L * (channels + c), (float) (-scale * r * r * product / rows));
                set(factors.at() + 4L * (2 * channels + c), (float) (-scale * sum / rows));
            }
        }
    }

    /** The gradient to x. */
    static final class Gradient extends Step {
        private final Buffer x;
        private final Buffer g;
        private final Buffer mean;
        private final Buffer factors;
        private final Buffer y;
        private final long rows;
        private final int channels;
        private final int units;

        Gradient(Buffer x, Buffer g, Buffer mean, Buffer factors, long rows, int channels, Buffer y) {
            this.x = x;
            this.g = g;
            this.mean = mean;
            this.factors = factors;
            this.y = y;
            this.rows = rows;
            this.channels = channels;
            this.units = rows * channels == 0 ? 0 : split(rows, Math.max(1, GRAIN / channels));
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            long end = from(rows, units, unit + 1);
            for (long r = from(rows, units, unit); r < end; r++) {
                long at = 4 * r * channels;
                row(x.at() + at, g.at() + at, mean.at(), factors.at(), y.at() + at, channels);
            }
        }

        private static void row(long x, long g, long mean, long factors, long y, int n) {
            int i = 0;
            for (; i <= n - LANES; i += LANES) {
                FloatVector e = load(x + 4L * i).sub(load(mean + 4L * i));
                FloatVector rest = fma(load(factors + 4L * (n + i)), e, load(factors + 4L * (2L * n + i)));
                store(fma(load(factors + 4L * i), load(g + 4L * i), rest), y + 4L * i);
            }
            for (; i < n; i++) {
                float e = get(x + 4L * i) - get(mean + 4L * i);
                set(y + 4L * i, get(factors + 4L * i) * get(g + 4L * i) + get(factors + 4L * (n + i)) * e + get(factors + 4L * (2L * n + i)));
            }
        }
    }
}

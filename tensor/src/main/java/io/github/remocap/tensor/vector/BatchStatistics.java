package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.set;

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
        final long scratchBytes() {
            return BatchStatisticsKernel.SCRATCH * Simd.VECTOR_BYTES;
        }

        @Override
        final void run(int unit, Scratch memory) {
            long first = partial.at() + 8L * channels * unit;
            ElementwiseKernel.zero(first, 2L * channels);
            long start = from(rows, parts, unit);
            long end = from(rows, parts, unit + 1);
            int block = Math.max(1, BLOCK / channels);
            for (long row = start; row < end; row += block) {
                block(4 * row * channels, (int) Math.min(block, end - row), (int) (row - start), first, first + 4L * channels, memory.address);
            }
        }

        /**
         * Takes in a block.
         *
         * @param at offset of its first row
         * @param before rows of the part before
         * @param a the part's first results
         * @param b and its second
         * @param scratch address of so many vectors as {@link BatchStatisticsKernel#SCRATCH} says
         */
        abstract void block(long at, int count, int before, long a, long b, long scratch);
    }

    /** Means and sums of squared distances from them: {@code [parts, 2, C]}. */
    static final class Moments extends Pass {
        private final Buffer x;

        Moments(Buffer x, long rows, int channels, Buffer partial) {
            super(rows, channels, partial);
            this.x = x;
        }

        @Override
        void block(long at, int count, int before, long mean, long squares, long scratch) {
            float share = (float) count / (before + count);
            int c = 0;
            for (; c <= channels - LANES; c += LANES) {
                BatchStatisticsKernel.moments(x.at() + at + 4L * c, channels, count, mean + 4L * c, squares + 4L * c, share, before,
                    scratch);
            }
            for (; c < channels; c++) {
                BatchStatisticsKernel.oneChannel(x.at() + at + 4L * c, channels, count, mean + 4L * c, squares + 4L * c, share, before);
            }
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
        void block(long at, int count, int before, long sums, long products, long scratch) {
            int c = 0;
            for (; c <= channels - LANES; c += LANES) {
                long offset = at + 4L * c;
                BatchStatisticsKernel.sums(x.at() + offset, g.at() + offset, mean.at() + 4L * c, channels, count, sums + 4L * c, products + 4L * c);
            }
            for (; c < channels; c++) {
                double s = get(sums + 4L * c);
                double p = get(products + 4L * c);
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
                BatchStatisticsKernel.row(x.at() + at, g.at() + at, mean.at(), factors.at(), y.at() + at, channels);
            }
        }
    }
}

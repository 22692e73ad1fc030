package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import jdk.incubator.vector.FloatVector;

/** Loops of {@link BatchStatistics}; see {@link ElementwiseKernel} for why they are here. */
final class BatchStatisticsKernel {
    private BatchStatisticsKernel() {
    }

    /**
     * The block's mean, corrected by what its distances sum to, and its squares, joined with what is known of {@code before} rows (Chan,
     * Golub and LeVeque 1979: the squares of two sets together). In three methods, each with one loop: in longer ones vectors become
     * objects. The scratch is three vectors.
     */
    static void moments(long x, int channels, int count, long mean, long squares, float share, int before, long scratch) {
        sum(x, 4L * channels, count, scratch);
        distances(x, 4L * channels, count, scratch);
        join(count, mean, squares, share, before, scratch);
    }

    /** The mean of rows, first as it comes. */
    private static void sum(long x, long step, int count, long scratch) {
        FloatVector sum = Simd.zero();
        for (int i = 0; i < count; i++) {
            sum = sum.add(load(x + step * i));
        }
        store(sum.mul(all(1f / count)), scratch);
    }

    /** What is left of the rows beside the mean: sums, and sums of squares. */
    private static void distances(long x, long step, int count, long scratch) {
        FloatVector mean = load(scratch);
        FloatVector rest = Simd.zero();
        FloatVector squares = Simd.zero();
        for (int i = 0; i < count; i++) {
            FloatVector e = load(x + step * i).sub(mean);
            rest = rest.add(e);
            squares = fma(e, e, squares);
        }
        store(rest, scratch + Simd.VECTOR_BYTES);
        store(squares, scratch + 2 * Simd.VECTOR_BYTES);
    }

    private static void join(int count, long mean, long squares, float share, int before, long scratch) {
        FloatVector rest = load(scratch + Simd.VECTOR_BYTES).mul(all(1f / count));
        FloatVector q = load(scratch + 2 * Simd.VECTOR_BYTES).sub(rest.mul(rest).mul(all(count)));
        FloatVector old = load(mean);
        FloatVector distance = load(scratch).add(rest).sub(old);
        FloatVector moved = distance.mul(all(share));
        store(load(squares).add(fma(distance.mul(moved), all(before), q)), squares);
        store(old.add(moved), mean);
    }

    /** In double: few channels make long blocks. */
    static void oneChannel(long x, int channels, int count, long mean, long squares, float share, int before) {
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
        double distance = m - get(mean);
        set(squares, (float) (get(squares) + distance * (distance * share) * before + q));
        set(mean, (float) (get(mean) + distance * share));
    }

    static void sums(long x, long g, long mean, int channels, int count, long sums, long products) {
        FloatVector sum = Simd.zero();
        FloatVector product = Simd.zero();
        FloatVector mu = load(mean);
        long step = 4L * channels;
        for (int i = 0; i < count; i++) {
            FloatVector e = load(g + step * i);
            sum = sum.add(e);
            product = fma(e, load(x + step * i).sub(mu), product);
        }
        store(load(sums).add(sum), sums);
        store(load(products).add(product), products);
    }

    static void row(long x, long g, long mean, long factors, long y, int n) {
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

    /** {@code y = (x - mean) scale + beta}: folded into one shift, mean and beta would cancel where the variance is small. */
    static void normalize(long x, long mean, long scale, long beta, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(fma(load(x + 4L * i).sub(load(mean + 4L * i)), load(scale + 4L * i), load(beta + 4L * i)), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, (get(x + 4L * i) - get(mean + 4L * i)) * get(scale + 4L * i) + get(beta + 4L * i));
        }
    }
}

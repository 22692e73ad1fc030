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
    /** Vectors of scratch that {@link #moments} needs. */
    static final int SCRATCH = 8;

    private BatchStatisticsKernel() {
    }

    /**
     * The block's mean, corrected by what its distances sum to, and its squares, joined with what is known of {@code before} rows (Chan,
     * Golub and LeVeque 1979: the squares of two sets together). In methods with one loop each: in longer ones vectors become objects. The
     * scratch is {@link #SCRATCH} vectors: four sums, then two of distances and two of their squares.
     */
    static void moments(long x, int channels, int count, long mean, long squares, float share, int before, long scratch) {
        long step = 4L * channels;
        int whole = count / 4 * 4;
        sums(x, step, whole, scratch);
        for (int i = whole; i < count; i++) {
            ElementwiseKernel.accumulate(x + step * i, scratch, LANES);
        }
        together(count, scratch);
        whole = count / 2 * 2;
        distances(x, step, whole, scratch);
        if (whole < count) {
            distance(x + step * whole, scratch);
        }
        join(count, mean, squares, share, before, scratch);
    }

    private static void sums(long x, long step, int count, long scratch) {
        FloatVector s0 = Simd.zero();
        FloatVector s1 = Simd.zero();
        FloatVector s2 = Simd.zero();
        FloatVector s3 = Simd.zero();
        for (int i = 0; i < count; i += 4) {
            long at = x + step * i;
            s0 = s0.add(load(at));
            s1 = s1.add(load(at + step));
            s2 = s2.add(load(at + 2 * step));
            s3 = s3.add(load(at + 3 * step));
        }
        store(s0, scratch);
        store(s1, scratch + Simd.VECTOR_BYTES);
        store(s2, scratch + 2 * Simd.VECTOR_BYTES);
        store(s3, scratch + 3 * Simd.VECTOR_BYTES);
    }

    /** The mean as it comes first, in place of the first sum. */
    private static void together(int count, long scratch) {
        FloatVector left = load(scratch).add(load(scratch + Simd.VECTOR_BYTES));
        FloatVector right = load(scratch + 2 * Simd.VECTOR_BYTES).add(load(scratch + 3 * Simd.VECTOR_BYTES));
        store(left.add(right).mul(all(1f / count)), scratch);
    }

    /** What is left of the rows beside that mean: sums, and sums of squares. */
    private static void distances(long x, long step, int count, long scratch) {
        FloatVector m = load(scratch);
        FloatVector r0 = Simd.zero();
        FloatVector r1 = Simd.zero();
        FloatVector q0 = Simd.zero();
        FloatVector q1 = Simd.zero();
        for (int i = 0; i < count; i += 2) {
            FloatVector e0 = load(x + step * i).sub(m);
            FloatVector e1 = load(x + step * i + step).sub(m);
            r0 = r0.add(e0);
            r1 = r1.add(e1);
            q0 = fma(e0, e0, q0);
            q1 = fma(e1, e1, q1);
        }
        store(r0, scratch + 4 * Simd.VECTOR_BYTES);
        store(r1, scratch + 5 * Simd.VECTOR_BYTES);
        store(q0, scratch + 6 * Simd.VECTOR_BYTES);
        store(q1, scratch + 7 * Simd.VECTOR_BYTES);
    }

    /** One more row. */
    private static void distance(long x, long scratch) {
        FloatVector e = load(x).sub(load(scratch));
        store(load(scratch + 4 * Simd.VECTOR_BYTES).add(e), scratch + 4 * Simd.VECTOR_BYTES);
        store(fma(e, e, load(scratch + 6 * Simd.VECTOR_BYTES)), scratch + 6 * Simd.VECTOR_BYTES);
    }

    private static void join(int count, long mean, long squares, float share, int before, long scratch) {
        FloatVector rest = load(scratch + 4 * Simd.VECTOR_BYTES).add(load(scratch + 5 * Simd.VECTOR_BYTES)).mul(all(1f / count));
        FloatVector q = load(scratch + 6 * Simd.VECTOR_BYTES).add(load(scratch + 7 * Simd.VECTOR_BYTES)).sub(rest.mul(rest).mul(all(count)));
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

    /** Adds rows of g to the sums, and of g times x less its mean to the products. */
    static void sums(long x, long g, long mean, int channels, int count, long sums, long products) {
        long step = 4L * channels;
        int whole = count / 2 * 2;
        pairs(x, g, mean, step, whole, sums, products);
        if (whole < count) {
            oneRow(x + step * whole, g + step * whole, mean, sums, products);
        }
    }

    private static void pairs(long x, long g, long mean, long step, int count, long sums, long products) {
        FloatVector s0 = Simd.zero();
        FloatVector s1 = Simd.zero();
        FloatVector p0 = Simd.zero();
        FloatVector p1 = Simd.zero();
        FloatVector mu = load(mean);
        for (int i = 0; i < count; i += 2) {
            FloatVector e0 = load(g + step * i);
            FloatVector e1 = load(g + step * i + step);
            s0 = s0.add(e0);
            s1 = s1.add(e1);
            p0 = fma(e0, load(x + step * i).sub(mu), p0);
            p1 = fma(e1, load(x + step * i + step).sub(mu), p1);
        }
        store(load(sums).add(s0.add(s1)), sums);
        store(load(products).add(p0.add(p1)), products);
    }

    private static void oneRow(long x, long g, long mean, long sums, long products) {
        FloatVector e = load(g);
        store(load(sums).add(e), sums);
        store(fma(e, load(x).sub(load(mean)), load(products)), products);
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

package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import jdk.incubator.vector.FloatVector;

/** Loops over the columns of a block [middle, inner] of an array; {@code stride} is inner. Long sums are taken in blocks. */
final class ColumnKernel {
    private static final int BLOCK = Reductions.BLOCK;

    private ColumnKernel() {
    }

    /** Sums of n columns into y. */
    static void sums(long x, long stride, long middle, long y, int n) {
        int c = 0;
        for (; c <= n - LANES; c += LANES) {
            FloatVector total = Simd.zero();
            for (long from = 0; from < middle; from += BLOCK) {
                FloatVector acc = Simd.zero();
                long end = Math.min(middle, from + BLOCK);
                for (long m = from; m < end; m++) {
                    acc = acc.add(load(x + 4 * (m * stride + c)));
                }
                total = total.add(acc);
            }
            store(total, y + 4L * c);
        }
        for (; c < n; c++) {
            float total = 0;
            for (long from = 0; from < middle; from += BLOCK) {
                float acc = 0;
                long end = Math.min(middle, from + BLOCK);
                for (long m = from; m < end; m++) {
                    acc += get(x + 4 * (m * stride + c));
                }
                total += acc;
            }
            set(y + 4L * c, total);
        }
    }

    /** Maxima of n columns into y. */
    static void maxima(long x, long stride, long middle, long y, int n) {
        for (int c = 0; c < n; c++) {
            float m = Float.NEGATIVE_INFINITY;
            for (long i = 0; i < middle; i++) {
                m = Math.max(m, get(x + 4 * (i * stride + c)));
            }
            set(y + 4L * c, m);
        }
    }

    /** Sums of (x - mean[c])^2. */
    static void squares(long x, long stride, long middle, long mean, long y, int n) {
        int c = 0;
        for (; c <= n - LANES; c += LANES) {
            FloatVector total = Simd.zero();
            FloatVector mu = load(mean + 4L * c);
            for (long from = 0; from < middle; from += BLOCK) {
                FloatVector acc = Simd.zero();
                long end = Math.min(middle, from + BLOCK);
                for (long m = from; m < end; m++) {
                    FloatVector e = load(x + 4 * (m * stride + c)).sub(mu);
                    acc = acc.add(e.mul(e));
                }
                total = total.add(acc);
            }
            store(total, y + 4L * c);
        }
        for (; c < n; c++) {
            float total = 0;
            float mu = get(mean + 4L * c);
            for (long from = 0; from < middle; from += BLOCK) {
                float acc = 0;
                long end = Math.min(middle, from + BLOCK);
                for (long m = from; m < end; m++) {
                    float e = get(x + 4 * (m * stride + c)) - mu;
                    acc += e * e;
                }
                total += acc;
            }
            set(y + 4L * c, total);
        }
    }

    /** Sums of g (x - mean[c]) scale[c]. */
    static void products(long x, long g, long stride, long middle, long mean, long scale, long y, int n) {
        int c = 0;
        for (; c <= n - LANES; c += LANES) {
            FloatVector total = Simd.zero();
            FloatVector mu = load(mean + 4L * c);
            for (long from = 0; from < middle; from += BLOCK) {
                FloatVector acc = Simd.zero();
                long end = Math.min(middle, from + BLOCK);
                for (long m = from; m < end; m++) {
                    long at = 4 * (m * stride + c);
                    acc = Simd.fma(load(x + at).sub(mu), load(g + at), acc);
                }
                total = total.add(acc);
            }
            store(total.mul(load(scale + 4L * c)), y + 4L * c);
        }
        for (; c < n; c++) {
            float total = 0;
            float mu = get(mean + 4L * c);
            for (long from = 0; from < middle; from += BLOCK) {
                float acc = 0;
                long end = Math.min(middle, from + BLOCK);
                for (long m = from; m < end; m++) {
                    long at = 4 * (m * stride + c);
                    acc += (get(x + at) - mu) * get(g + at);
                }
                total += acc;
            }
            set(y + 4L * c, total * get(scale + 4L * c));
        }
    }

    /** y = x * scale[c] + shift[c]. */
    static void scale(long x, long y, long scale, long shift, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(Simd.fma(load(x + 4L * i), load(scale + 4L * i), load(shift + 4L * i)), y + 4L * i);
        }
        for (; i < n; i++) {
            float s = get(scale + 4L * i);
            float t = get(shift + 4L * i);
            set(y + 4L * i, Simd.FMA ? Math.fma(get(x + 4L * i), s, t) : get(x + 4L * i) * s + t);
        }
    }
}

package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.VECTOR_BYTES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import jdk.incubator.vector.FloatVector;

/** The loops of {@link MultiScaleKernel} over rows of pixels, each a vector; arguments are addresses and distances in bytes. */
final class MultiScaleRowKernel {
    private MultiScaleRowKernel() {
    }

    /** Copies pixels and adds them up: to their row's sum, which begins here, and to the columns' sums. */
    static void copyRow(long from, long step, long to, int n, long rowSum, long columnSums, long columnStep, boolean first) {
        FloatVector sum = Simd.zero();
        for (int j = 0; j < n; j++) {
            FloatVector v = load(from + step * j);
            store(v, to + VECTOR_BYTES * j);
            sum = sum.add(v);
        }
        store(sum, rowSum);
        if (first) {
            for (int j = 0; j < n; j++) {
                store(load(to + VECTOR_BYTES * j), columnSums + columnStep * j);
            }
        } else {
            for (int j = 0; j < n; j++) {
                long at = columnSums + columnStep * j;
                store(load(at).add(load(to + VECTOR_BYTES * j)), at);
            }
        }
    }

    static void addGated(long x, long gateH, long gateW, long step, int n, long to) {
        FloatVector sum = Simd.zero();
        FloatVector odd = Simd.zero();
        int j = 0;
        for (; j < n - 1; j += 2) {
            sum = fma(load(x + VECTOR_BYTES * j), load(gateW + step * j), sum);
            odd = fma(load(x + VECTOR_BYTES * (j + 1)), load(gateW + step * (j + 1)), odd);
        }
        if (j < n) {
            sum = fma(load(x + VECTOR_BYTES * j), load(gateW + step * j), sum);
        }
        store(fma(sum.add(odd), load(gateH), load(to)), to);
    }

    static void addGatedSquares(long x, long gateH, long gateW, long step, int n, long mean, long to) {
        FloatVector sum = Simd.zero();
        FloatVector h = load(gateH);
        FloatVector m = load(mean);
        for (int j = 0; j < n; j++) {
            FloatVector e = load(x + VECTOR_BYTES * j).mul(load(gateW + step * j)).mul(h).sub(m);
            sum = fma(e, e, sum);
        }
        store(sum.add(load(to)), to);
    }

    static void fourPixels(long x, long down, long taps, long factor, long gateH, long gateW, long step, long line) {
        FloatVector f = load(factor).mul(load(gateH));
        long centre = x + down + VECTOR_BYTES;
        FloatVector a = fma(load(centre), load(gateW).mul(f), load(line));
        FloatVector b = fma(load(centre + VECTOR_BYTES), load(gateW + step).mul(f), load(line + VECTOR_BYTES));
        FloatVector c = fma(load(centre + 2 * VECTOR_BYTES), load(gateW + 2 * step).mul(f), load(line + 2 * VECTOR_BYTES));
        FloatVector d = fma(load(centre + 3 * VECTOR_BYTES), load(gateW + 3 * step).mul(f), load(line + 3 * VECTOR_BYTES));
        for (int tap = 0; tap < 9; tap++) { // one loop: vectors that live through two would become objects
            FloatVector w = load(taps + VECTOR_BYTES * tap);
            long from = x + down * (tap / 3) + VECTOR_BYTES * (tap % 3);
            a = fma(load(from), w, a);
            b = fma(load(from + VECTOR_BYTES), w, b);
            c = fma(load(from + 2 * VECTOR_BYTES), w, c);
            d = fma(load(from + 3 * VECTOR_BYTES), w, d);
        }
        store(a, line);
        store(b, line + VECTOR_BYTES);
        store(c, line + 2 * VECTOR_BYTES);
        store(d, line + 3 * VECTOR_BYTES);
    }

    static void onePixel(long x, long down, long taps, long factor, long gateH, long gateW, long line) {
        FloatVector f = load(factor).mul(load(gateH));
        FloatVector a = fma(load(x + down + VECTOR_BYTES), load(gateW).mul(f), load(line));
        for (int tap = 0; tap < 9; tap++) {
            a = fma(load(x + down * (tap / 3) + VECTOR_BYTES * (tap % 3)), load(taps + VECTOR_BYTES * tap), a);
        }
        store(a, line);
    }

    static void addShift(long line, long shift, int n) {
        FloatVector s = load(shift);
        for (int j = 0; j < n; j++) {
            store(load(line + VECTOR_BYTES * j).add(s), line + VECTOR_BYTES * j);
        }
    }

    /** Of n vectors, in place. */
    static void sigmoids(long x, int n) {
        for (int j = 0; j < n; j++) {
            store(Simd.sigmoid(load(x + VECTOR_BYTES * j)), x + VECTOR_BYTES * j);
        }
    }

    /** Of n vectors, in place. */
    static void exponentials(long x, int n) {
        for (int j = 0; j < n; j++) {
            store(Simd.exp(load(x + VECTOR_BYTES * j)), x + VECTOR_BYTES * j);
        }
    }

    static void scaleByNumbers(long x, long line, long out, long step, int n) {
        for (int j = 0; j < n; j++) {
            store(load(x + VECTOR_BYTES * j).mul(all(get(line + 4L * j))), out + step * j);
        }
    }

    static void scaleByVectors(long x, long line, long out, long step, int n) {
        for (int j = 0; j < n; j++) {
            store(load(x + VECTOR_BYTES * j).mul(load(line + VECTOR_BYTES * j)), out + step * j);
        }
    }

    static void mixColumns(long in, long columns, int n, float scale, long bias, long out) {
        FloatVector even = Simd.zero();
        FloatVector odd = Simd.zero();
        for (int i = 0; i < n - 1; i += 2) {
            even = fma(all(get(in + 4L * i)), load(columns + 4L * i * n), even);
            odd = fma(all(get(in + 4L * i + 4)), load(columns + 4L * (i + 1) * n), odd);
        }
        store(fma(even.add(odd), all(scale), load(bias)), out); // n is a multiple of the lanes
    }

    static void clear(long to) {
        for (int lane = 0; lane < LANES; lane++) {
            set(to + 4L * lane, 0f);
        }
    }
}

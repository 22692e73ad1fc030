package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import jdk.incubator.vector.FloatVector;

/**
 * One row of d features against listed rows: {@code list[from .. from + n)} are numbers of rows of a matrix at {@code base}, {@code step}
 * bytes apart. Methods pass numbers, not vectors, see {@link ElementwiseKernel}.
 */
final class AttentionKernel {
    private AttentionKernel() {
    }

    /** {@code p[to + i]} = row · the i-th listed row. */
    static void dots(long row, long base, long step, int[] list, int from, int n, int d, float[] p, int to) {
        int bound = d / LANES * LANES;
        for (int i = 0; i < n; i++) {
            long other = base + step * list[from + i];
            FloatVector acc = Simd.zero();
            for (int c = 0; c < bound; c += LANES) {
                acc = Simd.fma(load(row + 4L * c), load(other + 4L * c), acc);
            }
            float sum = Simd.sum(acc);
            for (int c = bound; c < d; c++) {
                sum += get(row + 4L * c) * get(other + 4L * c);
            }
            p[to + i] = sum;
        }
    }

    /** The listed row i += {@code p[at + i]} row. */
    static void scatter(float[] p, int at, long row, long base, long step, int[] list, int from, int n, int d) {
        int bound = d / LANES * LANES;
        for (int i = 0; i < n; i++) {
            long other = base + step * list[from + i];
            FloatVector factor = all(p[at + i]);
            for (int c = 0; c < bound; c += LANES) {
                store(Simd.fma(factor, load(row + 4L * c), load(other + 4L * c)), other + 4L * c);
            }
            for (int c = bound; c < d; c++) {
                set(other + 4L * c, get(other + 4L * c) + p[at + i] * get(row + 4L * c));
            }
        }
    }

    /** y = the sum of {@code p[at + i]} times the listed row i. */
    static void gather(float[] p, int at, long base, long step, int[] list, int from, int n, int d, long y) {
        int bound = d / LANES * LANES;
        for (int c = 0; c < bound; c += LANES) {
            FloatVector acc = Simd.zero();
            for (int i = 0; i < n; i++) {
                acc = Simd.fma(all(p[at + i]), load(base + step * list[from + i] + 4L * c), acc);
            }
            store(acc, y + 4L * c);
        }
        for (int c = bound; c < d; c++) {
            float sum = 0;
            for (int i = 0; i < n; i++) {
                sum += p[at + i] * get(base + step * list[from + i] + 4L * c);
            }
            set(y + 4L * c, sum);
        }
    }
}

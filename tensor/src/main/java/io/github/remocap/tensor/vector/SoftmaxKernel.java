package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.SPECIES;
import static io.github.remocap.tensor.vector.Simd.all;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Softmax of a row. Methods pass numbers, not vectors, see {@link ElementwiseKernel}. */
final class SoftmaxKernel {
    private SoftmaxKernel() {
    }

    /** Elements of whole vectors that hold n. */
    static int padded(int n) {
        return (n + LANES - 1) / LANES * LANES;
    }

    /**
     * Softmax of scale p[from .. from + n) in place; what follows up to {@link #padded} becomes zero.
     */
    static void softmax(float[] p, int from, int n, float scale) {
        int end = from + padded(n);
        Arrays.fill(p, from + n, end, Float.NEGATIVE_INFINITY);
        float r = 1 / exp(p, from, end, max(p, from, end), scale);
        for (int i = from; i < end; i++) {
            p[i] *= r;
        }
    }

    /** The greatest number; NaN loses here, and shows in what is made of it. */
    private static float max(float[] p, int from, int end) {
        FloatVector m = FloatVector.fromArray(SPECIES, p, from);
        for (int i = from + LANES; i < end; i += LANES) {
            FloatVector v = FloatVector.fromArray(SPECIES, p, i);
            m = m.blend(v, v.compare(VectorOperators.GT, m));
        }
        return m.reduceLanes(VectorOperators.MAX);
    }

    /** {@code p = exp(scale (p - max))}; their sum. In two methods: the compiler's budget ends in one, and vectors become objects. */
    private static float exp(float[] p, int from, int end, float max, float scale) {
        exponentials(p, from, end, max, scale);
        return sum(p, from, end);
    }

    private static void exponentials(float[] p, int from, int end, float max, float scale) {
        FloatVector m = all(max);
        FloatVector f = all(scale);
        for (int i = from; i < end; i += LANES) {
            Simd.expOfNegative(Simd.load(p, i).sub(m).mul(f)).intoArray(p, i);
        }
    }

    private static float sum(float[] p, int from, int end) {
        FloatVector sum = Simd.zero();
        for (int i = from; i < end; i += LANES) {
            sum = sum.add(Simd.load(p, i));
        }
        return Simd.sum(sum);
    }
}

package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Loops over a row of floats. One loop in each method: sums of nested ones became objects, depending on what was compiled first. */
final class RowKernel {
    private RowKernel() {
    }

    static float sum(long x, int n) {
        FloatVector acc = Simd.zero();
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            acc = acc.add(load(x + 4L * i));
        }
        float part = Simd.sum(acc);
        for (; i < n; i++) {
            part += get(x + 4L * i);
        }
        return part;
    }

    /** Sum of (x - mean)^2. */
    static float squares(long x, int n, float mean) {
        FloatVector m = all(mean);
        FloatVector acc = Simd.zero();
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector e = load(x + 4L * i).sub(m);
            acc = acc.add(e.mul(e));
        }
        float part = Simd.sum(acc);
        for (; i < n; i++) {
            float e = get(x + 4L * i) - mean;
            part += e * e;
        }
        return part;
    }

    static float max(long x, int n) {
        FloatVector acc = all(Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            acc = acc.max(load(x + 4L * i));
        }
        float m = acc.reduceLanes(VectorOperators.MAX);
        for (; i < n; i++) {
            m = Math.max(m, get(x + 4L * i));
        }
        return m;
    }

    /** y = (x - mean) * scale. */
    static void standardize(long x, long y, int n, float mean, float scale) {
        int i = 0;
        FloatVector m = all(mean);
        FloatVector s = all(scale);
        for (; i <= n - LANES; i += LANES) {
            store(load(x + 4L * i).sub(m).mul(s), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, (get(x + 4L * i) - mean) * scale);
        }
    }

    /** y = y * gamma + beta. */
    static void affine(long y, long gamma, long beta, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            store(load(y + 4L * i).mul(load(gamma + 4L * i)).add(load(beta + 4L * i)), y + 4L * i);
        }
        for (; i < n; i++) {
            set(y + 4L * i, get(y + 4L * i) * get(gamma + 4L * i) + get(beta + 4L * i));
        }
    }

    /** {@code y = relu(x + residual)}; the residual is an address or 0, and relu says whether negative elements become 0. */
    static void rectify(long x, long residual, boolean relu, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = load(x + 4L * i);
            if (residual != 0) {
                v = v.add(load(residual + 4L * i));
            }
            store(relu ? Simd.relu(v) : v, y + 4L * i);
        }
        for (; i < n; i++) {
            float v = get(x + 4L * i) + (residual == 0 ? 0 : get(residual + 4L * i));
            set(y + 4L * i, relu && v < 0 ? 0 : v);
        }
    }
}

package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.SPECIES;

import jdk.incubator.vector.FloatVector;

/** What happens to a row of sums on its way to memory. */
final class EpilogueKernel {
    private EpilogueKernel() {}

    /**
     * {@code out[i, j] = relu(sums[i, j] + bias[j] + residual[i, j])} for a panel of {@code rows x columns}.
     *
     * @param sums rows at {@code sumsStride} from {@code offset}
     * @param columns a multiple of two vectors
     * @param bias address of {@code [columns]}, or 0
     * @param residual address of the first row, or 0
     * @param out address of the first row
     * @param stride floats from row to row of the output and the residual
     */
    static void panel(float[] sums, int offset, int sumsStride, int rows, int columns, long bias, long residual, boolean relu, long out, int stride) {
        for (int j = 0; j < columns; j += 2 * LANES) {
            long at = 4L * j;
            pair(sums, offset + j, sumsStride, rows, bias == 0 ? 0 : bias + at, residual == 0 ? 0 : residual + at, relu, out + at, stride);
        }
    }

    /** As above, for two vectors. */
    static void pair(float[] sums, int offset, int sumsStride, int rows, long bias, long residual, boolean relu, long out, int stride) {
        FloatVector b0 = bias == 0 ? FloatVector.zero(SPECIES) : Simd.load(bias);
        FloatVector b1 = bias == 0 ? FloatVector.zero(SPECIES) : Simd.load(bias + 4L * LANES);
        FloatVector floor = FloatVector.broadcast(SPECIES, relu ? 0 : Float.NEGATIVE_INFINITY);
        long step = 4L * stride;
        if (residual == 0) {
            for (int i = 0; i < rows; i++) {
                FloatVector v0 = FloatVector.fromArray(SPECIES, sums, offset + i * sumsStride);
                FloatVector v1 = FloatVector.fromArray(SPECIES, sums, offset + i * sumsStride + LANES);
                Simd.store(v0.add(b0).max(floor), out + i * step);
                Simd.store(v1.add(b1).max(floor), out + i * step + 4L * LANES);
            }
        } else {
            for (int i = 0; i < rows; i++) {
                FloatVector v0 = FloatVector.fromArray(SPECIES, sums, offset + i * sumsStride);
                FloatVector v1 = FloatVector.fromArray(SPECIES, sums, offset + i * sumsStride + LANES);
                FloatVector r0 = Simd.load(residual + i * step);
                FloatVector r1 = Simd.load(residual + i * step + 4L * LANES);
                Simd.store(v0.add(b0).add(r0).max(floor), out + i * step);
                Simd.store(v1.add(b1).add(r1).max(floor), out + i * step + 4L * LANES);
            }
        }
    }

    /**
     * {@code out[j] = relu(sums[offset + j] + bias[j] + residual[j])} for {@code j < count}; bias and residual are addresses or 0.
     */
    static void row(float[] sums, int offset, int count, long bias, long residual, boolean relu, long out) {
        int j = 0;
        int bound = SPECIES.loopBound(count);
        for (; j < bound; j += LANES) {
            FloatVector v = FloatVector.fromArray(SPECIES, sums, offset + j);
            if (bias != 0) {
                v = v.add(Simd.load(bias + 4L * j));
            }
            if (residual != 0) {
                v = v.add(Simd.load(residual + 4L * j));
            }
            if (relu) {
                v = v.max(0);
            }
            Simd.store(v, out + 4L * j);
        }
        for (; j < count; j++) {
            float v = sums[offset + j];
            if (bias != 0) {
                v += Simd.get(bias + 4L * j);
            }
            if (residual != 0) {
                v += Simd.get(residual + 4L * j);
            }
            Simd.set(out + 4L * j, relu ? Math.max(v, 0) : v);
        }
    }
}

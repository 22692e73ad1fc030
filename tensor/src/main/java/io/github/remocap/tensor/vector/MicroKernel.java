package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.SPECIES;
import static io.github.remocap.tensor.vector.Simd.broadcast;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.load;

import jdk.incubator.vector.FloatVector;

/**
 * The register tile that every matrix product runs through: {@link #ROWS} rows times two vectors of accumulators.
 *
 * <p>The form of the inner loop is a matter of register allocation, which decides between full speed and less than half of it:
 * with two vectors of the right matrix and two broadcasts, the accumulators fill all 16 registers of AVX2, but the compiler
 * likes to hoist the six broadcasts together and then spills accumulators. A branch that is never taken ends a block after
 * two rows, and loads behind it stay behind it; the compiler merges the later ones, which cost nothing. The left matrix is a {@code float[]} because its addresses then
 * fold into the loads; the right one and its stride are known well enough that a segment does, and so keep their alignment.
 */
final class MicroKernel {
    /** Rows of a tile: 6 x 2 accumulators fill 16 registers; 32 registers of 512 bits take 8 x 2 before arrays spill. */
    static final int ROWS = LANES == 16 ? 8 : 6;

    /** Columns of a tile, the width of a packed weight panel. */
    static final int COLUMNS = 2 * LANES;

    // Not final: the compiler must not know that no k equals it.
    private static int never = -1;

    private MicroKernel() {}

    /**
     * {@code c[i, j] (+)= sum_k a[i, k] * b[k, j]} for one tile.
     *
     * @param depth number of k
     * @param a rows of the left matrix, {@code [ROWS]} at stride {@code aStride}, from {@code aOffset}
     * @param b address of a panel {@code [depth, COLUMNS]}
     * @param c result {@code [ROWS, COLUMNS]} at row stride {@code cStride}, from {@code cOffset}
     * @param accumulate whether to add to {@code c} rather than overwrite it
     */
    static void multiply(
            int depth, float[] a, int aOffset, int aStride, long b, float[] c, int cOffset, int cStride, boolean accumulate) {
        if (ROWS == 8) {
            multiply8(depth, a, aOffset, aStride, b, c, cOffset, cStride, accumulate);
        } else {
            multiply6(depth, a, aOffset, aStride, b, c, cOffset, cStride, accumulate);
        }
    }

    private static void multiply6(
            int depth, float[] a, int aOffset, int aStride, long b, float[] c, int cOffset, int cStride, boolean accumulate) {
        int a0 = aOffset;
        int a1 = aOffset + aStride;
        int a2 = aOffset + 2 * aStride;
        int a3 = aOffset + 3 * aStride;
        int a4 = aOffset + 4 * aStride;
        int a5 = aOffset + 5 * aStride;
        int stop = never;
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector c00 = zero;
        FloatVector c01 = zero;
        FloatVector c10 = zero;
        FloatVector c11 = zero;
        FloatVector c20 = zero;
        FloatVector c21 = zero;
        FloatVector c30 = zero;
        FloatVector c31 = zero;
        FloatVector c40 = zero;
        FloatVector c41 = zero;
        FloatVector c50 = zero;
        FloatVector c51 = zero;
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = Simd.load(b + 4L * COLUMNS * k);
            FloatVector b1 = Simd.load(b + 4L * COLUMNS * k + 4L * LANES);
            FloatVector x0 = broadcast(a, a0 + k);
            c00 = fma(x0, b0, c00);
            c01 = fma(x0, b1, c01);
            FloatVector x1 = broadcast(a, a1 + k);
            c10 = fma(x1, b0, c10);
            c11 = fma(x1, b1, c11);
            if (k == stop) {
                break;
            }
            FloatVector x2 = broadcast(a, a2 + k);
            c20 = fma(x2, b0, c20);
            c21 = fma(x2, b1, c21);
            FloatVector x3 = broadcast(a, a3 + k);
            c30 = fma(x3, b0, c30);
            c31 = fma(x3, b1, c31);
            if (k == stop) {
                break;
            }
            FloatVector x4 = broadcast(a, a4 + k);
            c40 = fma(x4, b0, c40);
            c41 = fma(x4, b1, c41);
            FloatVector x5 = broadcast(a, a5 + k);
            c50 = fma(x5, b0, c50);
            c51 = fma(x5, b1, c51);
        }
        if (accumulate) {
            c00 = c00.add(load(c, cOffset));
            c01 = c01.add(load(c, cOffset + LANES));
            c10 = c10.add(load(c, cOffset + cStride));
            c11 = c11.add(load(c, cOffset + cStride + LANES));
            c20 = c20.add(load(c, cOffset + 2 * cStride));
            c21 = c21.add(load(c, cOffset + 2 * cStride + LANES));
            c30 = c30.add(load(c, cOffset + 3 * cStride));
            c31 = c31.add(load(c, cOffset + 3 * cStride + LANES));
            c40 = c40.add(load(c, cOffset + 4 * cStride));
            c41 = c41.add(load(c, cOffset + 4 * cStride + LANES));
            c50 = c50.add(load(c, cOffset + 5 * cStride));
            c51 = c51.add(load(c, cOffset + 5 * cStride + LANES));
        }
        c00.intoArray(c, cOffset);
        c01.intoArray(c, cOffset + LANES);
        c10.intoArray(c, cOffset + cStride);
        c11.intoArray(c, cOffset + cStride + LANES);
        c20.intoArray(c, cOffset + 2 * cStride);
        c21.intoArray(c, cOffset + 2 * cStride + LANES);
        c30.intoArray(c, cOffset + 3 * cStride);
        c31.intoArray(c, cOffset + 3 * cStride + LANES);
        c40.intoArray(c, cOffset + 4 * cStride);
        c41.intoArray(c, cOffset + 4 * cStride + LANES);
        c50.intoArray(c, cOffset + 5 * cStride);
        c51.intoArray(c, cOffset + 5 * cStride + LANES);
    }

    private static void multiply8(
            int depth, float[] a, int aOffset, int aStride, long b, float[] c, int cOffset, int cStride, boolean accumulate) {
        int a0 = aOffset;
        int a1 = aOffset + aStride;
        int a2 = aOffset + 2 * aStride;
        int a3 = aOffset + 3 * aStride;
        int a4 = aOffset + 4 * aStride;
        int a5 = aOffset + 5 * aStride;
        int a6 = aOffset + 6 * aStride;
        int a7 = aOffset + 7 * aStride;
        int stop = never;
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector c00 = zero;
        FloatVector c01 = zero;
        FloatVector c10 = zero;
        FloatVector c11 = zero;
        FloatVector c20 = zero;
        FloatVector c21 = zero;
        FloatVector c30 = zero;
        FloatVector c31 = zero;
        FloatVector c40 = zero;
        FloatVector c41 = zero;
        FloatVector c50 = zero;
        FloatVector c51 = zero;
        FloatVector c60 = zero;
        FloatVector c61 = zero;
        FloatVector c70 = zero;
        FloatVector c71 = zero;
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = Simd.load(b + 4L * COLUMNS * k);
            FloatVector b1 = Simd.load(b + 4L * COLUMNS * k + 4L * LANES);
            FloatVector x0 = broadcast(a, a0 + k);
            c00 = fma(x0, b0, c00);
            c01 = fma(x0, b1, c01);
            FloatVector x1 = broadcast(a, a1 + k);
            c10 = fma(x1, b0, c10);
            c11 = fma(x1, b1, c11);
            if (k == stop) {
                break;
            }
            FloatVector x2 = broadcast(a, a2 + k);
            c20 = fma(x2, b0, c20);
            c21 = fma(x2, b1, c21);
            FloatVector x3 = broadcast(a, a3 + k);
            c30 = fma(x3, b0, c30);
            c31 = fma(x3, b1, c31);
            if (k == stop) {
                break;
            }
            FloatVector x4 = broadcast(a, a4 + k);
            c40 = fma(x4, b0, c40);
            c41 = fma(x4, b1, c41);
            FloatVector x5 = broadcast(a, a5 + k);
            c50 = fma(x5, b0, c50);
            c51 = fma(x5, b1, c51);
            if (k == stop) {
                break;
            }
            FloatVector x6 = broadcast(a, a6 + k);
            c60 = fma(x6, b0, c60);
            c61 = fma(x6, b1, c61);
            FloatVector x7 = broadcast(a, a7 + k);
            c70 = fma(x7, b0, c70);
            c71 = fma(x7, b1, c71);
        }
        if (accumulate) {
            c00 = c00.add(load(c, cOffset));
            c01 = c01.add(load(c, cOffset + LANES));
            c10 = c10.add(load(c, cOffset + cStride));
            c11 = c11.add(load(c, cOffset + cStride + LANES));
            c20 = c20.add(load(c, cOffset + 2 * cStride));
            c21 = c21.add(load(c, cOffset + 2 * cStride + LANES));
            c30 = c30.add(load(c, cOffset + 3 * cStride));
            c31 = c31.add(load(c, cOffset + 3 * cStride + LANES));
            c40 = c40.add(load(c, cOffset + 4 * cStride));
            c41 = c41.add(load(c, cOffset + 4 * cStride + LANES));
            c50 = c50.add(load(c, cOffset + 5 * cStride));
            c51 = c51.add(load(c, cOffset + 5 * cStride + LANES));
            c60 = c60.add(load(c, cOffset + 6 * cStride));
            c61 = c61.add(load(c, cOffset + 6 * cStride + LANES));
            c70 = c70.add(load(c, cOffset + 7 * cStride));
            c71 = c71.add(load(c, cOffset + 7 * cStride + LANES));
        }
        c00.intoArray(c, cOffset);
        c01.intoArray(c, cOffset + LANES);
        c10.intoArray(c, cOffset + cStride);
        c11.intoArray(c, cOffset + cStride + LANES);
        c20.intoArray(c, cOffset + 2 * cStride);
        c21.intoArray(c, cOffset + 2 * cStride + LANES);
        c30.intoArray(c, cOffset + 3 * cStride);
        c31.intoArray(c, cOffset + 3 * cStride + LANES);
        c40.intoArray(c, cOffset + 4 * cStride);
        c41.intoArray(c, cOffset + 4 * cStride + LANES);
        c50.intoArray(c, cOffset + 5 * cStride);
        c51.intoArray(c, cOffset + 5 * cStride + LANES);
        c60.intoArray(c, cOffset + 6 * cStride);
        c61.intoArray(c, cOffset + 6 * cStride + LANES);
        c70.intoArray(c, cOffset + 7 * cStride);
        c71.intoArray(c, cOffset + 7 * cStride + LANES);
    }
}

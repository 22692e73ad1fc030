package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.SPECIES;
import static io.github.remocap.tensor.vector.Simd.broadcast;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.load;

import jdk.incubator.vector.FloatVector;

/**
 * The register tile that most products run through: {@link #ROWS} rows times {@link #COLUMNS} of accumulators. {@link ProductKernel} is for long
 * sums of many columns, {@link PixelKernel} for gradients to weights.
 *
 * <p>The form of the inner loop is a matter of register allocation, which decides between full speed and less than half of it:
 * with two vectors of the right matrix and two broadcasts, the accumulators fill all 16 registers of AVX2, but the compiler
 * likes to hoist the six broadcasts together and then spills accumulators. A branch that is never taken ends a block after
 * two rows, and loads behind it stay behind it; the compiler merges the later ones, which cost nothing. With 32 registers of 512 bits,
 * four vectors in a row need no such care, and fewer loads for a multiplication than more rows would. The left matrix is a
 * {@code float[]} because its addresses then fold into the loads; the right one and its stride are known well enough that a segment
 * does, and so keep their alignment.
 */
final class MicroKernel {
    /** Rows of a tile. */
    static final int ROWS = 6;

    private static final int VECTORS = LANES == 16 ? 4 : 2;

    /** Columns of a tile, the width of a packed weight panel: 6 x 2 accumulators fill 16 registers, 6 x 4 take 32 of 512 bits. */
    static final int COLUMNS = VECTORS * LANES;

    /** Floats of a tile. */
    static final int TILE = ROWS * COLUMNS;

    // Not final: the compiler must not know that no k equals it.
    private static int never = -1;

    private MicroKernel() {}

    /**
     * {@code c[i, j] (+)= sum_k a[i, k] * b[k, j]} for one tile.
     *
     * @param depth number of k
     * @param columns that are wanted, the others of the tile may be computed or not
     * @param a rows of the left matrix, {@code [ROWS]} at stride {@code aStride}, from {@code aOffset}
     * @param b address of a panel {@code [depth, COLUMNS]}
     * @param c result {@code [ROWS, COLUMNS]} at row stride {@code cStride}, from {@code cOffset}
     * @param accumulate whether to add to {@code c} rather than overwrite it
     * @param spare where in {@code c} there are {@link #TILE} floats to use when accumulating
     */
    static void multiply(int depth, int columns, float[] a, int aOffset, int aStride, long b, float[] c, int cOffset, int cStride, boolean accumulate,
        int spare) {
        if (VECTORS == 2 || columns <= 2 * LANES) {
            multiply6x2(depth, a, aOffset, aStride, b, c, cOffset, cStride, accumulate);
        } else if (accumulate) {
            // Not in one method: the compiler's budget for inlining ends, and vectors become objects.
            multiply6x4(depth, a, aOffset, aStride, b, c, spare, COLUMNS);
            add(c, spare, cOffset, cStride);
        } else {
            multiply6x4(depth, a, aOffset, aStride, b, c, cOffset, cStride);
        }
    }

    private static void add(float[] c, int spare, int cOffset, int cStride) {
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < COLUMNS; j += LANES) {
                int at = cOffset + i * cStride + j;
                load(c, at).add(load(c, spare + i * COLUMNS + j)).intoArray(c, at);
            }
        }
    }

    private static void multiply6x2(
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

    private static void multiply6x4(
            int depth, float[] a, int aOffset, int aStride, long b, float[] c, int cOffset, int cStride) {
        int a0 = aOffset;
        int a1 = aOffset + aStride;
        int a2 = aOffset + 2 * aStride;
        int a3 = aOffset + 3 * aStride;
        int a4 = aOffset + 4 * aStride;
        int a5 = aOffset + 5 * aStride;
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector c00 = zero;
        FloatVector c01 = zero;
        FloatVector c02 = zero;
        FloatVector c03 = zero;
        FloatVector c10 = zero;
        FloatVector c11 = zero;
        FloatVector c12 = zero;
        FloatVector c13 = zero;
        FloatVector c20 = zero;
        FloatVector c21 = zero;
        FloatVector c22 = zero;
        FloatVector c23 = zero;
        FloatVector c30 = zero;
        FloatVector c31 = zero;
        FloatVector c32 = zero;
        FloatVector c33 = zero;
        FloatVector c40 = zero;
        FloatVector c41 = zero;
        FloatVector c42 = zero;
        FloatVector c43 = zero;
        FloatVector c50 = zero;
        FloatVector c51 = zero;
        FloatVector c52 = zero;
        FloatVector c53 = zero;
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = Simd.load(b + 4L * COLUMNS * k);
            FloatVector b1 = Simd.load(b + 4L * COLUMNS * k + 4L * LANES);
            FloatVector b2 = Simd.load(b + 4L * COLUMNS * k + 4L * 2 * LANES);
            FloatVector b3 = Simd.load(b + 4L * COLUMNS * k + 4L * 3 * LANES);
            FloatVector x0 = broadcast(a, a0 + k);
            c00 = fma(x0, b0, c00);
            c01 = fma(x0, b1, c01);
            c02 = fma(x0, b2, c02);
            c03 = fma(x0, b3, c03);
            FloatVector x1 = broadcast(a, a1 + k);
            c10 = fma(x1, b0, c10);
            c11 = fma(x1, b1, c11);
            c12 = fma(x1, b2, c12);
            c13 = fma(x1, b3, c13);
            FloatVector x2 = broadcast(a, a2 + k);
            c20 = fma(x2, b0, c20);
            c21 = fma(x2, b1, c21);
            c22 = fma(x2, b2, c22);
            c23 = fma(x2, b3, c23);
            FloatVector x3 = broadcast(a, a3 + k);
            c30 = fma(x3, b0, c30);
            c31 = fma(x3, b1, c31);
            c32 = fma(x3, b2, c32);
            c33 = fma(x3, b3, c33);
            FloatVector x4 = broadcast(a, a4 + k);
            c40 = fma(x4, b0, c40);
            c41 = fma(x4, b1, c41);
            c42 = fma(x4, b2, c42);
            c43 = fma(x4, b3, c43);
            FloatVector x5 = broadcast(a, a5 + k);
            c50 = fma(x5, b0, c50);
            c51 = fma(x5, b1, c51);
            c52 = fma(x5, b2, c52);
            c53 = fma(x5, b3, c53);
        }
        c00.intoArray(c, cOffset);
        c01.intoArray(c, cOffset + LANES);
        c02.intoArray(c, cOffset + 2 * LANES);
        c03.intoArray(c, cOffset + 3 * LANES);
        c10.intoArray(c, cOffset + cStride);
        c11.intoArray(c, cOffset + cStride + LANES);
        c12.intoArray(c, cOffset + cStride + 2 * LANES);
        c13.intoArray(c, cOffset + cStride + 3 * LANES);
        c20.intoArray(c, cOffset + 2 * cStride);
        c21.intoArray(c, cOffset + 2 * cStride + LANES);
        c22.intoArray(c, cOffset + 2 * cStride + 2 * LANES);
        c23.intoArray(c, cOffset + 2 * cStride + 3 * LANES);
        c30.intoArray(c, cOffset + 3 * cStride);
        c31.intoArray(c, cOffset + 3 * cStride + LANES);
        c32.intoArray(c, cOffset + 3 * cStride + 2 * LANES);
        c33.intoArray(c, cOffset + 3 * cStride + 3 * LANES);
        c40.intoArray(c, cOffset + 4 * cStride);
        c41.intoArray(c, cOffset + 4 * cStride + LANES);
        c42.intoArray(c, cOffset + 4 * cStride + 2 * LANES);
        c43.intoArray(c, cOffset + 4 * cStride + 3 * LANES);
        c50.intoArray(c, cOffset + 5 * cStride);
        c51.intoArray(c, cOffset + 5 * cStride + LANES);
        c52.intoArray(c, cOffset + 5 * cStride + 2 * LANES);
        c53.intoArray(c, cOffset + 5 * cStride + 3 * LANES);
    }
}

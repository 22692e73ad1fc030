package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.SPECIES;
import static io.github.remocap.tensor.vector.Simd.broadcast;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.load;

import jdk.incubator.vector.FloatVector;

/**
 * The register tile of long sums: {@link #ROWS} rows of a left matrix in a layout that the compiler knows, times two vectors of a
 * right one.
 *
 * <p>A panel of {@link #CHAIN} k stays in the first-level cache beside a tile's rows, which stream past it; four vectors would not. All
 * addresses of the left side are one register and constants, so that twelve rows are possible. Needs 32 registers.
 */
final class ProductKernel {
    /** Rows of a tile. */
    static final int ROWS = 12;

    /** Columns of a tile, the width of a packed panel. */
    static final int COLUMNS = 2 * LANES;

    /** Floats of a tile. */
    static final int TILE = ROWS * COLUMNS;

    /** Products in one chain at most. Bounds the rounding, and a panel's share of the first-level cache. */
    static final int CHAIN = 256;

    /** Floats from row to row of the left side: an odd number of cache lines, which share no cache sets. */
    static final int STRIDE = CHAIN + 16;

    private ProductKernel() {
    }

    /**
     * {@code c[i, j] (+)= sum_k a[i, k] * b[k, j]} for one tile.
     *
     * @param depth number of k, at most {@link #CHAIN}
     * @param a rows of the left matrix at {@link #STRIDE}, from {@code aOffset}
     * @param b address of a panel {@code [depth, COLUMNS]}
     * @param c result {@code [ROWS, COLUMNS]} from {@code cOffset}
     * @param accumulate whether to add to {@code c} rather than overwrite it
     * @param spare where in {@code c} there are {@link #TILE} floats to use when accumulating
     */
    static void multiply(int depth, float[] a, int aOffset, long b, float[] c, int cOffset, boolean accumulate, int spare) {
        twelve(depth, a, aOffset, b, c, accumulate ? spare : cOffset);
        if (accumulate) { // Not in one method: the compiler's budget for inlining ends, and vectors become objects.
            add(c, spare, cOffset, TILE);
        }
    }

    /** {@code c[sums + i] += c[tile + i]} for so many floats, a multiple of two vectors. */
    static void add(float[] c, int tile, int sums, int floats) {
        for (int i = 0; i < floats; i += 2 * LANES) {
            load(c, sums + i).add(load(c, tile + i)).intoArray(c, sums + i);
            load(c, sums + i + LANES).add(load(c, tile + i + LANES)).intoArray(c, sums + i + LANES);
        }
    }

    private static void twelve(int depth, float[] a, int aOffset, long b, float[] c, int cOffset) {
        FloatVector zero = FloatVector.zero(SPECIES);
        FloatVector c0a = zero;
        FloatVector c0b = zero;
        FloatVector c1a = zero;
        FloatVector c1b = zero;
        FloatVector c2a = zero;
        FloatVector c2b = zero;
        FloatVector c3a = zero;
        FloatVector c3b = zero;
        FloatVector c4a = zero;
        FloatVector c4b = zero;
        FloatVector c5a = zero;
        FloatVector c5b = zero;
        FloatVector c6a = zero;
        FloatVector c6b = zero;
        FloatVector c7a = zero;
        FloatVector c7b = zero;
        FloatVector c8a = zero;
        FloatVector c8b = zero;
        FloatVector c9a = zero;
        FloatVector c9b = zero;
        FloatVector c10a = zero;
        FloatVector c10b = zero;
        FloatVector c11a = zero;
        FloatVector c11b = zero;
        for (int k = 0; k < depth; k++) {
            FloatVector left = load(b + 8L * LANES * k);
            FloatVector right = load(b + 8L * LANES * k + 4L * LANES);
            FloatVector x0 = broadcast(a, aOffset + k);
            c0a = fma(x0, left, c0a);
            c0b = fma(x0, right, c0b);
            FloatVector x1 = broadcast(a, aOffset + STRIDE + k);
            c1a = fma(x1, left, c1a);
            c1b = fma(x1, right, c1b);
            FloatVector x2 = broadcast(a, aOffset + 2 * STRIDE + k);
            c2a = fma(x2, left, c2a);
            c2b = fma(x2, right, c2b);
            FloatVector x3 = broadcast(a, aOffset + 3 * STRIDE + k);
            c3a = fma(x3, left, c3a);
            c3b = fma(x3, right, c3b);
            FloatVector x4 = broadcast(a, aOffset + 4 * STRIDE + k);
            c4a = fma(x4, left, c4a);
            c4b = fma(x4, right, c4b);
            FloatVector x5 = broadcast(a, aOffset + 5 * STRIDE + k);
            c5a = fma(x5, left, c5a);
            c5b = fma(x5, right, c5b);
            FloatVector x6 = broadcast(a, aOffset + 6 * STRIDE + k);
            c6a = fma(x6, left, c6a);
            c6b = fma(x6, right, c6b);
            FloatVector x7 = broadcast(a, aOffset + 7 * STRIDE + k);
            c7a = fma(x7, left, c7a);
            c7b = fma(x7, right, c7b);
            FloatVector x8 = broadcast(a, aOffset + 8 * STRIDE + k);
            c8a = fma(x8, left, c8a);
            c8b = fma(x8, right, c8b);
            FloatVector x9 = broadcast(a, aOffset + 9 * STRIDE + k);
            c9a = fma(x9, left, c9a);
            c9b = fma(x9, right, c9b);
            FloatVector x10 = broadcast(a, aOffset + 10 * STRIDE + k);
            c10a = fma(x10, left, c10a);
            c10b = fma(x10, right, c10b);
            FloatVector x11 = broadcast(a, aOffset + 11 * STRIDE + k);
            c11a = fma(x11, left, c11a);
            c11b = fma(x11, right, c11b);
        }
        c0a.intoArray(c, cOffset);
        c0b.intoArray(c, cOffset + LANES);
        c1a.intoArray(c, cOffset + COLUMNS);
        c1b.intoArray(c, cOffset + COLUMNS + LANES);
        c2a.intoArray(c, cOffset + 2 * COLUMNS);
        c2b.intoArray(c, cOffset + 2 * COLUMNS + LANES);
        c3a.intoArray(c, cOffset + 3 * COLUMNS);
        c3b.intoArray(c, cOffset + 3 * COLUMNS + LANES);
        c4a.intoArray(c, cOffset + 4 * COLUMNS);
        c4b.intoArray(c, cOffset + 4 * COLUMNS + LANES);
        c5a.intoArray(c, cOffset + 5 * COLUMNS);
        c5b.intoArray(c, cOffset + 5 * COLUMNS + LANES);
        c6a.intoArray(c, cOffset + 6 * COLUMNS);
        c6b.intoArray(c, cOffset + 6 * COLUMNS + LANES);
        c7a.intoArray(c, cOffset + 7 * COLUMNS);
        c7b.intoArray(c, cOffset + 7 * COLUMNS + LANES);
        c8a.intoArray(c, cOffset + 8 * COLUMNS);
        c8b.intoArray(c, cOffset + 8 * COLUMNS + LANES);
        c9a.intoArray(c, cOffset + 9 * COLUMNS);
        c9b.intoArray(c, cOffset + 9 * COLUMNS + LANES);
        c10a.intoArray(c, cOffset + 10 * COLUMNS);
        c10b.intoArray(c, cOffset + 10 * COLUMNS + LANES);
        c11a.intoArray(c, cOffset + 11 * COLUMNS);
        c11b.intoArray(c, cOffset + 11 * COLUMNS + LANES);
    }
}

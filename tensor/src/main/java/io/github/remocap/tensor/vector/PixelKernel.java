package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.SPECIES;
import static io.github.remocap.tensor.vector.Simd.broadcast;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.load;

import jdk.incubator.vector.FloatVector;

/**
 * The register tile of sums over pixels: {@link #ROWS} neighbouring channels of a pixel times two vectors of another tensor's channels
 * there. Both sides keep the order they have in memory, pixel by pixel: nothing is transposed.
 *
 * <p>Twelve channels with 32 registers of 512 bits, else six. With 16 registers a branch that is never taken ends a block after two rows, or the
 * compiler loads the six broadcasts together and has no registers left for sums.
 */
final class PixelKernel {
    /** Channels of a tile. */
    static final int ROWS = LANES == 16 ? 12 : 6;

    /** Columns of a tile, the width of a packed panel. */
    static final int COLUMNS = 2 * LANES;

    /** Floats of a tile. */
    static final int TILE = ROWS * COLUMNS;

    // Not final: the compiler must not know that no k equals it.
    private static int never = -1;

    private PixelKernel() {
    }

    /**
     * {@code c[i, j] (+)= sum_k a[k, i] * b[k, j]} for one tile.
     *
     * @param depth number of k
     * @param a {@code [depth, ROWS]} from {@code aOffset}
     * @param b address of a panel {@code [depth, COLUMNS]}
     * @param c result {@code [ROWS, COLUMNS]} from {@code cOffset}
     * @param accumulate whether to add to {@code c} rather than overwrite it
     * @param spare where in {@code c} there are {@link #TILE} floats to use when accumulating
     */
    static void multiply(int depth, float[] a, int aOffset, long b, float[] c, int cOffset, boolean accumulate, int spare) {
        int to = accumulate ? spare : cOffset;
        if (ROWS == 12) {
            twelve(depth, a, aOffset, b, c, to);
        } else {
            six(depth, a, aOffset, b, c, to);
        }
        if (accumulate) { // Not in one method: the compiler's budget for inlining ends, and vectors become objects.
            ProductKernel.add(c, spare, cOffset, TILE);
        }
    }

    private static void six(int depth, float[] a, int aOffset, long b, float[] c, int cOffset) {
        int stop = never;
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
        for (int k = 0; k < depth; k++) {
            FloatVector left = load(b + 8L * LANES * k);
            FloatVector right = load(b + 8L * LANES * k + 4L * LANES);
            FloatVector x0 = broadcast(a, aOffset + ROWS * k);
            c0a = fma(x0, left, c0a);
            c0b = fma(x0, right, c0b);
            FloatVector x1 = broadcast(a, aOffset + ROWS * k + 1);
            c1a = fma(x1, left, c1a);
            c1b = fma(x1, right, c1b);
            if (k == stop) {
                break;
            }
            FloatVector x2 = broadcast(a, aOffset + ROWS * k + 2);
            c2a = fma(x2, left, c2a);
            c2b = fma(x2, right, c2b);
            FloatVector x3 = broadcast(a, aOffset + ROWS * k + 3);
            c3a = fma(x3, left, c3a);
            c3b = fma(x3, right, c3b);
            if (k == stop) {
                break;
            }
            FloatVector x4 = broadcast(a, aOffset + ROWS * k + 4);
            c4a = fma(x4, left, c4a);
            c4b = fma(x4, right, c4b);
            FloatVector x5 = broadcast(a, aOffset + ROWS * k + 5);
            c5a = fma(x5, left, c5a);
            c5b = fma(x5, right, c5b);
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
            FloatVector x0 = broadcast(a, aOffset + ROWS * k);
            c0a = fma(x0, left, c0a);
            c0b = fma(x0, right, c0b);
            FloatVector x1 = broadcast(a, aOffset + ROWS * k + 1);
            c1a = fma(x1, left, c1a);
            c1b = fma(x1, right, c1b);
            FloatVector x2 = broadcast(a, aOffset + ROWS * k + 2);
            c2a = fma(x2, left, c2a);
            c2b = fma(x2, right, c2b);
            FloatVector x3 = broadcast(a, aOffset + ROWS * k + 3);
            c3a = fma(x3, left, c3a);
            c3b = fma(x3, right, c3b);
            FloatVector x4 = broadcast(a, aOffset + ROWS * k + 4);
            c4a = fma(x4, left, c4a);
            c4b = fma(x4, right, c4b);
            FloatVector x5 = broadcast(a, aOffset + ROWS * k + 5);
            c5a = fma(x5, left, c5a);
            c5b = fma(x5, right, c5b);
            FloatVector x6 = broadcast(a, aOffset + ROWS * k + 6);
            c6a = fma(x6, left, c6a);
            c6b = fma(x6, right, c6b);
            FloatVector x7 = broadcast(a, aOffset + ROWS * k + 7);
            c7a = fma(x7, left, c7a);
            c7b = fma(x7, right, c7b);
            FloatVector x8 = broadcast(a, aOffset + ROWS * k + 8);
            c8a = fma(x8, left, c8a);
            c8b = fma(x8, right, c8b);
            FloatVector x9 = broadcast(a, aOffset + ROWS * k + 9);
            c9a = fma(x9, left, c9a);
            c9b = fma(x9, right, c9b);
            FloatVector x10 = broadcast(a, aOffset + ROWS * k + 10);
            c10a = fma(x10, left, c10a);
            c10b = fma(x10, right, c10b);
            FloatVector x11 = broadcast(a, aOffset + ROWS * k + 11);
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

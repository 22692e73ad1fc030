package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.SPECIES;
import static io.github.remocap.tensor.vector.Simd.fma;

import java.lang.foreign.Arena;
import jdk.incubator.vector.FloatVector;

/**
 * The one-dimensional transforms of F(4, 3), as loops over channels: a two-dimensional transform in one method would exceed
 * what the compiler accepts, and its registers.
 *
 * <p>The formulas are written out where they are used: a shared method that takes vectors is not always inlined, and then its
 * arguments become objects.
 *
 * <p>Patches d to t (rows of B'): the coefficients of {@code prod(z - q)} over the points q other than a row's own.
 * Products m to outputs y (rows of A'): the powers of the points.
 */
final class WinogradKernel {
    /** Channels (or columns of products) that are transformed at a time: 36 rows of them fit the first-level cache. */
    static final int CHUNK = 64;

    /** Address of zeros for one chunk, the pixels of the padding. */
    static final long ZEROS = Arena.global().allocate(4L * CHUNK, 64).address();

    /** Weight transform: row f is (1, p, p^2) / prod(p - q) for point p, the others q. */
    static final float[][] G = {
        {1, 0, 0},
        {-1 / 3f, -1 / 3f, -1 / 3f},
        {1 / 3f, -1 / 3f, 1 / 3f},
        {1 / 15f, 2 / 15f, 4 / 15f},
        {-16 / 15f, 8 / 15f, -4 / 15f},
        {0, 0, 1},
    };

    private WinogradKernel() {}

    /**
     * Transforms one row of a patch.
     *
     * @param p0 address of the first pixel's channels, and so on to p5
     * @param count channels, a multiple of the lanes
     * @param t receives {@code [6][CHUNK]} from {@code to}
     */
    static void patchRow(long p0, long p1, long p2, long p3, long p4, long p5, int count, float[] t, int to) {
        FloatVector oneAndHalf = FloatVector.broadcast(SPECIES, 1.5f);
        FloatVector half = FloatVector.broadcast(SPECIES, 0.5f);
        FloatVector minusTwo = FloatVector.broadcast(SPECIES, -2);
        FloatVector minusTwoAndHalf = FloatVector.broadcast(SPECIES, -2.5f);
        FloatVector twoAndHalf = FloatVector.broadcast(SPECIES, 2.5f);
        for (int c = 0; c < count; c += LANES) {
            int i = to + c;
            FloatVector d0 = Simd.load(p0 + 4L * c);
            FloatVector d1 = Simd.load(p1 + 4L * c);
            FloatVector d2 = Simd.load(p2 + 4L * c);
            FloatVector d3 = Simd.load(p3 + 4L * c);
            FloatVector d4 = Simd.load(p4 + 4L * c);
            FloatVector d5 = Simd.load(p5 + 4L * c);
            FloatVector d42 = d4.sub(d2);
            FloatVector d31 = d3.sub(d1);
            fma(oneAndHalf, d1.sub(d3), fma(minusTwo, d2, d0.add(d4))).intoArray(t, i);
            d4.sub(fma(half, d3, fma(twoAndHalf, d2, d1))).intoArray(t, i + CHUNK);
            fma(minusTwoAndHalf, d3, fma(half, d2, d1)).add(d4).intoArray(t, i + 2 * CHUNK);
            fma(half, d31, d42).intoArray(t, i + 3 * CHUNK);
            fma(minusTwo, d31, d42).intoArray(t, i + 4 * CHUNK);
            fma(oneAndHalf, d2.sub(d4), fma(minusTwo, d3, d1.add(d5))).intoArray(t, i + 5 * CHUNK);
        }
    }

    /**
     * Transforms the six columns of a patch whose rows are transformed.
     *
     * @param t {@code [6][6][CHUNK]} from {@code from}
     * @param count channels, a multiple of the lanes
     * @param v receives {@code [6][6]} rows of channels
     * @param to where the first of these rows goes, the others at {@code step}
     */
    static void patchColumns(float[] t, int from, int count, float[] v, int to, int step) {
        FloatVector oneAndHalf = FloatVector.broadcast(SPECIES, 1.5f);
        FloatVector half = FloatVector.broadcast(SPECIES, 0.5f);
        FloatVector minusTwo = FloatVector.broadcast(SPECIES, -2);
        FloatVector minusTwoAndHalf = FloatVector.broadcast(SPECIES, -2.5f);
        FloatVector twoAndHalf = FloatVector.broadcast(SPECIES, 2.5f);
        for (int x = 0; x < 6; x++) {
            for (int c = 0; c < count; c += LANES) {
                int j = from + x * CHUNK + c;
                FloatVector d0 = FloatVector.fromArray(SPECIES, t, j);
                FloatVector d1 = FloatVector.fromArray(SPECIES, t, j + 6 * CHUNK);
                FloatVector d2 = FloatVector.fromArray(SPECIES, t, j + 12 * CHUNK);
                FloatVector d3 = FloatVector.fromArray(SPECIES, t, j + 18 * CHUNK);
                FloatVector d4 = FloatVector.fromArray(SPECIES, t, j + 24 * CHUNK);
                FloatVector d5 = FloatVector.fromArray(SPECIES, t, j + 30 * CHUNK);
                int i = to + x * step + c;
                FloatVector d42 = d4.sub(d2);
                FloatVector d31 = d3.sub(d1);
                fma(oneAndHalf, d1.sub(d3), fma(minusTwo, d2, d0.add(d4))).intoArray(v, i);
                d4.sub(fma(half, d3, fma(twoAndHalf, d2, d1))).intoArray(v, i + 6 * step);
                fma(minusTwoAndHalf, d3, fma(half, d2, d1)).add(d4).intoArray(v, i + 12 * step);
                fma(half, d31, d42).intoArray(v, i + 18 * step);
                fma(minusTwo, d31, d42).intoArray(v, i + 24 * step);
                fma(oneAndHalf, d2.sub(d4), fma(minusTwo, d3, d1.add(d5))).intoArray(v, i + 30 * step);
            }
        }
    }

    /**
     * Transforms products back in place: {@code [36][count]} at {@code stride} becomes outputs at planes {@code 6 y + x}, x, y < 4.
     *
     * @param count floats of a plane
     */
    static void products(float[] m, int offset, int stride, int count) {
        for (int x = 0; x < 6; x++) {
            outputs(m, offset + x * stride, 6 * stride, count);
        }
        for (int y = 0; y < 4; y++) {
            outputs(m, offset + 6 * y * stride, stride, count);
        }
    }

    // Six rows of m at step become four in their place. No products by a number: each is inlined as a broadcast and more, and
    // where the compiler's budget ends, vectors become objects.
    static void outputs(float[] m, int at, int step, int count) {
        FloatVector minusHalf = FloatVector.broadcast(SPECIES, -0.5f);
        FloatVector quarter = FloatVector.broadcast(SPECIES, 0.25f);
        FloatVector minusEighth = FloatVector.broadcast(SPECIES, -0.125f);
        FloatVector two = FloatVector.broadcast(SPECIES, 2);
        FloatVector four = FloatVector.broadcast(SPECIES, 4);
        FloatVector eight = FloatVector.broadcast(SPECIES, 8);
        for (int c = 0; c < count; c += LANES) {
            int i = at + c;
            FloatVector m0 = FloatVector.fromArray(SPECIES, m, i);
            FloatVector m1 = FloatVector.fromArray(SPECIES, m, i + step);
            FloatVector m2 = FloatVector.fromArray(SPECIES, m, i + 2 * step);
            FloatVector m3 = FloatVector.fromArray(SPECIES, m, i + 3 * step);
            FloatVector m4 = FloatVector.fromArray(SPECIES, m, i + 4 * step);
            FloatVector m5 = FloatVector.fromArray(SPECIES, m, i + 5 * step);
            FloatVector sum = m1.add(m2);
            FloatVector difference = m1.sub(m2);
            m0.add(sum).add(m3.add(m4)).intoArray(m, i);
            fma(two, m3, fma(minusHalf, m4, difference)).intoArray(m, i + step);
            fma(four, m3, fma(quarter, m4, sum)).intoArray(m, i + 2 * step);
            fma(eight, m3, fma(minusEighth, m4, difference)).add(m5).intoArray(m, i + 3 * step);
        }
    }

    /**
     * Transforms weights to the frequencies of one row: {@code u[j] = sum_x (sum_y G[i][y] w[y][x]) G[j][x]}.
     *
     * @param w address of {@code [9]} taps, row by row
     * @param step floats from tap to tap
     * @param i row of frequencies
     * @param count floats of a tap to transform, a multiple of the lanes
     * @param u address that receives {@code [6]} rows of {@code count}
     * @param stride floats from row to row of {@code u}; no power of two, or all rows share a cache set
     */
    static void weights(long w, int step, int i, int count, long u, int stride) {
        // In separate loops: the nine taps are often a power of two apart, too many for the ways of their cache set.
        weightRow(w, step, i, count, u);
        weightRow(w + 4L * step, step, i, count, u + 4L * stride);
        weightRow(w + 8L * step, step, i, count, u + 20L * stride);
        weightColumns(count, u, stride);
    }

    private static void weightRow(long w, int step, int i, int count, long to) {
        FloatVector g0 = FloatVector.broadcast(SPECIES, G[i][0]);
        FloatVector g1 = FloatVector.broadcast(SPECIES, G[i][1]);
        FloatVector g2 = FloatVector.broadcast(SPECIES, G[i][2]);
        long tap = 4L * step;
        for (int c = 0; c < count; c += LANES) {
            long p = w + 4L * c;
            Simd.store(fma(g2, Simd.load(p + 6 * tap), fma(g1, Simd.load(p + 3 * tap), g0.mul(Simd.load(p)))), to + 4L * c);
        }
    }

    // Rows 0, 1 and 5 of u hold the sums over y for x = 0, 1, 2.
    private static void weightColumns(int count, long u, int stride) {
        FloatVector third = FloatVector.broadcast(SPECIES, G[2][0]);
        FloatVector minusThird = FloatVector.broadcast(SPECIES, G[1][0]);
        FloatVector a = FloatVector.broadcast(SPECIES, G[3][0]);
        FloatVector b = FloatVector.broadcast(SPECIES, G[3][1]);
        FloatVector c = FloatVector.broadcast(SPECIES, G[3][2]);
        FloatVector d = FloatVector.broadcast(SPECIES, G[4][0]);
        FloatVector e = FloatVector.broadcast(SPECIES, G[4][1]);
        FloatVector f = FloatVector.broadcast(SPECIES, G[4][2]);
        long row = 4L * stride;
        for (int k = 0; k < count; k += LANES) {
            long p = u + 4L * k;
            FloatVector h0 = Simd.load(p);
            FloatVector h1 = Simd.load(p + row);
            FloatVector h2 = Simd.load(p + 5 * row);
            FloatVector sum = h0.add(h2);
            Simd.store(sum.add(h1).mul(minusThird), p + row);
            Simd.store(sum.sub(h1).mul(third), p + 2 * row);
            Simd.store(fma(c, h2, fma(b, h1, a.mul(h0))), p + 3 * row);
            Simd.store(fma(f, h2, fma(e, h1, d.mul(h0))), p + 4 * row);
        }
    }
}

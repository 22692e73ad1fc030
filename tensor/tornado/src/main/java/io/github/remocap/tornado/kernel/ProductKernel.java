package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Matrix products {@code y = a b} with an epilogue. A work-group of 256 threads computes 64 x 64 elements; both sides go through local
 * memory 16 columns at a time; a thread keeps 4 x 4 sums in registers. The inner extent can be cut into parts whose sums another task adds.
 *
 * <p>Description: m, n, k; offset, row stride, column stride of a; the same of b; offsets of y, bias (-1: none), residual (-1: none); ReLU;
 * whether neighbouring threads read a along k; the same of b; parts; length of a part; tiles of m, of n; batches; rank of the batch;
 * whether chains are short; divisor, modulus, stride in a, stride in b for each of its axes.
 */
public final class ProductKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 256;
    /** Rows and columns of a tile. */
    public static final int TILE = 64;
    /** Words of a description before the batch's axes. */
    public static final int WORDS = 22;
    private static final int DEPTH = 16;
    /** Terms of a chain of additions that is added to the total: longer ones round worse. Where that matters less, a tile is one chain. */
    private static final int CHAIN = 4;
    /** A row of a tile in local memory; four more keep threads of a warp on different banks. */
    private static final int PITCH = TILE + 4;

    private ProductKernel() {
    }

    /** The task. */
    public static void run(KernelContext context, FloatArray arena, IntArray code, int slot) {
        float[] left = context.allocateFloatLocalArray(DEPTH * PITCH);
        float[] right = context.allocateFloatLocalArray(DEPTH * PITCH);
        int thread = context.localIdx;
        int group = context.groupIdx;
        int table = Jobs.table(code, slot);
        int job = Jobs.find(code, table, group);
        int d = Jobs.description(code, table, job);
        int tile = group - Jobs.first(code, table, job);
        int m = code.get(d);
        int n = code.get(d + 1);
        int k = code.get(d + 2);
        int aRow = code.get(d + 4);
        int aColumn = code.get(d + 5);
        int bRow = code.get(d + 7);
        int bColumn = code.get(d + 8);
        int parts = code.get(d + 15);
        int mTiles = code.get(d + 17);
        int nTiles = code.get(d + 18);
        int column = (tile % nTiles) * TILE;
        int row = ((tile / nTiles) % mTiles) * TILE;
        int rest = tile / (nTiles * mTiles);
        int part = rest % parts;
        int batch = rest / parts;
        int a = code.get(d + 3);
        int b = code.get(d + 6);
        int rank = code.get(d + 20);
        int fine = code.get(d + 21);
        for (int axis = 0; axis < rank; axis++) {
            int at = d + WORDS + 4 * axis;
            int index = (batch / code.get(at)) % code.get(at + 1);
            a += index * code.get(at + 2);
            b += index * code.get(at + 3);
        }
        int low = thread & 15;
        int high = thread >> 4;
        int wide = thread & 63;
        int narrow = thread >> 6;
        // Where this thread's four elements of each tile are: along k, or along the rows and columns.
        int aAlong = code.get(d + 13);
        int bAlong = code.get(d + 14);
        int aI = aAlong != 0 ? high : wide;
        int aP = aAlong != 0 ? low : narrow;
        int aStepI = aAlong != 0 ? 16 : 0;
        int aStepP = aAlong != 0 ? 0 : 4;
        int bJ = bAlong != 0 ? high : wide;
        int bP = bAlong != 0 ? low : narrow;
        int bStepJ = bAlong != 0 ? 16 : 0;
        int bStepP = bAlong != 0 ? 0 : 4;
        int from = part * code.get(d + 16);
        int to = from + code.get(d + 16);
        if (to > k) {
            to = k;
        }
        float t00 = 0f;
        float t01 = 0f;
        float t02 = 0f;
        float t03 = 0f;
        float t10 = 0f;
        float t11 = 0f;
        float t12 = 0f;
        float t13 = 0f;
        float t20 = 0f;
        float t21 = 0f;
        float t22 = 0f;
        float t23 = 0f;
        float t30 = 0f;
        float t31 = 0f;
        float t32 = 0f;
        float t33 = 0f;
        float s00 = 0f;
        float s01 = 0f;
        float s02 = 0f;
        float s03 = 0f;
        float s10 = 0f;
        float s11 = 0f;
        float s12 = 0f;
        float s13 = 0f;
        float s20 = 0f;
        float s21 = 0f;
        float s22 = 0f;
        float s23 = 0f;
        float s30 = 0f;
        float s31 = 0f;
        float s32 = 0f;
        float s33 = 0f;
        int y0 = high * 4;
        int x0 = low * 4;
        for (int p0 = from; p0 < to; p0 += DEPTH) {
            for (int q = 0; q < 4; q++) {
                int i = aI + q * aStepI;
                int p = aP + q * aStepP;
                float v = 0f;
                if (row + i < m && p0 + p < to) {
                    v = arena.get(a + (row + i) * aRow + (p0 + p) * aColumn);
                }
                left[p * PITCH + i] = v;
                int j = bJ + q * bStepJ;
                int r = bP + q * bStepP;
                float w = 0f;
                if (column + j < n && p0 + r < to) {
                    w = arena.get(b + (p0 + r) * bRow + (column + j) * bColumn);
                }
                right[r * PITCH + j] = w;
            }
            context.localBarrier();
            for (int start = 0; start < DEPTH; start += CHAIN) {
                for (int p = start; p < start + CHAIN; p++) {
                    float a0 = left[p * PITCH + y0];
                    float a1 = left[p * PITCH + y0 + 1];
                    float a2 = left[p * PITCH + y0 + 2];
                    float a3 = left[p * PITCH + y0 + 3];
                    float b0 = right[p * PITCH + x0];
                    float b1 = right[p * PITCH + x0 + 1];
                    float b2 = right[p * PITCH + x0 + 2];
                    float b3 = right[p * PITCH + x0 + 3];
                    s00 += a0 * b0;
                    s01 += a0 * b1;
                    s02 += a0 * b2;
                    s03 += a0 * b3;
                    s10 += a1 * b0;
                    s11 += a1 * b1;
                    s12 += a1 * b2;
                    s13 += a1 * b3;
                    s20 += a2 * b0;
                    s21 += a2 * b1;
                    s22 += a2 * b2;
                    s23 += a2 * b3;
                    s30 += a3 * b0;
                    s31 += a3 * b1;
                    s32 += a3 * b2;
                    s33 += a3 * b3;
                }
                if (fine != 0 || start + CHAIN == DEPTH) {
                    // What rounding takes from the total starts the next chain (Kahan).
                    float u;
                    u = t00 + s00;
                    s00 = (t00 - u) + s00;
                    t00 = u;
                    u = t01 + s01;
                    s01 = (t01 - u) + s01;
                    t01 = u;
                    u = t02 + s02;
                    s02 = (t02 - u) + s02;
                    t02 = u;
                    u = t03 + s03;
                    s03 = (t03 - u) + s03;
                    t03 = u;
                    u = t10 + s10;
                    s10 = (t10 - u) + s10;
                    t10 = u;
                    u = t11 + s11;
                    s11 = (t11 - u) + s11;
                    t11 = u;
                    u = t12 + s12;
                    s12 = (t12 - u) + s12;
                    t12 = u;
                    u = t13 + s13;
                    s13 = (t13 - u) + s13;
                    t13 = u;
                    u = t20 + s20;
                    s20 = (t20 - u) + s20;
                    t20 = u;
                    u = t21 + s21;
                    s21 = (t21 - u) + s21;
                    t21 = u;
                    u = t22 + s22;
                    s22 = (t22 - u) + s22;
                    t22 = u;
                    u = t23 + s23;
                    s23 = (t23 - u) + s23;
                    t23 = u;
                    u = t30 + s30;
                    s30 = (t30 - u) + s30;
                    t30 = u;
                    u = t31 + s31;
                    s31 = (t31 - u) + s31;
                    t31 = u;
                    u = t32 + s32;
                    s32 = (t32 - u) + s32;
                    t32 = u;
                    u = t33 + s33;
                    s33 = (t33 - u) + s33;
                    t33 = u;
                }
            }
            context.localBarrier();
        }
        int out = (part * code.get(d + 19) + batch) * m * n;
        int y = code.get(d + 9);
        int bias = code.get(d + 10);
        int residual = code.get(d + 11) < 0 ? -1 : code.get(d + 11) + out;
        int relu = code.get(d + 12);
        if (row + y0 < m) {
            Tiles.store(arena, (row + y0) * n, column + x0, n, t00 + s00, t01 + s01, t02 + s02, t03 + s03, y + out, bias, residual, relu);
        }
        if (row + y0 + 1 < m) {
            Tiles.store(arena, (row + y0 + 1) * n, column + x0, n, t10 + s10, t11 + s11, t12 + s12, t13 + s13, y + out, bias, residual, relu);
        }
        if (row + y0 + 2 < m) {
            Tiles.store(arena, (row + y0 + 2) * n, column + x0, n, t20 + s20, t21 + s21, t22 + s22, t23 + s23, y + out, bias, residual, relu);
        }
        if (row + y0 + 3 < m) {
            Tiles.store(arena, (row + y0 + 3) * n, column + x0, n, t30 + s30, t31 + s31, t32 + s32, t33 + s33, y + out, bias, residual, relu);
        }
    }
}

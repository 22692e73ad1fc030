package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Convolutions, and their gradients to the input, as implicit matrix products: rows are pixels of the output, columns its channels, and the
 * inner extent is taps times input channels. The patches of pixels exist in local memory alone, 64 rows by 16 channels of one tap at a time.
 * A work-group of 256 threads computes 64 x 64 elements, a thread 4 x 4 of them in registers.
 *
 * <p>Description: rows, output channels, input channels, taps; offset, height, width of x; height, width of the output's grid; step in x
 * between neighbours of the grid; offset of w, its strides to the next output and input channel; offset of y, its strides to the next image, row and
 * pixel of the grid; offsets of bias (-1: none) and residual (-1: none); ReLU; tiles of rows, of columns; whether chains are short; then for each tap
 * the distance in rows and columns of x, and its offset in w.
 */
public final class ConvolutionKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 256;
    /** Rows and columns of a tile. */
    public static final int TILE = 64;
    /** Words of a description before the taps. */
    public static final int WORDS = 23;
    private static final int DEPTH = 16;
    /** Terms of a chain of additions that is added to the total: longer ones round worse. Where that matters less, a tile is one chain. */
    private static final int CHAIN = 4;
    private static final int PITCH = TILE + 4;

    private ConvolutionKernel() {
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
        int channels = code.get(d + 2);
        int taps = code.get(d + 3);
        int x = code.get(d + 4);
        int height = code.get(d + 5);
        int width = code.get(d + 6);
        int gridHeight = code.get(d + 7);
        int gridWidth = code.get(d + 8);
        int step = code.get(d + 9);
        int wOut = code.get(d + 11);
        int wIn = code.get(d + 12);
        int nTiles = code.get(d + 21);
        int fine = code.get(d + 22);
        int column = (tile % nTiles) * TILE;
        int row = (tile / nTiles) * TILE;
        int low = thread & 15;
        int high = thread >> 4;
        int grid = gridHeight * gridWidth;
        // Of w, along whichever of its strides is one.
        int packed = wOut == 1 ? 1 : 0;
        int wJ = packed != 0 ? thread & 63 : high;
        int wP = packed != 0 ? thread >> 6 : low;
        int wStepJ = packed != 0 ? 0 : 16;
        int wStepP = packed != 0 ? 4 : 0;
        int y0 = high * 4;
        int x0 = low * 4;
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
        for (int tap = 0; tap < taps; tap++) {
            int down = code.get(d + WORDS + 3 * tap);
            int across = code.get(d + WORDS + 3 * tap + 1);
            int w = code.get(d + 10) + code.get(d + WORDS + 3 * tap + 2);
            for (int p0 = 0; p0 < channels; p0 += DEPTH) {
                for (int q = 0; q < 4; q++) {
                    // Of x, neighbouring threads read neighbouring channels; where a row is does not change between the rounds.
                    int r = row + high + 16 * q;
                    int top = ((r % grid) / gridWidth) * step + down;
                    int side = (r % gridWidth) * step + across;
                    float u = 0f;
                    if (r < m && p0 + low < channels && top >= 0 && top < height && side >= 0 && side < width) {
                        u = arena.get(x + (((r / grid) * height + top) * width + side) * channels + p0 + low);
                    }
                    left[low * PITCH + high + 16 * q] = u;
                    int j = wJ + q * wStepJ;
                    int p = wP + q * wStepP;
                    float v = 0f;
                    if (column + j < n && p0 + p < channels) {
                        v = arena.get(w + (column + j) * wOut + (p0 + p) * wIn);
                    }
                    right[p * PITCH + j] = v;
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
        }
        int y = code.get(d + 13);
        int bias = code.get(d + 17);
        int residual = code.get(d + 18);
        int relu = code.get(d + 19);
        if (row + y0 < m) {
            int at = place(code, d, row + y0, grid, gridWidth);
            Tiles.store(arena, at, column + x0, n, t00 + s00, t01 + s01, t02 + s02, t03 + s03, y, bias, residual, relu);
        }
        if (row + y0 + 1 < m) {
            int at = place(code, d, row + y0 + 1, grid, gridWidth);
            Tiles.store(arena, at, column + x0, n, t10 + s10, t11 + s11, t12 + s12, t13 + s13, y, bias, residual, relu);
        }
        if (row + y0 + 2 < m) {
            int at = place(code, d, row + y0 + 2, grid, gridWidth);
            Tiles.store(arena, at, column + x0, n, t20 + s20, t21 + s21, t22 + s22, t23 + s23, y, bias, residual, relu);
        }
        if (row + y0 + 3 < m) {
            int at = place(code, d, row + y0 + 3, grid, gridWidth);
            Tiles.store(arena, at, column + x0, n, t30 + s30, t31 + s31, t32 + s32, t33 + s33, y, bias, residual, relu);
        }
    }

    /** Where a row of the product is in the output. */
    private static int place(IntArray code, int d, int row, int grid, int gridWidth) {
        return (row / grid) * code.get(d + 14) + ((row % grid) / gridWidth) * code.get(d + 15) + (row % gridWidth) * code.get(d + 16);
    }
}

package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Gradients of convolutions to their weights {@code [O,I,kh,kw]}: for each tap a product of the output gradient, transposed, with the input
 * moved by the tap, over all pixels. A work-group of 256 threads computes 64 output by 64 input channels of one tap and one part of the
 * pixels; the parts' sums are added by another task.
 *
 * <p>Description: output channels, input channels, output pixels; offset, height, width of x; height, width of the output; stride; offset of the
 * gradient; offset of the result; parts; pixels of a part; tiles of output, of input channels; taps; elements of the weight; then for each
 * tap the distance in rows and columns of x.
 */
public final class WeightGradientKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 256;
    /** Output and input channels of a tile. */
    public static final int TILE = 64;
    /** Words of a description before the taps. */
    public static final int WORDS = 17;
    private static final int DEPTH = 16;
    private static final int PITCH = TILE + 4;

    private WeightGradientKernel() {
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
        int pixels = code.get(d + 2);
        int x = code.get(d + 3);
        int height = code.get(d + 4);
        int width = code.get(d + 5);
        int gridWidth = code.get(d + 7);
        int grid = code.get(d + 6) * gridWidth;
        int stride = code.get(d + 8);
        int g = code.get(d + 9);
        int mTiles = code.get(d + 13);
        int nTiles = code.get(d + 14);
        int taps = code.get(d + 15);
        int column = (tile % nTiles) * TILE;
        int row = ((tile / nTiles) % mTiles) * TILE;
        int rest = tile / (nTiles * mTiles);
        int tap = rest % taps;
        int part = rest / taps;
        int down = code.get(d + WORDS + 2 * tap);
        int across = code.get(d + WORDS + 2 * tap + 1);
        int from = part * code.get(d + 12);
        int to = from + code.get(d + 12);
        if (to > pixels) {
            to = pixels;
        }
        int wide = thread & 63;
        int narrow = thread >> 6;
        int y0 = (thread >> 4) * 4;
        int x0 = (thread & 15) * 4;
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
        for (int p0 = from; p0 < to; p0 += DEPTH) {
            for (int q = 0; q < 4; q++) {
                int p = narrow + 4 * q;
                int pixel = p0 + p;
                float v = 0f;
                float w = 0f;
                if (pixel < to) {
                    if (row + wide < m) {
                        v = arena.get(g + pixel * m + row + wide);
                    }
                    int top = ((pixel % grid) / gridWidth) * stride + down;
                    int side = (pixel % gridWidth) * stride + across;
                    if (column + wide < n && top >= 0 && top < height && side >= 0 && side < width) {
                        w = arena.get(x + (((pixel / grid) * height + top) * width + side) * n + column + wide);
                    }
                }
                left[p * PITCH + wide] = v;
                right[p * PITCH + wide] = w;
            }
            context.localBarrier();
            for (int p = 0; p < DEPTH; p++) {
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
            context.localBarrier();
        }
        int y = code.get(d + 10) + part * code.get(d + 16) + tap;
        store(arena, y, row + y0, m, column + x0, n, taps, t00 + s00, t01 + s01, t02 + s02, t03 + s03);
        store(arena, y, row + y0 + 1, m, column + x0, n, taps, t10 + s10, t11 + s11, t12 + s12, t13 + s13);
        store(arena, y, row + y0 + 2, m, column + x0, n, taps, t20 + s20, t21 + s21, t22 + s22, t23 + s23);
        store(arena, y, row + y0 + 3, m, column + x0, n, taps, t30 + s30, t31 + s31, t32 + s32, t33 + s33);
    }

    private static void store(FloatArray arena, int y, int row, int rows, int column, int columns, int taps, float s0, float s1, float s2, float s3) {
        if (row < rows) {
            int at = y + (row * columns + column) * taps;
            if (column < columns) {
                arena.set(at, s0);
            }
            if (column + 1 < columns) {
                arena.set(at + taps, s1);
            }
            if (column + 2 < columns) {
                arena.set(at + 2 * taps, s2);
            }
            if (column + 3 < columns) {
                arena.set(at + 3 * taps, s3);
            }
        }
    }
}

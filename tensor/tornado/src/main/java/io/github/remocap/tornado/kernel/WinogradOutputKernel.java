package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The last of three steps of a convolution by Winograd's F(4 x 4, 3 x 3): products {@code [36, tiles, channels]} become tiles of 4 x 4 pixels, with
 * bias, residual and ReLU. A thread computes one tile of one channel; neighbours have neighbouring channels.
 *
 * <p>Description: tiles times channels; channels; height, width of the image; rows, columns of tiles; offsets of the products, of y, bias
 * (-1: none) and residual (-1: none); ReLU.
 */
public final class WinogradOutputKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 128;
    private static final int TILE = WinogradInputKernel.TILE;
    private static final int PATCH = WinogradInputKernel.PATCH;

    private WinogradOutputKernel() {
    }

    /** The task. */
    public static void run(KernelContext context, FloatArray arena, IntArray code, int slot) {
        float[] rows = new float[TILE * PATCH];
        int group = context.groupIdx;
        int table = Jobs.table(code, slot);
        int job = Jobs.find(code, table, group);
        int d = Jobs.description(code, table, job);
        int i = (group - Jobs.first(code, table, job)) * THREADS + context.localIdx;
        int plane = code.get(d);
        if (i < plane) {
            int channels = code.get(d + 1);
            int height = code.get(d + 2);
            int width = code.get(d + 3);
            int tilesHigh = code.get(d + 4);
            int tilesWide = code.get(d + 5);
            int m = code.get(d + 6) + i;
            for (int column = 0; column < PATCH; column++) {
                int at = m + column * plane;
                float m0 = arena.get(at);
                float m1 = arena.get(at + PATCH * plane);
                float m2 = arena.get(at + 2 * PATCH * plane);
                float m3 = arena.get(at + 3 * PATCH * plane);
                float m4 = arena.get(at + 4 * PATCH * plane);
                float m5 = arena.get(at + 5 * PATCH * plane);
                float sum = m1 + m2;
                float difference = m1 - m2;
                rows[column] = (m0 + sum) + (m3 + m4);
                rows[column + PATCH] = 2f * m3 + (-0.5f * m4 + difference);
                rows[column + 2 * PATCH] = 4f * m3 + (0.25f * m4 + sum);
                rows[column + 3 * PATCH] = (8f * m3 + (-0.125f * m4 + difference)) + m5;
            }
            int tile = i / channels;
            int channel = i % channels;
            int image = tile / (tilesHigh * tilesWide);
            int top = ((tile / tilesWide) % tilesHigh) * TILE;
            int side = (tile % tilesWide) * TILE;
            int y = code.get(d + 7);
            int bias = code.get(d + 8);
            int residual = code.get(d + 9);
            int relu = code.get(d + 10);
            float shift = 0f;
            if (bias >= 0) {
                shift = arena.get(bias + channel);
            }
            for (int row = 0; row < TILE; row++) {
                float m0 = rows[row * PATCH];
                float m1 = rows[row * PATCH + 1];
                float m2 = rows[row * PATCH + 2];
                float m3 = rows[row * PATCH + 3];
                float m4 = rows[row * PATCH + 4];
                float m5 = rows[row * PATCH + 5];
                float sum = m1 + m2;
                float difference = m1 - m2;
                float y0 = (m0 + sum) + (m3 + m4);
                float y1 = 2f * m3 + (-0.5f * m4 + difference);
                float y2 = 4f * m3 + (0.25f * m4 + sum);
                float y3 = (8f * m3 + (-0.125f * m4 + difference)) + m5;
                if (top + row < height) {
                    int place = ((image * height + top + row) * width + side) * channels + channel;
                    store(arena, place, y0 + shift, y, residual, relu);
                    if (side + 1 < width) {
                        store(arena, place + channels, y1 + shift, y, residual, relu);
                    }
                    if (side + 2 < width) {
                        store(arena, place + 2 * channels, y2 + shift, y, residual, relu);
                    }
                    if (side + 3 < width) {
                        store(arena, place + 3 * channels, y3 + shift, y, residual, relu);
                    }
                }
            }
        }
    }

    private static void store(FloatArray arena, int place, float sum, int y, int residual, int relu) {
        float v = sum;
        if (residual >= 0) {
            v += arena.get(residual + place);
        }
        if (relu != 0) {
            v = v < 0f ? 0f : v;
        }
        arena.set(y + place, v);
    }
}

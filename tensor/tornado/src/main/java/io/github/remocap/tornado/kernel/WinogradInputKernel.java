package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The first of three steps of a 3 x 3 convolution by Winograd's F(4 x 4, 3 x 3): patches of 6 x 6 pixels, four apart, become 36 frequencies
 * {@code [36, tiles, channels]}. A thread transforms one patch of one channel; neighbours read neighbouring channels. The points are 0, 1, -1, 2, -1/2
 * and infinity (Barabasz et al. 2020: two thirds of the rounding error of 0, 1, -1, 2, -2).
 *
 * <p>Description: patches times channels; channels; height, width of the image; rows, columns of tiles; offsets of x and of the result.
 */
public final class WinogradInputKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 128;
    /** Pixels of the output's tile along each side. */
    public static final int TILE = 4;
    /** Pixels of a patch along each side. */
    public static final int PATCH = 6;
    /** Numbers of a patch. */
    public static final int FREQUENCIES = PATCH * PATCH;

    private WinogradInputKernel() {
    }

    /** The task. */
    public static void run(KernelContext context, FloatArray arena, IntArray code, int slot) {
        float[] rows = new float[FREQUENCIES];
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
            int patch = i / channels;
            int image = patch / (tilesHigh * tilesWide);
            int top = ((patch / tilesWide) % tilesHigh) * TILE - 1;
            int side = (patch % tilesWide) * TILE - 1;
            int x = code.get(d + 6) + i % channels;
            for (int row = 0; row < PATCH; row++) {
                int down = top + row;
                int at = x + ((image * height + down) * width + side) * channels;
                boolean inside = down >= 0 && down < height;
                float d0 = 0f;
                float d1 = 0f;
                float d2 = 0f;
                float d3 = 0f;
                float d4 = 0f;
                float d5 = 0f;
                if (inside && side >= 0) {
                    d0 = arena.get(at);
                }
                if (inside) {
                    d1 = arena.get(at + channels);
                }
                if (inside && side + 2 < width) {
                    d2 = arena.get(at + 2 * channels);
                }
                if (inside && side + 3 < width) {
                    d3 = arena.get(at + 3 * channels);
                }
                if (inside && side + 4 < width) {
                    d4 = arena.get(at + 4 * channels);
                }
                if (inside && side + 5 < width) {
                    d5 = arena.get(at + 5 * channels);
                }
                float d42 = d4 - d2;
                float d31 = d3 - d1;
                rows[row * PATCH] = 1.5f * (d1 - d3) + (-2f * d2 + (d0 + d4));
                rows[row * PATCH + 1] = d4 - (0.5f * d3 + (2.5f * d2 + d1));
                rows[row * PATCH + 2] = (-2.5f * d3 + (0.5f * d2 + d1)) + d4;
                rows[row * PATCH + 3] = 0.5f * d31 + d42;
                rows[row * PATCH + 4] = -2f * d31 + d42;
                rows[row * PATCH + 5] = 1.5f * (d2 - d4) + (-2f * d3 + (d1 + d5));
            }
            int y = code.get(d + 7) + i;
            for (int column = 0; column < PATCH; column++) {
                float d0 = rows[column];
                float d1 = rows[column + PATCH];
                float d2 = rows[column + 2 * PATCH];
                float d3 = rows[column + 3 * PATCH];
                float d4 = rows[column + 4 * PATCH];
                float d5 = rows[column + 5 * PATCH];
                float d42 = d4 - d2;
                float d31 = d3 - d1;
                int to = y + column * plane;
                arena.set(to, 1.5f * (d1 - d3) + (-2f * d2 + (d0 + d4)));
                arena.set(to + PATCH * plane, d4 - (0.5f * d3 + (2.5f * d2 + d1)));
                arena.set(to + 2 * PATCH * plane, (-2.5f * d3 + (0.5f * d2 + d1)) + d4);
                arena.set(to + 3 * PATCH * plane, 0.5f * d31 + d42);
                arena.set(to + 4 * PATCH * plane, -2f * d31 + d42);
                arena.set(to + 5 * PATCH * plane, 1.5f * (d2 - d4) + (-2f * d3 + (d1 + d5)));
            }
        }
    }
}

package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Products of a constant sparse matrix with {@code [batch, columns, channels]}; gathering and scattering are such products with ones. A thread
 * computes one element; neighbours read neighbouring channels.
 *
 * <p>Description: elements of y, rows, columns, channels; offsets of x and y; offset of the values (-1: all are one); where in the code the rows'
 * starts are, and the columns.
 */
public final class SparseKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 256;

    private SparseKernel() {
    }

    /** The task. */
    public static void run(KernelContext context, FloatArray arena, IntArray code, int slot) {
        int group = context.groupIdx;
        int table = Jobs.table(code, slot);
        int job = Jobs.find(code, table, group);
        int d = Jobs.description(code, table, job);
        int i = (group - Jobs.first(code, table, job)) * THREADS + context.localIdx;
        if (i < code.get(d)) {
            int channels = code.get(d + 3);
            int row = (i / channels) % code.get(d + 1);
            int x = code.get(d + 4) + (i / channels / code.get(d + 1)) * code.get(d + 2) * channels + i % channels;
            int values = code.get(d + 6);
            int columns = code.get(d + 8);
            int end = code.get(code.get(d + 7) + row + 1);
            float sum = 0f;
            for (int e = code.get(code.get(d + 7) + row); e < end; e++) {
                float v = arena.get(x + code.get(columns + e) * channels);
                sum += values < 0 ? v : v * arena.get(values + e);
            }
            arena.set(code.get(d + 5) + i, sum);
        }
    }
}

package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Softmax of rows. The threads of a work-group are lanes x rows; the largest and the sum are found in trees.
 *
 * <p>Description: rows, elements of a row, offsets of x and y, lanes.
 */
public final class SoftmaxKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 256;

    private SoftmaxKernel() {
    }

    /** The task. */
    public static void run(KernelContext context, FloatArray arena, IntArray code, int slot) {
        float[] lanesOf = context.allocateFloatLocalArray(THREADS);
        int thread = context.localIdx;
        int group = context.groupIdx;
        int table = Jobs.table(code, slot);
        int job = Jobs.find(code, table, group);
        int d = Jobs.description(code, table, job);
        int rows = code.get(d);
        int n = code.get(d + 1);
        int lanes = code.get(d + 4);
        int lane = thread % lanes;
        int row = (group - Jobs.first(code, table, job)) * (THREADS / lanes) + thread / lanes;
        int x = code.get(d + 2) + row * n;
        int y = code.get(d + 3) + row * n;
        float most = 0f;
        if (row < rows) {
            most = arena.get(x);
            for (int i = lane; i < n; i += lanes) {
                float v = arena.get(x + i);
                most = Numbers.larger(most, v);
            }
        }
        lanesOf[thread] = most;
        context.localBarrier();
        for (int half = lanes >> 1; half > 0; half >>= 1) {
            if (lane < half) {
                float a = lanesOf[thread];
                float b = lanesOf[thread + half];
                lanesOf[thread] = Numbers.larger(a, b);
            }
            context.localBarrier();
        }
        most = lanesOf[thread - lane];
        context.localBarrier();
        float sum = 0f;
        if (row < rows) {
            for (int i = lane; i < n; i += lanes) {
                sum += TornadoMath.exp(arena.get(x + i) - most);
            }
        }
        lanesOf[thread] = sum;
        context.localBarrier();
        for (int half = lanes >> 1; half > 0; half >>= 1) {
            if (lane < half) {
                lanesOf[thread] += lanesOf[thread + half];
            }
            context.localBarrier();
        }
        sum = lanesOf[thread - lane];
        if (row < rows) {
            for (int i = lane; i < n; i += lanes) {
                arena.set(y + i, TornadoMath.exp(arena.get(x + i) - most) / sum);
            }
        }
    }
}

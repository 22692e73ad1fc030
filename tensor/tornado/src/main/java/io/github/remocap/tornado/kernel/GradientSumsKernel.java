package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The two sums that the gradient of a normalisation needs, along the middle of {@code [outer, middle, inner]}: of the output gradient times the
 * normalised input, and of the output gradient. Threads are lanes x results as in {@link ReduceKernel}; parts are added by another task.
 *
 * <p>Description: results (outer x inner), middle, inner; offsets of x, the gradient, means (followed by variances) and the result; parts; length of
 * a part; lanes; whether lanes are neighbours; groups of results; offset of epsilon.
 */
public final class GradientSumsKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 256;

    private GradientSumsKernel() {
    }

    /** The task. */
    public static void run(KernelContext context, FloatArray arena, IntArray code, int slot) {
        float[] products = context.allocateFloatLocalArray(THREADS);
        float[] plain = context.allocateFloatLocalArray(THREADS);
        int thread = context.localIdx;
        int group = context.groupIdx;
        int table = Jobs.table(code, slot);
        int job = Jobs.find(code, table, group);
        int d = Jobs.description(code, table, job);
        int unit = group - Jobs.first(code, table, job);
        int results = code.get(d);
        int middle = code.get(d + 1);
        int inner = code.get(d + 2);
        int lanes = code.get(d + 9);
        int rows = code.get(d + 10);
        int groups = code.get(d + 11);
        int wide = THREADS / lanes;
        int lane = rows != 0 ? thread % lanes : thread / wide;
        int own = rows != 0 ? thread / lanes : thread % wide;
        int part = unit / groups;
        int result = (unit % groups) * wide + own;
        int from = part * code.get(d + 8);
        int to = from + code.get(d + 8);
        if (to > middle) {
            to = middle;
        }
        float product = 0f;
        float sum = 0f;
        if (result < results) {
            int base = (result / inner) * middle * inner + result % inner;
            int x = code.get(d + 3) + base;
            int g = code.get(d + 4) + base;
            float mean = arena.get(code.get(d + 5) + result);
            float scale = 1f / TornadoMath.sqrt(arena.get(code.get(d + 5) + results + result) + arena.get(code.get(d + 12)));
            for (int i = from + lane; i < to; i += lanes) {
                float v = arena.get(g + i * inner);
                product += v * (arena.get(x + i * inner) - mean);
                sum += v;
            }
            product = product * scale;
        }
        products[lane * wide + own] = product;
        plain[lane * wide + own] = sum;
        context.localBarrier();
        for (int half = lanes >> 1; half > 0; half >>= 1) {
            if (lane < half) {
                products[lane * wide + own] += products[(lane + half) * wide + own];
                plain[lane * wide + own] += plain[(lane + half) * wide + own];
            }
            context.localBarrier();
        }
        if (lane == 0 && result < results) {
            int y = code.get(d + 6) + part * 2 * results + result;
            arena.set(y, products[own]);
            arena.set(y + results, plain[own]);
        }
    }
}

package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Mean and biased variance along the middle of {@code [outer, middle, inner]}, in two passes and without cancellation. Threads are lanes x
 * results as in {@link ReduceKernel}. Where the middle is cut into parts, a second task of the same kind merges them: mean and sum of squared
 * deviations of each part, by the rule of Chan, Golub and LeVeque.
 *
 * <p>Description: results (outer x inner), middle, inner; offsets of x and y; parts; length of a part; lanes; whether lanes are neighbours; groups of
 * results; whether parts are merged. The output is all means, all variances, and what rounding took from the means; of parts, all means and
 * all sums of squared deviations, for each part.
 */
public final class MomentsKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 256;

    private MomentsKernel() {
    }

    /** The task. */
    public static void run(KernelContext context, FloatArray arena, IntArray code, int slot) {
        float[] lanesOf = context.allocateFloatLocalArray(THREADS);
        int thread = context.localIdx;
        int group = context.groupIdx;
        int table = Jobs.table(code, slot);
        int job = Jobs.find(code, table, group);
        int d = Jobs.description(code, table, job);
        int unit = group - Jobs.first(code, table, job);
        int results = code.get(d);
        int middle = code.get(d + 1);
        int inner = code.get(d + 2);
        int x = code.get(d + 3);
        int y = code.get(d + 4);
        int parts = code.get(d + 5);
        int length = code.get(d + 6);
        int lanes = code.get(d + 7);
        int rows = code.get(d + 8);
        int groups = code.get(d + 9);
        int merge = code.get(d + 10);
        int wide = THREADS / lanes;
        int lane = rows != 0 ? thread % lanes : thread / wide;
        int own = rows != 0 ? thread / lanes : thread % wide;
        int part = unit / groups;
        int result = (unit % groups) * wide + own;
        int from = part * length;
        int to = from + length;
        if (to > middle) {
            to = middle;
        }
        int base = x + (result / inner) * middle * inner + result % inner;
        float sum = 0f;
        if (merge == 0 && result < results) {
            for (int i = from + lane; i < to; i += lanes) {
                sum += arena.get(base + i * inner);
            }
        }
        lanesOf[lane * wide + own] = sum;
        context.localBarrier();
        for (int half = lanes >> 1; half > 0; half >>= 1) {
            if (lane < half) {
                lanesOf[lane * wide + own] += lanesOf[(lane + half) * wide + own];
            }
            context.localBarrier();
        }
        float count = (float) (to - from);
        float mean = lanesOf[own] / count;
        context.localBarrier();
        float squares = 0f;
        float deviations = 0f;
        if (merge == 0 && result < results) {
            for (int i = from + lane; i < to; i += lanes) {
                float e = arena.get(base + i * inner) - mean;
                squares += e * e;
                deviations += e;
            }
        }
        lanesOf[lane * wide + own] = deviations;
        context.localBarrier();
        for (int half = lanes >> 1; half > 0; half >>= 1) {
            if (lane < half) {
                lanesOf[lane * wide + own] += lanesOf[(lane + half) * wide + own];
            }
            context.localBarrier();
        }
        float off = lanesOf[own];
        context.localBarrier();
        lanesOf[lane * wide + own] = squares;
        context.localBarrier();
        for (int half = lanes >> 1; half > 0; half >>= 1) {
            if (lane < half) {
                lanesOf[lane * wide + own] += lanesOf[(lane + half) * wide + own];
            }
            context.localBarrier();
        }
        if (lane == 0 && result < results) {
            if (merge != 0) {
                mean = 0f;
                squares = 0f;
                count = 0f;
                float rest = 0f;
                for (int p = 0; p < parts; p++) {
                    int last = (p + 1) * length;
                    float more = (float) ((last > middle ? middle : last) - p * length);
                    float delta = (arena.get(x + p * 2 * results + result) - mean) - rest;
                    float all = count + more;
                    float step = delta * (more / all) + rest;
                    float next = mean + step;
                    rest = (mean - next) + step;
                    mean = next;
                    squares += arena.get(x + (p * 2 + 1) * results + result) + delta * delta * (count * more / all);
                    count = all;
                }
                arena.set(y + result, mean);
                arena.set(y + results + result, squares / count);
                arena.set(y + 2 * results + result, rest);
            } else {
                // What rounding left in the mean shows in the sum of deviations.
                float correction = off / count;
                float left = lanesOf[own] - off * correction;
                float better = mean + correction;
                arena.set(y + part * 2 * results + result, better);
                arena.set(y + (part * 2 + 1) * results + result, parts > 1 ? left : left / count);
                if (parts == 1) {
                    arena.set(y + 2 * results + result, (mean - better) + correction);
                }
            }
        }
    }
}

package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Sums, means and maxima along the middle of {@code [outer, middle, inner]}. The 256 threads of a work-group are lanes x results: each lane takes
 * every lanes-th element, then lanes are combined in a tree. The middle can be cut into parts that a second task combines.
 *
 * <p>Description: results (outer x inner), middle, inner; offsets of x and y; function; parts; length of a part; lanes; whether lanes are
 * neighbours (rows) or results are (columns); groups of results; the number that a mean divides by.
 */
public final class ReduceKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 256;
    /** x added up. */
    public static final int SUM = 0;
    /** x added up and divided. */
    public static final int MEAN = 1;
    /** The largest, NaN if there is one. */
    public static final int MAX = 2;
    /** Squares added up. */
    public static final int SQUARES = 3;

    private ReduceKernel() {
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
        int fn = code.get(d + 5);
        int lanes = code.get(d + 8);
        int rows = code.get(d + 9);
        int groups = code.get(d + 10);
        int wide = THREADS / lanes;
        int lane = rows != 0 ? thread % lanes : thread / wide;
        int own = rows != 0 ? thread / lanes : thread % wide;
        int part = unit / groups;
        int result = (unit % groups) * wide + own;
        int from = part * code.get(d + 7);
        int to = from + code.get(d + 7);
        if (to > middle) {
            to = middle;
        }
        float sum = fn == MAX ? -3.4028235e38f : 0f;
        int any = 0;
        if (result < results) {
            int base = code.get(d + 3) + (result / inner) * middle * inner + result % inner;
            for (int i = from + lane; i < to; i += lanes) {
                float v = arena.get(base + i * inner);
                if (fn == MAX) {
                    // The first element counts even if it is minus infinity.
                    sum = any == 0 ? v : Numbers.larger(sum, v);
                    any = 1;
                } else {
                    sum += fn == SQUARES ? v * v : v;
                }
            }
            if (fn == MAX && any == 0) {
                sum = arena.get(base + from * inner);
            }
        }
        lanesOf[lane * wide + own] = sum;
        context.localBarrier();
        for (int half = lanes >> 1; half > 0; half >>= 1) {
            if (lane < half) {
                float a = lanesOf[lane * wide + own];
                float b = lanesOf[(lane + half) * wide + own];
                lanesOf[lane * wide + own] = fn != MAX ? a + b : Numbers.larger(a, b);
            }
            context.localBarrier();
        }
        if (lane == 0 && result < results) {
            float v = lanesOf[own];
            arena.set(code.get(d + 4) + part * results + result, fn == MEAN ? v / (float) code.get(d + 11) : v);
        }
    }
}

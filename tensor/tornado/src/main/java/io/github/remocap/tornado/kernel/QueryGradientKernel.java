package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention's gradient to the queries, and what the gradient to keys and values needs of each query: its largest score, the sum of its
 * exponentials, and the mean of the gradient over its weights. Work-groups are those of {@link AttentionKernel}; scores are computed again.
 *
 * <p>Description: as {@link AttentionKernel}'s; then the offset of the output gradient, and that of the three numbers of each batch, head and query.
 */
public final class QueryGradientKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 64;

    private QueryGradientKernel() {
    }

    /** The task. */
    public static void run(KernelContext context, FloatArray arena, IntArray code, int slot) {
        float[] weights = context.allocateFloatLocalArray(THREADS);
        float[] tree = context.allocateFloatLocalArray(THREADS);
        int[] places = context.allocateIntLocalArray(THREADS);
        int thread = context.localIdx;
        int group = context.groupIdx;
        int table = Jobs.table(code, slot);
        int job = Jobs.find(code, table, group);
        int d = Jobs.description(code, table, job);
        int unit = group - Jobs.first(code, table, job);
        int queries = code.get(d + 1);
        int features = code.get(d + 3);
        int heads = code.get(d + 4);
        int size = features / heads;
        int query = unit % queries;
        int head = (unit / queries) % heads;
        int batch = unit / queries / heads;
        int q = code.get(d + 5) + batch * code.get(d + 8) + query * features + head * size;
        int k = code.get(d + 6) + batch * code.get(d + 9) + head * size;
        int v = code.get(d + 7) + batch * code.get(d + 10) + head * size;
        int row = (batch * queries + query) * features + head * size;
        int y = code.get(d + 11) + row;
        int g = code.get(d + 14) + row;
        int starts = code.get(d + 12);
        int list = code.get(d + 13);
        int first = 0;
        int count = code.get(d + 2);
        if (starts >= 0) {
            first = code.get(starts + query);
            count = code.get(starts + query + 1) - first;
        }
        float scale = 1f / TornadoMath.sqrt((float) size);
        // Each thread goes over its keys; then the threads' maxima and sums are put together.
        float most = -3.4e38f;
        float sum = 0f;
        float mean = 0f;
        for (int s = thread; s < count; s += THREADS) {
            int key = s;
            if (starts >= 0) {
                key = code.get(list + first + s);
            }
            float dot = 0f;
            float change = 0f;
            for (int c = 0; c < size; c++) {
                dot += arena.get(q + c) * arena.get(k + key * features + c);
                change += arena.get(g + c) * arena.get(v + key * features + c);
            }
            float score = dot * scale;
            float now = most > score ? most : score;
            float less = TornadoMath.exp(most - now);
            float weight = TornadoMath.exp(score - now);
            sum = sum * less + weight;
            mean = mean * less + weight * change;
            most = now;
        }
        tree[thread] = most;
        context.localBarrier();
        for (int half = THREADS >> 1; half > 0; half >>= 1) {
            if (thread < half) {
                float a = tree[thread];
                float b = tree[thread + half];
                tree[thread] = a > b ? a : b;
            }
            context.localBarrier();
        }
        float all = tree[0];
        context.localBarrier();
        float share = TornadoMath.exp(most - all);
        tree[thread] = sum * share;
        weights[thread] = mean * share;
        context.localBarrier();
        for (int half = THREADS >> 1; half > 0; half >>= 1) {
            if (thread < half) {
                tree[thread] += tree[thread + half];
                weights[thread] += weights[thread + half];
            }
            context.localBarrier();
        }
        sum = tree[0];
        mean = weights[0] / sum;
        context.localBarrier();
        if (thread == 0) {
            int numbers = code.get(d + 15) + 3 * unit;
            arena.set(numbers, all);
            arena.set(numbers + 1, sum);
            arena.set(numbers + 2, mean);
        }
        for (int c0 = 0; c0 < size; c0 += 4 * THREADS) {
            float o0 = 0f;
            float o1 = 0f;
            float o2 = 0f;
            float o3 = 0f;
            for (int s0 = 0; s0 < count; s0 += THREADS) {
                int here = count - s0 < THREADS ? count - s0 : THREADS;
                if (thread < here) {
                    int key = s0 + thread;
                    if (starts >= 0) {
                        key = code.get(list + first + key);
                    }
                    float dot = 0f;
                    float change = 0f;
                    for (int c = 0; c < size; c++) {
                        dot += arena.get(q + c) * arena.get(k + key * features + c);
                        change += arena.get(g + c) * arena.get(v + key * features + c);
                    }
                    weights[thread] = TornadoMath.exp(dot * scale - all) / sum * (change - mean) * scale;
                    places[thread] = key * features;
                }
                context.localBarrier();
                int c = c0 + thread;
                for (int s = 0; s < here; s++) {
                    int place = k + places[s] + c;
                    float w = weights[s];
                    if (c < size) {
                        o0 += w * arena.get(place);
                    }
                    if (c + THREADS < size) {
                        o1 += w * arena.get(place + THREADS);
                    }
                    if (c + 2 * THREADS < size) {
                        o2 += w * arena.get(place + 2 * THREADS);
                    }
                    if (c + 3 * THREADS < size) {
                        o3 += w * arena.get(place + 3 * THREADS);
                    }
                }
                context.localBarrier();
            }
            int c = c0 + thread;
            if (c < size) {
                arena.set(y + c, o0);
            }
            if (c + THREADS < size) {
                arena.set(y + c + THREADS, o1);
            }
            if (c + 2 * THREADS < size) {
                arena.set(y + c + 2 * THREADS, o2);
            }
            if (c + 3 * THREADS < size) {
                arena.set(y + c + 3 * THREADS, o3);
            }
        }
    }
}

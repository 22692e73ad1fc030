package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention's gradients to keys and values. A work-group of 64 threads has one key of one head: a thread weighs one query of 64, then collects
 * its channels of their contributions. No two groups write the same element, so that results come again to the bit.
 *
 * <p>Description: batch, queries, keys, features, heads; offsets of q, k, v; strides of q, k, v to the next batch (0: shared); offset of the gradient to
 * the keys; where the starts of the transposed mask are in the code (-1: no mask), and its queries; offsets of the output gradient, of the
 * numbers from {@link QueryGradientKernel}, and of the gradient to the values.
 */
public final class KeyGradientKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 64;

    private KeyGradientKernel() {
    }

    /** The task. */
    public static void run(KernelContext context, FloatArray arena, IntArray code, int slot) {
        float[] weights = context.allocateFloatLocalArray(THREADS);
        float[] changes = context.allocateFloatLocalArray(THREADS);
        int[] rows = context.allocateIntLocalArray(THREADS);
        int thread = context.localIdx;
        int group = context.groupIdx;
        int table = Jobs.table(code, slot);
        int job = Jobs.find(code, table, group);
        int d = Jobs.description(code, table, job);
        int unit = group - Jobs.first(code, table, job);
        int queries = code.get(d + 1);
        int keys = code.get(d + 2);
        int features = code.get(d + 3);
        int heads = code.get(d + 4);
        int size = features / heads;
        int key = unit % keys;
        int head = (unit / keys) % heads;
        int batch = unit / keys / heads;
        int q = code.get(d + 5) + batch * code.get(d + 8) + head * size;
        int k = code.get(d + 6) + batch * code.get(d + 9) + key * features + head * size;
        int v = code.get(d + 7) + batch * code.get(d + 10) + key * features + head * size;
        int g = code.get(d + 14) + batch * queries * features + head * size;
        int numbers = code.get(d + 15) + 3 * (batch * heads + head) * queries;
        int place = (batch * keys + key) * features + head * size;
        int dk = code.get(d + 11) + place;
        int dv = code.get(d + 16) + place;
        int starts = code.get(d + 12);
        int list = code.get(d + 13);
        int first = 0;
        int count = queries;
        if (starts >= 0) {
            first = code.get(starts + key);
            count = code.get(starts + key + 1) - first;
        }
        float scale = 1f / TornadoMath.sqrt((float) size);
        for (int c0 = 0; c0 < size; c0 += 2 * THREADS) {
            float k0 = 0f;
            float k1 = 0f;
            float v0 = 0f;
            float v1 = 0f;
            for (int t0 = 0; t0 < count; t0 += THREADS) {
                int here = count - t0 < THREADS ? count - t0 : THREADS;
                if (thread < here) {
                    int query = t0 + thread;
                    if (starts >= 0) {
                        query = code.get(list + first + query);
                    }
                    int row = query * features;
                    float dot = 0f;
                    float change = 0f;
                    for (int c = 0; c < size; c++) {
                        dot += arena.get(q + row + c) * arena.get(k + c);
                        change += arena.get(g + row + c) * arena.get(v + c);
                    }
                    float weight = TornadoMath.exp(dot * scale - arena.get(numbers + 3 * query)) / arena.get(numbers + 3 * query + 1);
                    weights[thread] = weight;
                    changes[thread] = weight * (change - arena.get(numbers + 3 * query + 2)) * scale;
                    rows[thread] = row;
                }
                context.localBarrier();
                int c = c0 + thread;
                for (int t = 0; t < here; t++) {
                    int row = rows[t] + c;
                    if (c < size) {
                        k0 += changes[t] * arena.get(q + row);
                        v0 += weights[t] * arena.get(g + row);
                    }
                    if (c + THREADS < size) {
                        k1 += changes[t] * arena.get(q + row + THREADS);
                        v1 += weights[t] * arena.get(g + row + THREADS);
                    }
                }
                context.localBarrier();
            }
            int c = c0 + thread;
            if (c < size) {
                arena.set(dk + c, k0);
                arena.set(dv + c, v0);
            }
            if (c + THREADS < size) {
                arena.set(dk + c + THREADS, k1);
                arena.set(dv + c + THREADS, v1);
            }
        }
    }
}

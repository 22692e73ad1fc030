package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention in one pass over the keys, never storing a score: the softmax is kept relative to the largest score so far (Milakov and Gimelshein,
 * Online normalizer calculation for softmax). A work-group of 64 threads has one query of one head: a thread scores one key of 64, then
 * collects its channels of their values. Masks are lists of keys, so that what is masked costs nothing.
 *
 * <p>Description: batch, queries, keys, features, heads; offsets of q, k, v; strides of q, k, v to the next batch (0: shared); offset of y; where the
 * mask's starts are in the code (-1: no mask), and its keys.
 */
public final class AttentionKernel {
    /** Threads of a work-group. */
    public static final int THREADS = 64;

    private AttentionKernel() {
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
        int y = code.get(d + 11) + (batch * queries + query) * features + head * size;
        int starts = code.get(d + 12);
        int list = code.get(d + 13);
        int first = 0;
        int count = code.get(d + 2);
        if (starts >= 0) {
            first = code.get(starts + query);
            count = code.get(starts + query + 1) - first;
        }
        float scale = 1f / TornadoMath.sqrt((float) size);
        for (int c0 = 0; c0 < size; c0 += 4 * THREADS) {
            float most = -3.4e38f;
            float sum = 0f;
            float o0 = 0f;
            float o1 = 0f;
            float o2 = 0f;
            float o3 = 0f;
            for (int s0 = 0; s0 < count; s0 += THREADS) {
                int here = count - s0 < THREADS ? count - s0 : THREADS;
                float score = -3.4e38f;
                if (thread < here) {
                    int key = s0 + thread;
                    if (starts >= 0) {
                        key = code.get(list + first + key);
                    }
                    places[thread] = key * features;
                    float dot = 0f;
                    for (int c = 0; c < size; c++) {
                        dot += arena.get(q + c) * arena.get(k + key * features + c);
                    }
                    score = dot * scale;
                }
                tree[thread] = score;
                context.localBarrier();
                for (int half = THREADS >> 1; half > 0; half >>= 1) {
                    if (thread < half) {
                        float a = tree[thread];
                        float b = tree[thread + half];
                        tree[thread] = Numbers.larger(a, b);
                    }
                    context.localBarrier();
                }
                float now = tree[0];
                now = most > now ? most : now;
                context.localBarrier();
                float weight = thread < here ? TornadoMath.exp(score - now) : 0f;
                weights[thread] = weight;
                tree[thread] = weight;
                context.localBarrier();
                for (int half = THREADS >> 1; half > 0; half >>= 1) {
                    if (thread < half) {
                        tree[thread] += tree[thread + half];
                    }
                    context.localBarrier();
                }
                float less = TornadoMath.exp(most - now);
                sum = sum * less + tree[0];
                o0 = o0 * less;
                o1 = o1 * less;
                o2 = o2 * less;
                o3 = o3 * less;
                most = now;
                int c = c0 + thread;
                for (int s = 0; s < here; s++) {
                    int place = v + places[s] + c;
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
                arena.set(y + c, o0 / sum);
            }
            if (c + THREADS < size) {
                arena.set(y + c + THREADS, o1 / sum);
            }
            if (c + 2 * THREADS < size) {
                arena.set(y + c + 2 * THREADS, o2 / sum);
            }
            if (c + 3 * THREADS < size) {
                arena.set(y + c + 3 * THREADS, o3 / sum);
            }
        }
    }
}

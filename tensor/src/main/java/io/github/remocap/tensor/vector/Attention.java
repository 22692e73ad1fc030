package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.MicroKernel.COLUMNS;
import static io.github.remocap.tensor.vector.MicroKernel.ROWS;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention without a matrix of all weights. A unit is one head of one batch element. Queries that may attend to few
 * keys (a vertex sees its neighbours and the joints) go key by key; the others go through matrix products in blocks of rows.
 */
final class Attention {
    /** Rows of queries in one block of products. */
    private static final int BLOCK = 8 * ROWS;

    private Attention() {
    }

    /** What forward and backward share: sizes, and where rows lie. */
    private abstract static class Heads extends Step {
        final int heads;
        final @Nullable AttentionMask mask;
        final int batch;
        final int queries;
        final int keys;
        final int features;
        final int d;
        final float scale;
        final Buffer q;
        final Buffer k;
        final Buffer v;
        /** Allowed keys of all queries, query by query; all keys once where there is no mask. */
        final int[] list;
        final long step; // bytes from one row to the next
        final long queryBatch;
        final long keyBatch;
        final long valueBatch;

        Heads(int heads, @Nullable AttentionMask mask, Buffer q, Shape qs, Buffer k, Shape ks, Buffer v, Shape vs, int batch) {
            this.heads = heads;
            this.mask = mask;
            this.batch = batch;
            this.queries = qs.dim(1);
            this.keys = ks.dim(1);
            this.features = qs.dim(2);
            this.d = features / heads;
            this.scale = (float) (1 / Math.sqrt(d));
            this.q = q;
            this.k = k;
            this.v = v;
            this.list = new int[mask == null ? keys : mask.pairs()];
            Arrays.setAll(list, i -> mask == null ? i : mask.key(i));
            this.step = 4L * features;
            this.queryBatch = qs.dim(0) == 1 ? 0 : 4L * queries * features;
            this.keyBatch = ks.dim(0) == 1 ? 0 : 4L * keys * features;
            this.valueBatch = vs.dim(0) == 1 ? 0 : 4L * keys * features;
        }

        @Override
        final int units() {
            return batch * heads;
        }

        final long head(Buffer x, long batchBytes, int unit) {
            return x.at() + batchBytes * (unit / heads) + 4L * d * (unit % heads);
        }

        final int allowed(int query) {
            return mask == null ? keys : mask.start(query + 1) - mask.start(query);
        }

        /** Where a query's keys begin in the list. */
        final int first(int query) {
            return mask == null ? 0 : mask.start(query);
        }

        /** Softmax weights of a query over its allowed keys, into p[0 .. allowed), zeros up to whole vectors. */
        final void weights(int query, long qr, long kh, float[] p) {
            int n = allowed(query);
            AttentionKernel.dots(qr, kh, step, list, first(query), n, d, p, 0);
            SoftmaxKernel.softmax(p, 0, n, scale);
        }
    }

    /** The attended values. */
    static final class Forward extends Heads {
        private final Buffer y;
        private final int[] dense;
        private final int keyColumns;
        private final int valueColumns;

        Forward(int heads, @Nullable AttentionMask mask, Buffer q, Shape qs, Buffer k, Shape ks, Buffer v, Shape vs, int batch, Buffer y) {
            super(heads, mask, q, qs, k, ks, v, vs, batch);
            this.y = y;
            int[] rows = new int[queries];
            int n = 0;
            for (int t = 0; t < queries; t++) {
                if (4 * allowed(t) >= keys) {
                    rows[n++] = t;
                }
            }
            this.dense = Arrays.copyOf(rows, n);
            this.keyColumns = (keys + COLUMNS - 1) / COLUMNS * COLUMNS;
            this.valueColumns = (d + COLUMNS - 1) / COLUMNS * COLUMNS;
            long pairs = (long) keys * dense.length + (mask == null ? 0 : mask.pairs());
            this.flops = 4 * pairs * features * batch;
        }

        @Override
        int scratchFloats() {
            return Simd.FIRST + BLOCK * (d + keyColumns + valueColumns);
        }

        @Override
        long scratchBytes() {
            return 4L * (keyColumns * d + valueColumns * keys);
        }

        @Override
        void run(int unit, Scratch memory) {
            float[] f = memory.floats;
            long qh = head(q, queryBatch, unit);
            long kh = head(k, keyBatch, unit);
            long vh = head(v, valueBatch, unit);
            long yh = head(y, 4L * queries * features, unit);
            long packedKeys = memory.address;
            long packedValues = packedKeys + 4L * keyColumns * d;
            if (dense.length > 0) {
                Panels.packTransposed(COLUMNS, kh, d, keys, features, packedKeys);
                Panels.pack(COLUMNS, vh, keys, d, features, packedValues);
                for (int from = 0; from < dense.length; from += BLOCK) {
                    block(from, Math.min(BLOCK, dense.length - from), f, packedKeys, packedValues, qh, yh);
                }
            }
            if (dense.length < queries) {
                for (int t = 0; t < queries; t++) {
                    if (4 * allowed(t) < keys) {
                        sparse(t, f, qh, kh, vh, yh);
                    }
                }
            }
        }

        private void sparse(int t, float[] p, long qh, long kh, long vh, long yh) {
            weights(t, qh + step * t, kh, p);
            AttentionKernel.gather(p, 0, vh, step, list, first(t), allowed(t), d, yh + step * t);
        }

        private void block(int from, int count, float[] f, long packedKeys, long packedValues, long qh, long yh) {
            int scores = Simd.FIRST + BLOCK * d;
            int sums = scores + BLOCK * keyColumns;
            int tiles = (count + ROWS - 1) / ROWS;
            for (int r = 0; r < tiles * ROWS; r++) {
                Simd.copyIn(qh + 4L * features * dense[from + Math.min(r, count - 1)], f, Simd.FIRST + r * d, d);
            }
            for (int p = 0; p < keyColumns; p += COLUMNS) {
                for (int t = 0; t < tiles; t++) {
                    MicroKernel.multiply(d, keys - p, f, Simd.FIRST + t * ROWS * d, d, packedKeys + 4L * p * d, f, scores + t * ROWS * keyColumns + p, keyColumns,
                        false, 0);
                }
            }
            for (int r = 0; r < count; r++) {
                softmaxOfAllowed(dense[from + r], f, scores + r * keyColumns);
            }
            for (int p = 0; p < valueColumns; p += COLUMNS) {
                for (int t = 0; t < tiles; t++) {
                    MicroKernel.multiply(keys, d - p, f, scores + t * ROWS * keyColumns, keyColumns, packedValues + 4L * p * keys, f,
                        sums + t * ROWS * valueColumns + p, valueColumns, false, 0);
                }
            }
            for (int r = 0; r < count; r++) {
                EpilogueKernel.row(f, sums + r * valueColumns, d, 0, 0, false, yh + 4L * features * dense[from + r]);
            }
        }

        private void softmaxOfAllowed(int query, float[] f, int row) {
            if (mask != null && allowed(query) < keys) {
                int next = 0;
                for (int s = 0; s < keys; s++) {
                    if (next < allowed(query) && list[first(query) + next] == s) {
                        next++;
                    } else {
                        f[row + s] = Float.NEGATIVE_INFINITY;
                    }
                }
            }
            SoftmaxKernel.softmax(f, row, keys, scale);
        }
    }

    /** Gradients to queries, keys and values, in one array; each pair's weight is computed again rather than kept. */
    static final class Backward extends Heads {
        private final Buffer g;
        private final Buffer y;

        Backward(int heads, @Nullable AttentionMask mask, Buffer q, Shape qs, Buffer k, Shape ks, Buffer v, Shape vs, Buffer g, int batch, Buffer y) {
            super(heads, mask, q, qs, k, ks, v, vs, batch);
            this.g = g;
            this.y = y;
        }

        @Override
        int scratchFloats() {
            return 2 * SoftmaxKernel.padded(keys);
        }

        @Override
        void run(int unit, Scratch memory) {
            float[] p = memory.floats;
            long qh = head(q, queryBatch, unit);
            long kh = head(k, keyBatch, unit);
            long vh = head(v, valueBatch, unit);
            long gh = head(g, 4L * queries * features, unit);
            long dq = head(y, 4L * queries * features, unit);
            long dk = head(y, 4L * keys * features, unit) + 4L * batch * queries * features;
            long dv = dk + 4L * batch * keys * features;
            int products = SoftmaxKernel.padded(keys);
            for (int s = 0; s < keys; s++) {
                ElementwiseKernel.zero(dk + step * s, d);
                ElementwiseKernel.zero(dv + step * s, d);
            }
            for (int t = 0; t < queries; t++) {
                long row = step * t;
                weights(t, qh + row, kh, p);
                int from = first(t);
                int n = allowed(t);
                AttentionKernel.dots(gh + row, vh, step, list, from, n, d, p, products);
                AttentionKernel.scatter(p, 0, gh + row, dv, step, list, from, n, d);
                float mean = 0;
                for (int i = 0; i < n; i++) {
                    mean += p[i] * p[products + i];
                }
                for (int i = 0; i < n; i++) {
                    p[i] *= (p[products + i] - mean) * scale;
                }
                AttentionKernel.gather(p, 0, kh, step, list, from, n, d, dq + row);
                AttentionKernel.scatter(p, 0, qh + row, dk, step, list, from, n, d);
            }
        }
    }
}

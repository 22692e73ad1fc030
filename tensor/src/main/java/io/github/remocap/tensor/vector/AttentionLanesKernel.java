package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.VECTOR_BYTES;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Shape;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention with a head in each lane: all heads of a query have the same keys, so that scores, softmax and sums go in step
 * and no vector is ever summed up by itself. A query goes through its list of keys, of which a sparse mask leaves few. Rows of
 * keys and values are rearranged once, from {@code [head][feature]} to {@code [feature][head]}, those of queries one by one.
 */
final class AttentionLanesKernel {
    private static final int QUERIES = 32; // of a unit

    private AttentionLanesKernel() {
    }

    /** Whether heads fill at least half of the lanes, and the mask leaves a quarter of all pairs at most: products take more. */
    static boolean suits(int heads, @Nullable AttentionMask mask) {
        return 2 * heads >= LANES * blocks(heads) && mask != null && 4L * mask.pairs() <= (long) mask.queries() * mask.keys();
    }

    /** Vectors that hold a number of every head. */
    private static int blocks(int heads) {
        return (heads + LANES - 1) / LANES;
    }

    /** Bytes of rearranged rows {@code [B,S,D]}. */
    static long bytes(Shape rows, int heads) {
        return VECTOR_BYTES * blocks(heads) * (rows.dim(2) / heads) * rows.dim(0) * rows.dim(1);
    }

    /** {@code to[feature][lane] = from[lane][feature]}, other lanes untouched. */
    private static void toLanes(long from, int d, int lanes, long to) {
        for (int lane = 0; lane < lanes; lane++) {
            long source = from + 4L * d * lane;
            long target = to + 4L * lane;
            for (int i = 0; i < d; i++) {
                set(target + VECTOR_BYTES * i, get(source + 4L * i));
            }
        }
    }

    /** {@code to[lane][feature] = from[feature][lane]}. */
    private static void fromLanes(long from, int d, int lanes, long to) {
        for (int lane = 0; lane < lanes; lane++) {
            long source = from + 4L * lane;
            long target = to + 4L * d * lane;
            for (int i = 0; i < d; i++) {
                set(target + 4L * i, get(source + VECTOR_BYTES * i));
            }
        }
    }

    /** {@code [B,S,D]} to {@code [block][B,S][feature][lane]}, zeros in lanes without a head. */
    static final class Rearrange extends Step {
        private final Buffer x;
        private final Buffer y;
        private final int rows;
        private final int heads;
        private final int d;
        private final int units;

        Rearrange(Shape shape, int heads, Buffer x, Buffer y) {
            this.x = x;
            this.y = y;
            this.rows = shape.dim(0) * shape.dim(1);
            this.heads = heads;
            this.d = shape.dim(2) / heads;
            this.units = rows == 0 || d == 0 ? 0 : split((long) rows * heads * d, 8192);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            long end = from(rows, units, unit + 1);
            for (long r = from(rows, units, unit); r < end; r++) {
                for (int block = 0; block < blocks(heads); block++) {
                    int lanes = Math.min(LANES, heads - block * LANES);
                    long to = y.at() + VECTOR_BYTES * d * ((long) rows * block + r);
                    if (lanes < LANES) {
                        ElementwiseKernel.zero(to, (long) LANES * d);
                    }
                    toLanes(x.at() + 4 * (r * heads * d + (long) block * LANES * d), d, lanes, to);
                }
            }
        }
    }

    /** The attended values; a unit is a block of heads of some queries of one batch element. */
    static final class Attend extends Step {
        private final Buffer q;
        private final Buffer k;
        private final Buffer v;
        private final Buffer y;
        private final @Nullable AttentionMask mask;
        private final int heads;
        private final int queries;
        private final int keys;
        private final int d;
        private final int chunks;
        private final int units;
        private final float scale;
        private final int[] list; // keys of all queries, or of each
        private final int most;
        private final long queryBatch;
        private final long keyBatch;
        private final long valueBatch;
        private final long keyBlock;
        private final long valueBlock;

        /**
         * @param k rearranged keys
         * @param v rearranged values
         */
        Attend(int heads, @Nullable AttentionMask mask, Buffer q, Shape qs, Buffer k, Shape ks, Buffer v, Shape vs, int batch, Buffer y) {
            this.heads = heads;
            this.mask = mask;
            this.q = q;
            this.k = k;
            this.v = v;
            this.y = y;
            this.queries = qs.dim(1);
            this.keys = ks.dim(1);
            this.d = qs.dim(2) / heads;
            this.scale = (float) (1 / Math.sqrt(d));
            this.list = new int[mask == null ? keys : mask.pairs()];
            int longest = mask == null ? keys : 0;
            for (int i = 0; i < list.length; i++) {
                list[i] = mask == null ? i : mask.key(i);
            }
            for (int t = 0; mask != null && t < queries; t++) {
                longest = Math.max(longest, mask.start(t + 1) - mask.start(t));
            }
            this.most = longest;
            long row = VECTOR_BYTES * d;
            this.queryBatch = qs.dim(0) == 1 ? 0 : 4L * queries * heads * d;
            this.keyBatch = ks.dim(0) == 1 ? 0 : row * keys;
            this.valueBatch = vs.dim(0) == 1 ? 0 : row * keys;
            this.keyBlock = row * keys * ks.dim(0);
            this.valueBlock = row * keys * vs.dim(0);
            this.chunks = (queries + QUERIES - 1) / QUERIES;
            this.units = d == 0 ? 0 : batch * blocks(heads) * chunks;
            this.flops = 4 * (mask == null ? (long) queries * keys : mask.pairs()) * heads * d * batch;
        }

        @Override
        int units() {
            return units;
        }

        @Override
        long scratchBytes() {
            return VECTOR_BYTES * (2L * d + most + 5);
        }

        @Override
        void run(int unit, Scratch memory) {
            int first = unit % chunks * QUERIES;
            int block = unit / chunks % blocks(heads);
            int b = unit / chunks / blocks(heads);
            int lanes = Math.min(LANES, heads - block * LANES);
            long head = 4L * block * LANES * d;
            long row = VECTOR_BYTES * d;
            long query = memory.address;
            long sums = query + row;
            long factor = sums + row;
            long p = factor + VECTOR_BYTES;
            if (lanes < LANES) {
                ElementwiseKernel.zero(query, (long) LANES * d);
            }
            long keyRows = k.at() + keyBlock * block + keyBatch * b;
            long valueRows = v.at() + valueBlock * block + valueBatch * b;
            for (int t = first; t < Math.min(queries, first + QUERIES); t++) {
                toLanes(q.at() + queryBatch * b + 4L * heads * d * t + head, d, lanes, query);
                int from = mask == null ? 0 : mask.start(t);
                int n = mask == null ? keys : mask.start(t + 1) - from;
                scores(query, keyRows, from, n, p);
                max(p, n, factor);
                exponentials(p, n, scale, factor);
                int i = 0;
                for (; i <= d - 8; i += 8) {
                    attendEight(p, valueRows + VECTOR_BYTES * i, row, list, from, n, factor, sums + VECTOR_BYTES * i);
                }
                for (; i < d; i++) {
                    attendOne(p, valueRows + VECTOR_BYTES * i, row, list, from, n, factor, sums + VECTOR_BYTES * i);
                }
                fromLanes(sums, d, lanes, y.at() + 4L * heads * d * ((long) queries * b + t) + head);
            }
        }

        /** Four keys at a time; what follows the n-th up to a multiple of four repeats the last. */
        private void scores(long query, long keyRows, int from, int n, long p) {
            long row = VECTOR_BYTES * d;
            int last = from + n - 1;
            for (int i = from; i <= last; i += 4) {
                dots(query, keyRows + row * list[i], keyRows + row * list[Math.min(i + 1, last)], keyRows + row * list[Math.min(i + 2, last)],
                    keyRows + row * list[Math.min(i + 3, last)], d, p + VECTOR_BYTES * (i - from));
            }
        }
    }

    private static void dots(long q, long k0, long k1, long k2, long k3, int n, long to) {
        FloatVector a = Simd.zero();
        FloatVector b = Simd.zero();
        FloatVector c = Simd.zero();
        FloatVector d = Simd.zero();
        for (int i = 0; i < n; i++) {
            long at = VECTOR_BYTES * i;
            FloatVector x = load(q + at);
            a = fma(x, load(k0 + at), a);
            b = fma(x, load(k1 + at), b);
            c = fma(x, load(k2 + at), c);
            d = fma(x, load(k3 + at), d);
        }
        store(a, to);
        store(b, to + VECTOR_BYTES);
        store(c, to + 2 * VECTOR_BYTES);
        store(d, to + 3 * VECTOR_BYTES);
    }

    /** Greatest of n vectors, lane by lane. NaN loses here, and shows in what is made of it. */
    private static void max(long p, int n, long to) {
        FloatVector max = load(p);
        for (int i = 1; i < n; i++) {
            FloatVector v = load(p + VECTOR_BYTES * i);
            max = max.blend(v, v.compare(VectorOperators.GT, max));
        }
        store(max, to);
    }

    /** {@code p = exp(scale (p - max))} for n vectors; the reciprocal of their sum takes the maximum's place. */
    private static void exponentials(long p, int n, float scale, long max) {
        FloatVector m = load(max);
        FloatVector f = Simd.all(scale);
        FloatVector sum = Simd.zero();
        for (int i = 0; i < n; i++) {
            FloatVector e = Simd.expOfNegative(load(p + VECTOR_BYTES * i).sub(m).mul(f));
            store(e, p + VECTOR_BYTES * i);
            sum = sum.add(e);
        }
        store(Simd.all(1f).div(sum), max);
    }

    private static void attendEight(long p, long v, long row, int[] list, int from, int n, long factor, long to) {
        FloatVector a = Simd.zero();
        FloatVector b = Simd.zero();
        FloatVector c = Simd.zero();
        FloatVector d = Simd.zero();
        FloatVector e = Simd.zero();
        FloatVector f = Simd.zero();
        FloatVector g = Simd.zero();
        FloatVector h = Simd.zero();
        for (int i = 0; i < n; i++) {
            FloatVector w = load(p + VECTOR_BYTES * i);
            long at = v + row * list[from + i];
            a = fma(w, load(at), a);
            b = fma(w, load(at + VECTOR_BYTES), b);
            c = fma(w, load(at + 2 * VECTOR_BYTES), c);
            d = fma(w, load(at + 3 * VECTOR_BYTES), d);
            e = fma(w, load(at + 4 * VECTOR_BYTES), e);
            f = fma(w, load(at + 5 * VECTOR_BYTES), f);
            g = fma(w, load(at + 6 * VECTOR_BYTES), g);
            h = fma(w, load(at + 7 * VECTOR_BYTES), h);
        }
        FloatVector r = load(factor);
        store(a.mul(r), to);
        store(b.mul(r), to + VECTOR_BYTES);
        store(c.mul(r), to + 2 * VECTOR_BYTES);
        store(d.mul(r), to + 3 * VECTOR_BYTES);
        store(e.mul(r), to + 4 * VECTOR_BYTES);
        store(f.mul(r), to + 5 * VECTOR_BYTES);
        store(g.mul(r), to + 6 * VECTOR_BYTES);
        store(h.mul(r), to + 7 * VECTOR_BYTES);
    }

    private static void attendOne(long p, long v, long row, int[] list, int from, int n, long factor, long to) {
        FloatVector a = Simd.zero();
        for (int i = 0; i < n; i++) {
            a = fma(load(p + VECTOR_BYTES * i), load(v + row * list[from + i]), a);
        }
        store(a.mul(load(factor)), to);
    }
}

package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Attention and its gradients. */
final class Attentions {
    private final Lowering lowering;

    Attentions(Lowering lowering) {
        this.lowering = lowering;
    }

    private static int stride(Shape s) {
        return s.dim(0) == 1 ? 0 : s.dim(1) * s.dim(2);
    }

    private static void common(Words w, Tensor node, int batch, int heads, Buffer q, Buffer k, Buffer v) {
        Shape qs = node.input(0).shape();
        Shape ks = node.input(1).shape();
        w.add(batch, qs.dim(1), ks.dim(1), qs.dim(2), heads).at(q).at(k).at(v);
        w.add(stride(qs), stride(ks), stride(node.input(2).shape()));
    }

    /** Appends a mask's lists behind a description of so many words, which is complete but for the two words that say where they are. */
    private static void mask(Words w, int start, @Nullable AttentionMask mask, boolean transposed) {
        if (mask == null) {
            return;
        }
        int rows = transposed ? mask.keys() : mask.queries();
        int[] starts = new int[rows + 1];
        int[] entries = new int[mask.pairs()];
        if (transposed) {
            for (int e = 0; e < mask.pairs(); e++) {
                starts[mask.key(e) + 1]++;
            }
            for (int r = 0; r < rows; r++) {
                starts[r + 1] += starts[r];
            }
            int[] next = starts.clone();
            for (int q = 0; q < mask.queries(); q++) {
                for (int e = mask.start(q); e < mask.start(q + 1); e++) {
                    entries[next[mask.key(e)]++] = q;
                }
            }
        } else {
            for (int q = 0; q <= rows; q++) {
                starts[q] = mask.start(q);
            }
            for (int e = 0; e < entries.length; e++) {
                entries[e] = mask.key(e);
            }
        }
        w.set(start + 12, w.here());
        w.add(starts);
        w.set(start + 13, w.here());
        w.add(entries);
    }

    private static long pairs(Tensor node, @Nullable AttentionMask mask) {
        return mask == null ? (long) node.input(0).dim(1) * node.input(1).dim(1) : mask.pairs();
    }

    void forward(Tensor node, Op.Attention op) {
        Buffer q = lowering.buffer(node.input(0));
        Buffer k = lowering.buffer(node.input(1));
        Buffer v = lowering.buffer(node.input(2));
        Buffer y = lowering.output(node);
        int batch = node.dim(0);
        lowering.emit(Kind.ATTENTION, batch * op.heads() * node.dim(1), 4L * batch * pairs(node, op.mask()) * node.dim(2), Job.list(q, k, v), Job.list(y),
            w -> {
                int start = w.here();
                common(w, node, batch, op.heads(), q, k, v);
                w.at(y).add(-1, -1);
                mask(w, start, op.mask(), false);
            });
    }

    void backward(Tensor node, Op.AttentionGradient op) {
        Buffer q = lowering.buffer(node.input(0));
        Buffer k = lowering.buffer(node.input(1));
        Buffer v = lowering.buffer(node.input(2));
        Buffer g = lowering.buffer(node.input(3));
        Buffer y = lowering.output(node);
        Shape out = node.input(3).shape();
        int batch = out.dim(0);
        int keys = node.input(1).dim(1);
        long keySize = (long) batch * keys * out.dim(2);
        Buffer dq = y.view(0, out.size());
        Buffer dk = y.view(out.size(), keySize);
        Buffer dv = y.view(out.size() + keySize, keySize);
        Buffer numbers = lowering.scratch(3L * batch * op.heads() * out.dim(1));
        long flops = 6L * batch * pairs(node, op.mask()) * out.dim(2);
        lowering.emit(Kind.QUERY_GRADIENT, batch * op.heads() * out.dim(1), flops, Job.list(q, k, v, g), Job.list(dq, numbers), w -> {
            int start = w.here();
            common(w, node, batch, op.heads(), q, k, v);
            w.at(dq).add(-1, -1).at(g).at(numbers);
            mask(w, start, op.mask(), false);
        });
        lowering.emit(Kind.KEY_GRADIENT, batch * op.heads() * keys, flops, Job.list(q, k, v, g, numbers), Job.list(dk, dv), w -> {
            int start = w.here();
            common(w, node, batch, op.heads(), q, k, v);
            w.at(dk).add(-1, -1).at(g).at(numbers).at(dv);
            mask(w, start, op.mask(), true);
        });
    }
}

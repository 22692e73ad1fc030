package io.github.remocap.model;

import io.github.remocap.layers.Context;
import io.github.remocap.layers.Dropout;
import io.github.remocap.layers.Initializer;
import io.github.remocap.layers.LayerNorm;
import io.github.remocap.layers.Linear;
import io.github.remocap.layers.Module;
import io.github.remocap.layers.MultiheadAttention;
import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A pre-norm transformer layer; with cross attention it is a decoder layer. */
final class TransformerLayer extends Module {
    private final MultiheadAttention self;
    private final @Nullable MultiheadAttention cross;
    private final Linear linear1;
    private final Linear linear2;
    private final List<LayerNorm> norms = new ArrayList<>();
    private final List<Dropout> dropouts = new ArrayList<>();
    private final Dropout inner;

    TransformerLayer(int dim, int heads, int hidden, double dropout, boolean decoder) {
        self = add("self_attn", new MultiheadAttention(dim, heads, dropout));
        cross = decoder ? add("multihead_attn", new MultiheadAttention(dim, heads, dropout)) : null;
        linear1 = add("linear1", new Linear(dim, hidden, Initializer.xavierUniform()));
        linear2 = add("linear2", new Linear(hidden, dim, Initializer.xavierUniform()));
        for (int i = 1; i <= (decoder ? 3 : 2); i++) {
            norms.add(add("norm" + i, new LayerNorm(dim)));
            dropouts.add(add("dropout" + i, new Dropout(dropout)));
        }
        inner = add("dropout", new Dropout(dropout));
    }

    /** x {@code [B,1 + hw,D]}, the camera token first; position {@code [1 + hw,D]}, zeros for the camera token. */
    Tensor encode(Context context, Tensor x, Tensor position) {
        try (Graph.Scope ignored = context.enter(this)) {
            Tensor y = norms.get(0).call(context, x);
            Tensor qk = y.add(position);
            Tensor z = x.add(dropouts.get(0).call(context, self.call(context, qk, qk, y, null)));
            return context.graph().moduleOutput(z.add(dropouts.get(1).call(context, feed(context, norms.get(1).call(context, z)))));
        }
    }

    /** x {@code [B or 1,T,D]}, memory {@code [B,hw,D]}, position {@code [hw,D]}. */
    Tensor decode(Context context, Tensor x, Tensor memory, Tensor position, AttentionMask mask) {
        MultiheadAttention attention = cross;
        if (attention == null) {
            throw new IllegalStateException("an encoder layer cannot decode");
        }
        try (Graph.Scope ignored = context.enter(this)) {
            Tensor y = norms.get(0).call(context, x);
            Tensor z = x.add(dropouts.get(0).call(context, self.call(context, y, y, y, mask)));
            Tensor q = norms.get(1).call(context, z);
            z = z.add(dropouts.get(1).call(context, attention.call(context, q, memory.add(position), memory, null)));
            return context.graph().moduleOutput(z.add(dropouts.get(2).call(context, feed(context, norms.get(2).call(context, z)))));
        }
    }

    private Tensor feed(Context context, Tensor y) {
        return linear2.call(context, inner.call(context, linear1.call(context, y).relu()));
    }
}

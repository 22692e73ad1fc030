package io.github.remocap.layers;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention with PyTorch's packed parameters: {@code in_proj_weight} {@code [3 D, D]} holds the projections of query,
 * key and value, {@code out_proj} joins the heads.
 */
public final class MultiheadAttention extends Module {
    private final int features;
    private final int heads;
    private final double dropout;
    private final Linear out;

    /** Features must divide into heads. */
    public MultiheadAttention(int features, int heads, double dropout) {
        if (heads < 1 || features % heads != 0) {
            throw new IllegalArgumentException(features + " features do not divide into " + heads + " heads");
        }
        this.features = features;
        this.heads = heads;
        this.dropout = dropout;
        parameter("in_proj_weight", Initializer.xavierUniform(), 3 * features, features);
        parameter("in_proj_bias", Initializer.constant(0), 3 * features);
        this.out = add("out_proj", new Linear(features, features, Initializer.xavierUniform()));
    }

    /**
     * Builds attention of queries {@code [B,T,D]} to keys and values {@code [B,S,D]}; any B may be 1.
     *
     * @param mask which keys a query may attend to, or null for all
     * @return {@code [B,T,D]}
     */
    public Tensor call(Context context, Tensor query, Tensor key, Tensor value, @Nullable AttentionMask mask) {
        try (Graph.Scope ignored = context.enter(this)) {
            Tensor weight = context.parameter("in_proj_weight");
            Tensor bias = context.parameter("in_proj_bias");
            Tensor q = project(query, weight, bias, 0);
            Tensor k = project(key, weight, bias, 1);
            Tensor v = project(value, weight, bias, 2);
            Tensor attended = context.drops(dropout) ? composed(context, q, k, v, mask) : context.graph().apply(new Op.Attention(heads, mask), q, k, v);
            return context.graph().moduleOutput(out.call(context, attended));
        }
    }

    private Tensor project(Tensor x, Tensor weight, Tensor bias, int part) {
        Tensor w = weight.slice(0, part * features, features);
        Tensor y = x.reshape(-1, features).matmul(w, false, true).add(bias.slice(0, part * features, features));
        return y.reshape(x.shape());
    }

    /** With dropout on the attention weights, which therefore must exist. */
    private Tensor composed(Context context, Tensor q, Tensor k, Tensor v, @Nullable AttentionMask mask) {
        int d = features / heads;
        Tensor scores = split(q, d).mul(1 / Math.sqrt(d)).matmul(split(k, d), false, true); // [B,heads,T,S]
        if (mask != null) {
            float[] barrier = new float[mask.queries() * mask.keys()];
            for (int t = 0; t < mask.queries(); t++) {
                for (int s = 0; s < mask.keys(); s++) {
                    barrier[t * mask.keys() + s] = mask.allows(t, s) ? 0 : -1e30f;
                }
            }
            scores = scores.add(context.graph().constant(Shape.of(mask.queries(), mask.keys()), barrier));
        }
        Tensor attended = context.dropout(scores.softmax(), dropout).matmul(split(v, d)); // [B,heads,T,d]
        return attended.permute(0, 2, 1, 3).reshape(attended.dim(0), q.dim(1), features);
    }

    private Tensor split(Tensor x, int d) {
        return x.reshape(x.dim(0), x.dim(1), heads, d).permute(0, 2, 1, 3);
    }
}

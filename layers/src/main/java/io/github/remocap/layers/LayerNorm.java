package io.github.remocap.layers;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;

/** Normalises along the last axis. */
public final class LayerNorm extends Layer {
    private static final double EPS = 1e-5;

    /** For a last axis of the given extent. */
    public LayerNorm(int features) {
        parameter("weight", Initializer.constant(1), features);
        parameter("bias", Initializer.constant(0), features);
    }

    @Override
    protected Tensor forward(Context context, Tensor x) {
        int last = x.shape().rank() - 1;
        return context.graph().apply(new Op.Normalize(last, last, EPS, true), x, context.parameter("weight"), context.parameter("bias"));
    }
}

package io.github.remocap.layers;

import io.github.remocap.tensor.Tensor;

/** Zeroes elements with a probability while training, and scales the others up. */
public final class Dropout extends Layer {
    private final double p;

    /** With the probability of zeroing. */
    public Dropout(double p) {
        this.p = p;
    }

    @Override
    protected Tensor forward(Context context, Tensor x) {
        return context.dropout(x, p);
    }
}

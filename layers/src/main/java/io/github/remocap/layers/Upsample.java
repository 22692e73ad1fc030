package io.github.remocap.layers;

import io.github.remocap.tensor.Tensor;

/** Nearest-neighbour enlargement of {@code [N,H,W,C]}. */
public final class Upsample extends Layer {
    private final int scale;

    /** By a whole factor. */
    public Upsample(int scale) {
        this.scale = scale;
    }

    @Override
    protected Tensor forward(Context context, Tensor x) {
        return x.upsample(scale);
    }
}

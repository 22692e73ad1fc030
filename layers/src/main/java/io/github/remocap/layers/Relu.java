package io.github.remocap.layers;

import io.github.remocap.tensor.Tensor;

/** max(x, 0). */
public final class Relu extends Layer {
    @Override
    protected Tensor forward(Context context, Tensor x) {
        return x.relu();
    }
}

package io.github.remocap.layers;

import io.github.remocap.tensor.Tensor;
import java.util.List;

/** Layers one after the other, named 0, 1, 2 and so on. */
public final class Sequential extends Layer {
    private final List<Layer> layers;

    /** Of the given layers. */
    public Sequential(List<? extends Layer> layers) {
        this.layers = List.copyOf(layers);
        for (int i = 0; i < layers.size(); i++) {
            add(String.valueOf(i), layers.get(i));
        }
    }

    /** Of the given layers. */
    public Sequential(Layer... layers) {
        this(List.of(layers));
    }

    @Override
    protected Tensor forward(Context context, Tensor x) {
        Tensor y = x;
        for (Layer layer : layers) {
            y = layer.call(context, y);
        }
        return y;
    }
}

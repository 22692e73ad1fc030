package io.github.remocap.layers;

import io.github.remocap.tensor.Tensor;

/** A table of vectors: weight {@code [count, features]}. */
public final class Embedding extends Module {
    /** With standard normal values. */
    public Embedding(int count, int features) {
        parameter("weight", Initializer.normal(1), count, features);
    }

    /** The whole table, {@code [count, features]}. */
    public Tensor table(Context context) {
        try (var ignored = context.enter(this)) {
            return context.parameter("weight");
        }
    }

    /** The rows of the given indices, {@code [indices, features]}. */
    public Tensor lookup(Context context, int... indices) {
        return table(context).gather(0, indices);
    }
}

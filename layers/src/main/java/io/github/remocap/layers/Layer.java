package io.github.remocap.layers;

import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Tensor;

/** A module with one input and one output. */
public abstract class Layer extends Module {
    /** Builds the output; called within this module's scope. */
    protected abstract Tensor forward(Context context, Tensor x);

    /** Enters this module's scope, builds the output, and names it for {@link io.github.remocap.tensor.Program#probe}. */
    public final Tensor call(Context context, Tensor x) {
        try (Graph.Scope ignored = context.enter(this)) {
            return context.graph().moduleOutput(forward(context, x));
        }
    }
}

package io.github.remocap.autograd;

import io.github.remocap.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A node whose backward ops are being appended.
 *
 * @param inputs the node's inputs, recomputed where activations were not kept
 * @param output the node's value, likewise
 * @param gradient gradient of the loss to the output; of its shape unless {@link Rules#takesUnexpanded} says otherwise, then
 *     some axes may have extent 1, along which the gradient is constant
 * @param sink where gradients of inputs go
 */
record Site(List<Tensor> inputs, Tensor output, Tensor gradient, Sink sink) {
    /** Takes gradients of inputs, and knows which are wanted. */
    interface Sink {
        /** Whether the i-th input leads to a tensor whose gradient is asked for. */
        boolean wants(int i);

        /** Adds to the gradient of the i-th input. */
        void add(int i, Tensor gradient);
    }

    Tensor x(int i) {
        return inputs.get(i);
    }

    boolean wants(int i) {
        return sink.wants(i);
    }

    /** The i-th input's gradient is {@code rule(gradient)}, built only if it is wanted. */
    Site to(int i, UnaryOperator<Tensor> rule) {
        if (sink.wants(i)) {
            sink.add(i, rule.apply(gradient));
        }
        return this;
    }
}

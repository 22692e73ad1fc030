package io.github.remocap.autograd;

import io.github.remocap.tensor.CustomOp;
import io.github.remocap.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link CustomOp} that knows its backward pass. The gradients may be built from any ops: the library's (a composition) or
 * another custom op (a backward kernel of its own).
 *
 * <p>An op whose forward pass is a composition too needs none of this: a method that builds tensors has gradients already.
 */
public interface Differentiable extends CustomOp {
    /**
     * Gradients of a scalar to this op's inputs.
     *
     * @param inputs what the op was given
     * @param output what it made of them
     * @param gradient gradient of the scalar to the output, of its shape
     * @return for each input a tensor of its shape, or null where the output does not depend on it differentiably
     */
    List<@Nullable Tensor> gradients(List<Tensor> inputs, Tensor output, Tensor gradient);
}

package io.github.remocap.layers;

import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;

/**
 * An array that a module owns.
 *
 * @param name within its module, later its full path, as in PyTorch's state dict
 * @param shape extents, as PyTorch has them
 * @param dtype F32, or I64 for counters
 * @param trainable a parameter; otherwise a buffer such as a running mean
 * @param initializer its first values
 */
public record ParameterSpec(String name, Shape shape, DType dtype, boolean trainable, Initializer initializer) {
    ParameterSpec named(String fullName) {
        return new ParameterSpec(fullName, shape, dtype, trainable, initializer);
    }
}

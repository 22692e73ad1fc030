package io.github.remocap.io.torch;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.tensor.Shape;

/**
 * A sparse tensor in coordinates, as PyTorch stores it. Duplicate coordinates add up.
 *
 * @param shape extents
 * @param indices int64 [rank, entries], unchecked against the shape
 * @param values [entries]
 */
public record SparseTensor(Shape shape, StoredTensor indices, StoredTensor values) {}

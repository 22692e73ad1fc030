package io.github.remocap.io.torch;

import io.github.remocap.tensor.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A storage as a pickle refers to it.
 *
 * @param type element type, or null for an untyped storage, whose tensors say theirs
 * @param data the bytes, little-endian
 */
record TorchStorage(@Nullable DType type, MemorySegment data) {}

/**
 * Files by PyTorch's {@code torch.save}, zip and legacy: storages are slices of the mapped file, tensors are views of them.
 * In may come what such files contain (tensors, parameters, sizes, NumPy scalars of training dicts), under the names that
 * PyTorch has given them over the years. Out stay state dict conventions (see {@code checkpoint}) and any computation.
 * A pickle inside is data: names that are not on the list are refused, and nothing is executed.
 */
@NullMarked
package io.github.remocap.io.torch;

import org.jspecify.annotations.NullMarked;

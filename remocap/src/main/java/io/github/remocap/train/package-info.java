/**
 * Training: configuration, clips, losses as graph nodes, the compiled step, validation, checkpoints with everything that a run needs to
 * continue bit for bit, and logs (text, CSV, TensorBoard). What may come in: how a network is trained. What may not: layers, formulas of
 * gradients and optimisers ({@code autograd}), and file formats ({@code io}), except for TensorBoard's.
 */
@NullMarked
package io.github.remocap.train;

import org.jspecify.annotations.NullMarked;

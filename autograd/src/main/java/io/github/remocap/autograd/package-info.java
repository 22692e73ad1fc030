/**
 * Gradients of every op, appended to the graph; gradient checks; optimisers, clipping, accumulation and averages as parameter
 * updates; schedules. What may come in: anything that turns a graph into a larger graph for training. What may not: layers,
 * a particular model or loss, files, and kernels (an op that is missing belongs to {@code tensor}).
 */
@NullMarked
package io.github.remocap.autograd;

import org.jspecify.annotations.NullMarked;

/**
 * CPU kernels on {@code jdk.incubator.vector}.
 *
 * <p>Lives here: what computes on raw memory, one file per kernel, with its packing and its division into work units.
 * May come in: further kernels that are measured against these. May not: shapes of a graph, scheduling, allocation while running.
 * Activations and packed weights are addresses of off-heap float32 memory; scratch is a {@code float[]} of the worker, because
 * compiled inner loops broadcast from arrays a quarter faster than from segments.
 */
@org.jspecify.annotations.NullMarked
package io.github.remocap.tensor.vector;

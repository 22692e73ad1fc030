/**
 * CPU kernels on {@code jdk.incubator.vector}.
 *
 * <p>Lives here: what computes on raw memory, one file per kernel, with its packing and its division into work units.
 * May come in: further kernels that are measured against these. May not: shapes of a graph, scheduling, allocation while running.
 * Activations are addresses of off-heap float32 memory; packed weights and scratch are {@code float[]}, because the compiled
 * inner loops are a quarter faster on arrays than on segments.
 */
@org.jspecify.annotations.NullMarked
package io.github.remocap.tensor.vector;

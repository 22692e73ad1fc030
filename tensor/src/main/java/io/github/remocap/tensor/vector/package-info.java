/**
 * The vector interpreter: ops as kernels on {@code jdk.incubator.vector} over off-heap memory, run by a fixed pool of workers.
 * What may come in: kernels, packing, the lowering of ops to kernels. What may not: graph rewriting (see compiler), results that
 * depend on the number of threads, allocation while a program runs.
 */
@NullMarked
package io.github.remocap.tensor.vector;

import org.jspecify.annotations.NullMarked;

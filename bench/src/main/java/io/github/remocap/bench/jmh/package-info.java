/**
 * JMH benchmarks of kernels and of the network, through the interface that everybody uses: a graph compiled for a device. What may come
 * in: further shapes and ops. What may not: anything that other modules need.
 */
@NullMarked
package io.github.remocap.bench.jmh;

import org.jspecify.annotations.NullMarked;

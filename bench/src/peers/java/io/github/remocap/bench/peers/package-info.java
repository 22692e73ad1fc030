/**
 * The network beside other runtimes: the same weights and images, each runtime in a process of its own, taking turns. Compiled under the
 * profile {@code peers}. What may come in: other runtimes, and what measures them. What may not: anything that the default build needs.
 */
@NullMarked
package io.github.remocap.bench.peers;

import org.jspecify.annotations.NullMarked;

/**
 * Measurements of the whole network and of single kernels. What may come in: programs that print numbers. What may not: anything that
 * other modules need.
 */
@NullMarked
package io.github.remocap.bench;

import org.jspecify.annotations.NullMarked;

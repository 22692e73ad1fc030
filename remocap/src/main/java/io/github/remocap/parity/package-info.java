/**
 * Comparison with what PyTorch computes: the golden folders, and numbers that are the same in any language. What may come in: checks
 * and their tolerances. What may not: anything that the comparison is about.
 */
@NullMarked
package io.github.remocap.parity;

import org.jspecify.annotations.NullMarked;

/**
 * Measurements behind {@code remocap bench}: where the time of a clip or of a training step goes, beside what the machine can do. What may
 * come in: further quantities and reports. What may not: kernels, or anything that other packages need.
 */
@NullMarked
package io.github.remocap.bench;

import org.jspecify.annotations.NullMarked;

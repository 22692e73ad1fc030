/**
 * What training needs besides the network: losses as graph nodes. What may come in: truth, weights of losses, steps and schedules.
 * What may not: file formats and the network's own layers.
 */
@NullMarked
package io.github.remocap.train;

import org.jspecify.annotations.NullMarked;

/**
 * Generated clips with their truth: motions of the embedded body, scenes, and data sets of both. What may come in: how pictures are made
 * up. What may not: networks and training.
 */
@NullMarked
package io.github.remocap.synthetic;

import org.jspecify.annotations.NullMarked;

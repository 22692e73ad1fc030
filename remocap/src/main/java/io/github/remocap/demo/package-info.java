/**
 * What {@code remocap demo} runs on, all of it generated: a figure with a mesh hierarchy, weights, frames. What may come in: generated
 * material. What may not: anything that real runs need.
 */
@NullMarked
package io.github.remocap.demo;

import org.jspecify.annotations.NullMarked;

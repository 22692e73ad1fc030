/**
 * The body that comes with the program: lattice, subdivision, proportions, landmarks. What may come in: what a body is made of by rule.
 * What may not: motions, pictures, files.
 */
@NullMarked
package io.github.remocap.figure;

import org.jspecify.annotations.NullMarked;

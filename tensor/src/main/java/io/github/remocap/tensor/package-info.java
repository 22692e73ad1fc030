/**
 * Shapes, tensors (nodes of a graph), the op language, the compiler and its programs. Nothing but the JDK may come in:
 * no file formats, no layers, no knowledge of any model.
 */
@NullMarked
package io.github.remocap.tensor;

import org.jspecify.annotations.NullMarked;

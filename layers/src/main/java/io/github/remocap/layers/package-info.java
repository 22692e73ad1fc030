/**
 * Modules with PyTorch's parameter names, the layers that networks are made of, and their initialisation. What may come in: layers
 * of general use, each a composition of ops. What may not: kernels (see tensor), file formats (see io), whole networks (see
 * remocap).
 */
@NullMarked
package io.github.remocap.layers;

import org.jspecify.annotations.NullMarked;

/**
 * The network: HRNet with spatial and motion disentanglement, the transformers, the mesh heads, and its configuration. What may come
 * in: modules that are RemoCap's own. What may not: general layers (see layers), files other than configs, drawing.
 */
@NullMarked
package io.github.remocap.model;

import org.jspecify.annotations.NullMarked;

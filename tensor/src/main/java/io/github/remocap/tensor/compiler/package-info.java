/**
 * What all compiling devices share: rewriting of graphs (fusion, folding) and planning of memory. What may come in: passes from
 * graph to graph, and plans. What may not: kernels, or anything that knows a device.
 */
@NullMarked
package io.github.remocap.tensor.compiler;

import org.jspecify.annotations.NullMarked;

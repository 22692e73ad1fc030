/**
 * Checkpoints whatever their format: open one, get its tensors by name and what lies beside them; write one; compare
 * its names and shapes with those a model expects.
 * In may come further formats, and the conventions by which people wrap state dicts.
 * Out stays every model, and the bytes of every format: those are in the packages beside this one.
 */
@NullMarked
package io.github.remocap.io.checkpoint;

import org.jspecify.annotations.NullMarked;

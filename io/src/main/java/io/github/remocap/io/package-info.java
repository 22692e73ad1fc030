/**
 * What all file formats share: stored tensors, mapped files, atomic writing, the one exception for damaged files.
 * Formats live in subpackages; {@code checkpoint} is the door through which most callers come.
 * In may come: bytes, files, checks of what a file claims. Out stay: layers, models, graphs, anything that computes.
 * Every reader treats its input as hostile: nothing is executed, and nothing is allocated because a header says so.
 * Nothing here depends on a subpackage.
 */
@NullMarked
package io.github.remocap.io;

import org.jspecify.annotations.NullMarked;

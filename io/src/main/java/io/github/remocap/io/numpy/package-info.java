/**
 * NumPy's files: npy and npz in both directions, the arrays and scalars inside pickles, and SciPy's sparse matrices.
 * Numbers become {@code StoredTensor}s, little-endian and row-major whatever the file's order was.
 * In may come other element types and classes of NumPy or SciPy. Out stay other people's classes (a caller adds those to
 * the list of names it accepts), and anything that computes.
 */
@NullMarked
package io.github.remocap.io.numpy;

import org.jspecify.annotations.NullMarked;

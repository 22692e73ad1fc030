/**
 * Reads Python pickles as data: a small virtual machine that builds lists, maps, strings and numbers, and calls only
 * constructors that its caller has listed by name. Every other name is refused, and nothing is ever executed.
 * In may come: opcodes, and checks against hostile pickles. Out stays every knowledge of PyTorch, NumPy or SciPy:
 * those lists belong to the packages that read such files.
 */
@NullMarked
package io.github.remocap.io.pickle;

import org.jspecify.annotations.NullMarked;

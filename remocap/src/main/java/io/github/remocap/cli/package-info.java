/**
 * The command line. What may come in: options, their checks, and calls of what does the work. What may not: the work. Errors go to
 * standard error; the exit status is 2 for usage, 1 for failure.
 */
@NullMarked
package io.github.remocap.cli;

import org.jspecify.annotations.NullMarked;

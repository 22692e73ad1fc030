/**
 * The body's files that users bring: mesh hierarchy, regressors, SMPL's model file. What may come in: finding and reading them, and
 * saying what is missing. What may not: the files themselves, which are licensed, and computation.
 */
@NullMarked
package io.github.remocap.assets;

import org.jspecify.annotations.NullMarked;

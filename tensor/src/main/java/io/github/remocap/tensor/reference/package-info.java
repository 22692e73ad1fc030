/**
 * The reference interpreter: what each op means, in plain loops and double precision. It is slow on purpose and the truth in
 * tests. What may come in: the meaning of an op, as short as can be. What may not: anything for speed.
 */
@NullMarked
package io.github.remocap.tensor.reference;

import org.jspecify.annotations.NullMarked;

/**
 * The TornadoVM device for graphics processors, as the rest of the project finds it. What may come in: finding devices and saying what is missing.
 * What may not: kernels ({@code kernel}), lowering ({@code lower}), programs ({@code run}). Nothing outside of this module depends on it.
 */
@NullMarked
package io.github.remocap.tornado;

import org.jspecify.annotations.NullMarked;

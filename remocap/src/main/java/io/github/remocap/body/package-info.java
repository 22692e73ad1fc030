/**
 * The parametric body: its model, skinning, meshes of three resolutions, camera and error metrics. What may come in: geometry that is
 * the same whatever network predicts it. What may not: files, which are read in {@code assets}, and losses.
 */
@NullMarked
package io.github.remocap.body;

import org.jspecify.annotations.NullMarked;

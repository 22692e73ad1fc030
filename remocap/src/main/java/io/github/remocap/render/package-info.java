/**
 * Drawing meshes: the software rasteriser, normals, views, and OBJ files.
 * Comes in: vertices and faces as plain arrays, pixels as int[] 0xAARRGGBB. Stays out: the network, frames' files, JSON.
 * Meshes are in camera space, metres: x to the right, y down, z away from the viewer (right-handed, as the network gives them).
 * Drawing is deterministic: the same input gives the same pixels on every machine, whatever the number of threads.
 */
@NullMarked
package io.github.remocap.render;

import org.jspecify.annotations.NullMarked;

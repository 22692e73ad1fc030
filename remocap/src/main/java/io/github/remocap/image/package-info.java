/**
 * Frames on their way to the network: reading pictures, boxes of a person, the square crop and its normalisation.
 * Comes in: pixels, geometry of pixels, errors of the user's files. Stays out: meshes, drawing, the network, JSON.
 * Coordinates are continuous: pixel (i, j) covers [i, i+1) x [j, j+1), so a frame spans [0, width] x [0, height].
 * Nothing here holds more than one frame; what is large is written into the caller's arrays.
 */
@NullMarked
package io.github.remocap.image;

import org.jspecify.annotations.NullMarked;

/**
 * What {@code remocap demo} adds to the commands that it calls: the mean pose to compare with, a clip as frames and boxes, and the report.
 * What may come in: how results are told. What may not: anything that real runs need.
 */
@NullMarked
package io.github.remocap.demo;

import org.jspecify.annotations.NullMarked;

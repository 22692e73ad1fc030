/**
 * Pages to look at results with: curves, tables, pictures and a 3D viewer, each page one HTML file that needs nothing beside it.
 * Comes in: numbers, pictures and meshes as records, a training run's metrics.csv, the output of {@code remocap run}. Stays out: networks.
 * Pages load nothing: three.js comes from its WebJar and is written into them, and they work when opened as files.
 */
@NullMarked
package io.github.remocap.report;

import org.jspecify.annotations.NullMarked;

/**
 * Data sets of annotated pictures: TSV files as METRO, FastMETRO and PointHMR distribute them (read and written), raw 3DPW, and how
 * pictures become clips and inputs of the network (tracks, protocols, augmentation). What may come in: formats of data sets, and what
 * happens to pictures and annotations before a network sees them. What may not: networks, losses, metrics.
 */
@NullMarked
package io.github.remocap.data;

import org.jspecify.annotations.NullMarked;

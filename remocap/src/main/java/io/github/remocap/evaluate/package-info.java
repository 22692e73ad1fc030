/**
 * Evaluation of predictions on annotated pictures: clips are read ahead, predicted, measured frame by frame, and summed up by sequence, joint
 * and visible share; tables, JSON, CSV, a plot and a page of the worst frames. What may come in: how results are measured and shown. What
 * may not: networks (a {@link io.github.remocap.evaluate.Predictor} hides them) and formats of data sets.
 */
@NullMarked
package io.github.remocap.evaluate;

import org.jspecify.annotations.NullMarked;

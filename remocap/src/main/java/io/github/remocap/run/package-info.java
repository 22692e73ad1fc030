/**
 * From a video to files: plans the clips, calls the network, draws, writes result.json, stops and resumes.
 * Comes in: the network as a {@link io.github.remocap.run.MeshPredictor}, faces as arrays, paths. Stays out: tensors, checkpoints' contents,
 * command-line parsing. Every file appears whole or not at all, and result.json never names a file that is not there.
 * What is written depends on the input alone: no times, no machine's name, the same bytes with or without an interruption.
 */
@NullMarked
package io.github.remocap.run;

import org.jspecify.annotations.NullMarked;

package io.github.remocap.model;

import io.github.remocap.layers.Layer;

/** Makes what weighs the pixels of a frame behind stage 1: SD, or something else in its place. */
@FunctionalInterface
public interface SpatialModule {
    /** The published one: efficient multi-scale attention over {@link Config#sdGroups} groups of channels. */
    SpatialModule SD = config -> new Ema(config.stageOneChannels() / config.sdGroups(), config.sdGroups());

    /** A new layer that maps {@code [B*S,H,W,C]} with {@link Config#stageOneChannels} channels to the same shape. */
    Layer create(Config config);
}

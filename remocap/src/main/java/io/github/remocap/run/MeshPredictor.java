package io.github.remocap.run;

/** The network, as the runner sees it. Called from one thread at a time. */
public interface MeshPredictor {
    /** S, the frames of a clip: 8 in the released models. */
    int frames();

    /** Side of the network's input in pixels: 224 in the released models. */
    int imageSize();

    /**
     * Predicts one clip.
     *
     * @param images [frameCount, imageSize, imageSize, 3], R, G, B in the last axis, normalised by ImageNet's mean and standard deviation;
     *     only valid during the call
     * @param frameCount {@link #frames()}; a shorter clip comes padded with its last frame
     * @return the predictions of all {@code frameCount} frames
     */
    Prediction predict(float[] images, int frameCount);
}

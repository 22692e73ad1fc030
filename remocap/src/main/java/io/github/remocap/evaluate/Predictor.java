package io.github.remocap.evaluate;

/** What is evaluated: pictures of a clip in, meshes out. */
public interface Predictor {
    /**
     * Meshes of a clip.
     *
     * @param camera {@code [frames,3]}: scale, x, y of the weak perspective camera of each crop
     * @param vertices {@code [frames,V,3]}: the full mesh in metres, any origin
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Meshes(float[] camera, float[] vertices) {
    }

    /** Frames of a clip. */
    int frames();

    /** Side of a picture in pixels. */
    int imageSize();

    /**
     * Predicts.
     *
     * @param images {@code [frames,size,size,3]}, ImageNet-normalised
     */
    Meshes predict(float[] images);
}

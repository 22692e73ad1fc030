package io.github.remocap.render;

/**
 * Something in a scene.
 *
 * @param vertices {@code [V,3]}, metres before the camera: x right, y down, z away
 * @param faces three vertices each, counter-clockwise seen from outside
 * @param paint its colours
 */
@SuppressWarnings("ArrayRecordComponent")
public record Thing(float[] vertices, int[] faces, Paint paint) {
    /** Colours of a surface. */
    @FunctionalInterface
    public interface Paint {
        /**
         * The colour under white light, 0xRRGGBB.
         *
         * @param face number of the face
         * @param wa weight of the face's first corner
         * @param wb of its second
         * @param wc of its third; they sum to 1
         */
        int rgb(int face, float wa, float wb, float wc);
    }
}

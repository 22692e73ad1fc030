package io.github.remocap.image;

/**
 * One picture.
 *
 * @param width pixels in a row
 * @param height rows
 * @param argb [height * width] row by row, 0xAARRGGBB with 8-bit sRGB values; alpha is 255. The array is not copied.
 */
@SuppressWarnings("ArrayRecordComponent") // a frame is compared by nobody; copying megabytes would serve no one
public record Frame(int width, int height, int[] argb) {
    /** @throws IllegalArgumentException if the sizes do not fit */
    public Frame {
        if (width < 1 || height < 1 || (long) width * height != argb.length) {
            throw new IllegalArgumentException("frame " + width + "x" + height + " with " + argb.length + " pixels");
        }
    }

    /** A copy whose pixels may be changed. */
    public Frame copy() {
        return new Frame(width, height, argb.clone());
    }
}

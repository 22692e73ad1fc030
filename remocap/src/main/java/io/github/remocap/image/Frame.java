package io.github.remocap.image;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;

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

    /** The same as a picture of AWT's, type {@code TYPE_INT_RGB}. */
    public BufferedImage toImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        System.arraycopy(argb, 0, ((DataBufferInt) image.getRaster().getDataBuffer()).getData(), 0, argb.length);
        return image;
    }

    /** A copy whose pixels may be changed. */
    public Frame copy() {
        return new Frame(width, height, argb.clone());
    }
}

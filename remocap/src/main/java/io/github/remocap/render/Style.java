package io.github.remocap.render;

/**
 * How a mesh looks.
 *
 * @param rgb the surface's colour under full light, 0xRRGGBB in sRGB
 * @param opacity 0 (nothing is drawn) to 1 (the frame is hidden)
 * @param samples samples a pixel along each axis: 1 (no antialiasing), 2 or 4
 */
public record Style(int rgb, double opacity, int samples) {
    /** A light blue-grey, nearly opaque. */
    public static final Style BODY = new Style(0xB9CBEA, 0.92, 2);

    /** @throws IllegalArgumentException if a value is out of range; it names the value */
    public Style {
        if (rgb < 0 || rgb > 0xFFFFFF) {
            throw new IllegalArgumentException("rgb " + Integer.toHexString(rgb) + "; expected 0 to ffffff");
        }
        if (!(opacity >= 0 && opacity <= 1)) {
            throw new IllegalArgumentException("opacity " + opacity + "; expected 0 to 1");
        }
        if (samples != 1 && samples != 2 && samples != 4) {
            throw new IllegalArgumentException("samples " + samples + "; expected 1, 2 or 4");
        }
    }

    /** This style with another opacity. */
    public Style withOpacity(double value) {
        return new Style(rgb, value, samples);
    }
}

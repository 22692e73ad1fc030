package io.github.remocap.run;

import io.github.remocap.image.Crop;
import io.github.remocap.render.ObjWriter;
import io.github.remocap.render.Style;

/**
 * What changes the files that a run writes; kept in result.json, and a resumed run must have the same.
 *
 * @param boxScale side of the crop over the longer side of the box ({@code --box-scale}), above 0
 * @param opacity of the mesh in the overlay, 0 to 1
 * @param samples samples a pixel along each axis in the overlay: 1, 2 or 4
 * @param objAxes which way the OBJ files' axes point
 * @param sideView whether a picture of the mesh from the side is written, too
 */
public record RunOptions(double boxScale, double opacity, int samples, ObjWriter.Axes objAxes, boolean sideView) {
    /** The reference's crop, the usual look, upright OBJ files. */
    public static final RunOptions DEFAULT = new RunOptions(Crop.REFERENCE_BOX_SCALE, Style.BODY.opacity(), Style.BODY.samples(),
            ObjWriter.Axes.Y_UP, false);

    /** @throws IllegalArgumentException if a value is out of range; it names the value */
    public RunOptions {
        if (!(boxScale > 0 && boxScale <= 100)) {
            throw new IllegalArgumentException("box scale " + boxScale + "; expected a number above 0 and up to 100");
        }
        style(opacity, samples);
    }

    private static Style style(double opacity, int samples) {
        return new Style(Style.BODY.rgb(), opacity, samples);
    }

    /** The look that these options describe. */
    public Style style() {
        return style(opacity, samples);
    }
}

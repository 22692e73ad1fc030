package io.github.remocap.render;

/**
 * A pinhole camera: a point (x, y, z) in metres, x right, y down, z away, is seen at (focal x / z + centerX, focal y / z + centerY).
 *
 * @param focal focal length in pixels
 * @param centerX where the axis meets the picture, in pixels
 * @param centerY likewise
 */
public record SceneCamera(double focal, double centerX, double centerY) {
    /** Column of a point, in pixels. */
    public double x(double x, double z) {
        return focal * x / z + centerX;
    }

    /** Row of a point, in pixels. */
    public double y(double y, double z) {
        return focal * y / z + centerY;
    }
}

package io.github.remocap.render;

import io.github.remocap.image.Crop;
import java.util.Optional;

/**
 * A weak-perspective camera in pixels of the whole frame: a point (x, y, z) in metres is drawn at
 * (scaleX * x + originX, scaleY * y + originY), in continuous coordinates where pixel (i, j) covers [i, i+1) x [j, j+1).
 *
 * @param scaleX pixels a metre
 * @param scaleY pixels a metre; differs from {@code scaleX} by as much as the crop is not square
 * @param originX where x = 0 is, in pixels
 * @param originY where y = 0 is, in pixels
 */
public record FrameCamera(double scaleX, double scaleY, double originX, double originY) {
    /**
     * The network's camera in frame pixels. The network projects to the crop's [-1, 1] by s * (x + tx), s * (y + ty)
     * (FastMETRO, {@code src/utils/geometric_layers.py}: {@code orthographic_projection}).
     */
    public static FrameCamera of(Crop crop, double s, double tx, double ty) {
        return new FrameCamera(s * crop.width() / 2, s * crop.height() / 2, crop.toFrameX(s * tx), crop.toFrameY(s * ty));
    }

    /**
     * The camera, the same in both directions, that brings points nearest to where they are seen, by least squares.
     *
     * @param points {@code [n,2]}: x, y in metres
     * @param seen {@code [n,2]}: x, y in pixels
     * @return none if the points are all in one place, or are seen so (or upside down)
     */
    public static Optional<FrameCamera> fitting(double[] points, double[] seen) {
        int n = points.length / 2;
        double[] mean = new double[4]; // x, y in metres, then in pixels
        for (int i = 0; i < 2 * n; i++) {
            mean[i % 2] += points[i] / n;
            mean[2 + i % 2] += seen[i] / n;
        }
        double both = 0;
        double squares = 0;
        for (int i = 0; i < 2 * n; i++) {
            double metres = points[i] - mean[i % 2];
            both += metres * (seen[i] - mean[2 + i % 2]);
            squares += metres * metres;
        }
        double scale = both / squares;
        return scale > 0 ? Optional.of(new FrameCamera(scale, scale, mean[2] - scale * mean[0], mean[3] - scale * mean[1])) : Optional.empty();
    }

    /** Frame x of a point. */
    public double x(double x) {
        return scaleX * x + originX;
    }

    /** Frame y of a point. */
    public double y(double y) {
        return scaleY * y + originY;
    }

    /** Whether all four numbers are finite. */
    public boolean isFinite() {
        return Double.isFinite(scaleX) && Double.isFinite(scaleY) && Double.isFinite(originX) && Double.isFinite(originY);
    }
}

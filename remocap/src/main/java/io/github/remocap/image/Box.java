package io.github.remocap.image;

/**
 * Where a person is in a frame, in pixels: [x0, x1] x [y0, y1]. Parts may lie outside the frame.
 */
public record Box(double x0, double y0, double x1, double y1) {
    /** @throws IllegalArgumentException if a side is not positive or not finite */
    public Box {
        if (!(x1 > x0) || !(y1 > y0) || !Double.isFinite(x1 - x0) || !Double.isFinite(y1 - y0)) {
            throw new IllegalArgumentException("box [" + x0 + ", " + x1 + "] x [" + y0 + ", " + y1 + "] is empty");
        }
    }

    /** This box at t = 0, {@code to} at t = 1, linear in between. */
    Box lerp(Box to, double t) {
        return new Box(mix(x0, to.x0, t), mix(y0, to.y0, t), mix(x1, to.x1, t), mix(y1, to.y1, t));
    }

    private static double mix(double a, double b, double t) {
        return a + (b - a) * t;
    }

    /** Whether any part of the box lies in a frame of that size. */
    public boolean meets(int width, int height) {
        return x0 < width && y0 < height && x1 > 0 && y1 > 0;
    }
}

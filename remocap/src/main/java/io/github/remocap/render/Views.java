package io.github.remocap.render;

import io.github.remocap.image.Frame;
import java.util.Arrays;

/** Other looks at a mesh than the one through the frame's camera. */
public final class Views {
    private static final int PAPER = 0xFFFFFFFF;
    private static final double MARGIN = 0.06; // of the picture's side, on each side

    private Views() {}

    /**
     * A mesh turned about the vertical axis through the middle of its bounding box.
     *
     * @param vertices from {@code offset} on [count, 3], x right, y down, z away
     * @param degrees 90 shows what was seen from the front from the person's right side, or the viewer's left
     * @return [count, 3]
     */
    public static float[] turn(float[] vertices, int offset, int count, double degrees) {
        double[] box = bounds(vertices, offset, count);
        double cx = (box[0] + box[3]) / 2;
        double cz = (box[2] + box[5]) / 2;
        double cos = StrictMath.cos(StrictMath.toRadians(degrees));
        double sin = StrictMath.sin(StrictMath.toRadians(degrees));
        float[] turned = new float[3 * count];
        for (int v = 0; v < count; v++) {
            double x = vertices[offset + 3 * v] - cx;
            double z = vertices[offset + 3 * v + 2] - cz;
            turned[3 * v] = (float) (cx + cos * x - sin * z);
            turned[3 * v + 1] = vertices[offset + 3 * v + 1];
            turned[3 * v + 2] = (float) (cz + sin * x + cos * z);
        }
        return turned;
    }

    /** A square white picture of the mesh from the side (turned by 90 degrees), scaled to fill it. */
    public static Frame side(Rasteriser rasteriser, float[] vertices, int offset, int count, int[] faces, int size) {
        return portrait(rasteriser, turn(vertices, offset, count, 90), 0, count, faces, size);
    }

    /** A square white picture of the mesh as it stands, scaled to fill it. */
    public static Frame portrait(Rasteriser rasteriser, float[] vertices, int offset, int count, int[] faces, int size) {
        double[] box = bounds(vertices, offset, count);
        double extent = Math.max(Math.max(box[3] - box[0], box[4] - box[1]), 1e-9);
        double scale = size * (1 - 2 * MARGIN) / extent;
        FrameCamera camera = new FrameCamera(scale, scale,
                size / 2.0 - scale * (box[0] + box[3]) / 2, size / 2.0 - scale * (box[1] + box[4]) / 2);
        int[] argb = new int[size * size];
        Arrays.fill(argb, PAPER);
        rasteriser.draw(argb, size, size, vertices, offset, count, faces, camera);
        return new Frame(size, size, argb);
    }

    /** Least and greatest x, y, z: [6]. */
    private static double[] bounds(float[] vertices, int offset, int count) {
        double[] box = {Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE, -Double.MAX_VALUE, -Double.MAX_VALUE};
        for (int v = 0; v < count; v++) {
            for (int k = 0; k < 3; k++) {
                float value = vertices[offset + 3 * v + k];
                box[k] = Math.min(box[k], value);
                box[3 + k] = Math.max(box[3 + k], value);
            }
        }
        return box;
    }
}

package io.github.remocap.image;

import java.util.Objects;

/**
 * The square part of a frame that the network sees, and the maps between frame and crop.
 *
 * <p>The geometry follows METRO, FastMETRO and RemoCap ({@code src/utils/image_ops.py}: {@code crop}, {@code transform}): the
 * centre of the box and a scale of {@value #REFERENCE_BOX_SCALE} times its longer side over 200 pixels
 * ({@code metro/tools/tsv_demo_3dpw.py}) give a square of side 200 * scale. Its corners are cut to whole pixels (towards zero), the
 * pixels between are copied, black where the frame ends, and {@code cv2.resize(..., INTER_LINEAR)} brings them to the network's size:
 * bilinear with pixel centres at 1/2, without smoothing when it shrinks. Cut corners can make the rectangle a pixel
 * wider than high; it is stretched all the same.
 *
 * <p>Crop coordinates run over [-1, 1] from the left and upper edge of the rectangle to the right and lower one. They are the
 * units of the network's camera.
 *
 * @param centerX centre of the square before its corners are cut, in frame pixels
 * @param centerY likewise
 * @param size side of that square in frame pixels
 * @param x0 first column of the rectangle; may be negative
 * @param y0 first row
 * @param x1 column behind the last
 * @param y1 row behind the last
 * @param output side of the network's input in pixels
 */
public record Crop(double centerX, double centerY, double size, int x0, int y0, int x1, int y1, int output) {
    /** How much larger than the box the reference's crops are. */
    public static final double REFERENCE_BOX_SCALE = 1.2;

    /** ImageNet's mean of R, G, B in [0, 1]. */
    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    /** ImageNet's standard deviation of R, G, B in [0, 1]. */
    private static final float[] STD = {0.229f, 0.224f, 0.225f};

    /** @throws IllegalArgumentException if the rectangle is empty or the output is smaller than one pixel */
    public Crop {
        if (x1 <= x0 || y1 <= y0 || output < 1) {
            throw new IllegalArgumentException("crop [" + x0 + ", " + x1 + ") x [" + y0 + ", " + y1 + ") to " + output + " pixels is empty");
        }
    }

    /**
     * The crop of a box as the reference makes it.
     *
     * @param boxScale side of the crop over the longer side of the box, {@value #REFERENCE_BOX_SCALE} in the reference
     * @param output side of the network's input in pixels
     * @throws IllegalArgumentException if less than a pixel remains
     */
    public static Crop of(Box box, double boxScale, int output) {
        if (!(boxScale > 0) || !Double.isFinite(boxScale)) {
            throw new IllegalArgumentException("box scale " + boxScale + "; expected a number above 0");
        }
        double w = box.x1() - box.x0();
        double h = box.y1() - box.y0();
        double cx = box.x0() + w / 2;
        double cy = box.y0() + h / 2;
        double side = boxScale * Math.max(w, h);
        // (int) cuts towards zero, as astype(int) does in the reference
        return new Crop(cx, cy, side, (int) (cx - side / 2), (int) (cy - side / 2), (int) (cx + side / 2), (int) (cy + side / 2), output);
    }

    /** The whole frame in the middle of a square as large as its longer side, with black bars. */
    public static Crop letterbox(int width, int height, int output) {
        int side = Math.max(width, height);
        int x0 = -((side - width) / 2);
        int y0 = -((side - height) / 2);
        return new Crop(x0 + side / 2.0, y0 + side / 2.0, side, x0, y0, x0 + side, y0 + side, output);
    }

    /** Columns of the rectangle. */
    public int width() {
        return x1 - x0;
    }

    /** Rows of the rectangle. */
    public int height() {
        return y1 - y0;
    }

    /** Frame x to crop x in [-1, 1]. */
    public double toCropX(double frameX) {
        return 2 * (frameX - x0) / width() - 1;
    }

    /** Frame y to crop y in [-1, 1]. */
    public double toCropY(double frameY) {
        return 2 * (frameY - y0) / height() - 1;
    }

    /** Crop x in [-1, 1] to frame x. */
    public double toFrameX(double cropX) {
        return x0 + (cropX + 1) / 2 * width();
    }

    /** Crop y in [-1, 1] to frame y. */
    public double toFrameY(double cropY) {
        return y0 + (cropY + 1) / 2 * height();
    }

    /**
     * Resamples the crop and normalises it: (value / 255 - mean) / std of ImageNet. Black outside the frame is normalised, too.
     *
     * @param target receives [output, output, 3], channels R, G, B last
     * @param offset where in {@code target} the first value goes
     * @throws IndexOutOfBoundsException if the target is too short
     */
    public void sample(Frame frame, float[] target, int offset) {
        Objects.checkFromIndexSize(offset, output * output * 3, target.length);
        Axis xs = Axis.of(width(), output);
        Axis ys = Axis.of(height(), output);
        int at = offset;
        for (int v = 0; v < output; v++) {
            int rowA = y0 + ys.low[v];
            int rowB = y0 + ys.high[v];
            float fy = ys.weight[v];
            for (int u = 0; u < output; u++) {
                int a = x0 + xs.low[u];
                int b = x0 + xs.high[u];
                float fx = xs.weight[u];
                int p00 = pixel(frame, a, rowA);
                int p01 = pixel(frame, b, rowA);
                int p10 = pixel(frame, a, rowB);
                int p11 = pixel(frame, b, rowB);
                for (int c = 0; c < 3; c++) {
                    int shift = 16 - 8 * c;
                    float top = (p00 >> shift & 255) * (1 - fx) + (p01 >> shift & 255) * fx;
                    float bottom = (p10 >> shift & 255) * (1 - fx) + (p11 >> shift & 255) * fx;
                    float value = top * (1 - fy) + bottom * fy;
                    target[at++] = (value / 255 - MEAN[c]) / STD[c];
                }
            }
        }
    }

    private static int pixel(Frame frame, int x, int y) {
        return x < 0 || y < 0 || x >= frame.width() || y >= frame.height() ? 0 : frame.argb()[y * frame.width() + x];
    }

    /** The two neighbours and the second one's weight for each output position along one axis, as in cv2.resize. */
    @SuppressWarnings("ArrayRecordComponent")
    record Axis(int[] low, int[] high, float[] weight) {
        static Axis of(int from, int to) {
            Axis axis = new Axis(new int[to], new int[to], new float[to]);
            for (int i = 0; i < to; i++) {
                float at = (float) ((i + 0.5) * ((double) from / to) - 0.5);
                int low = (int) Math.floor(at);
                float weight = at - low;
                if (low < 0) {
                    low = 0;
                    weight = 0;
                }
                if (low >= from - 1) {
                    low = from - 1;
                    weight = 0;
                }
                axis.low[i] = low;
                axis.high[i] = Math.min(low + 1, from - 1);
                axis.weight[i] = weight;
            }
            return axis;
        }
    }
}

package io.github.remocap.image;

import java.util.Objects;

/**
 * The square that the network sees, cut out, rotated, mirrored and tinted exactly as METRO, FastMETRO and RemoCap do it in training
 * ({@code src/utils/image_ops.py}: {@code crop}, {@code transform}, {@code myimrotate}; {@code rgb_processing} and {@code j2d_processing} of
 * their data sets), their roundings included. Without rotation, flip and noise it is what {@link Crop} does.
 *
 * <p>A rotated crop is cut larger, turned about its middle by {@code cv2.warpAffine} (bilinear, places rounded to 1/32 pixel), cut to size
 * and resized by {@code cv2.resize} (bilinear).
 *
 * @param x0 first column of the part that is resized, in the picture before rotation
 * @param y0 first row
 * @param x1 column behind the last
 * @param y1 row behind the last
 * @param toCrop rows of the affine map from picture to crop pixels, {@code [2,3]}, rotation included, flip not
 * @param rotation degrees; positive turns the picture's content counter-clockwise
 * @param flip whether the crop is mirrored after everything else
 * @param noise factors of R, G and B
 * @param output side of the crop in pixels
 */
@SuppressWarnings("ArrayRecordComponent") // a crop is compared by nobody
public record InputCrop(int x0, int y0, int x1, int y1, double[] toCrop, double rotation, boolean flip, float[] noise, int output) {
    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] STD = {0.229f, 0.224f, 0.225f};
    private static final int PLACE_BITS = 5; // warpAffine rounds places to 1/32 pixel
    private static final int MATRIX_BITS = 10;
    private static final int MOST_PIXELS = 1 << 20; // along a side
    private static final double NEARLY_WHOLE = 1e-4; // scales are in single precision

    /** @throws IllegalArgumentException if nothing remains of the picture, or it would be a speck in the crop */
    public InputCrop {
        if (x1 <= x0 || y1 <= y0 || output < 1 || Math.max((long) x1 - x0, (long) y1 - y0) > MOST_PIXELS) {
            throw new IllegalArgumentException("crop [" + x0 + ", " + x1 + ") x [" + y0 + ", " + y1 + ") to " + output + " pixels is empty or too large");
        }
    }

    /**
     * As the reference cuts it.
     *
     * @param centerX middle of the box in pixels of the picture
     * @param centerY likewise
     * @param scale side of the square over 200 pixels
     * @throws IllegalArgumentException if nothing remains of the picture, or it would be a speck in the crop
     */
    public static InputCrop of(double centerX, double centerY, double scale, double rotation, boolean flip, float[] noise, int output) {
        double h = 200 * scale;
        double a = output / h;
        double tx = output * (-centerX / h + 0.5);
        double ty = output * (-centerY / h + 0.5);
        double[] map = {a, 0, tx, 0, a, ty};
        if (rotation != 0) {
            double radians = -rotation * Math.PI / 180;
            double sin = Math.sin(radians);
            double cos = Math.cos(radians);
            double half = output / 2.0;
            map = new double[] {cos * a, -sin * a, cos * (tx - half) - sin * (ty - half) + half,
                sin * a, cos * a, sin * (tx - half) + cos * (ty - half) + half};
        }
        return new InputCrop(cut(centerX - h / 2), cut(centerY - h / 2), cut(centerX + h / 2), cut(centerY + h / 2), map, rotation, flip, noise.clone(),
            output);
    }

    /**
     * A corner to whole pixels, towards zero. Where it is whole but for rounding it is taken as whole: what the reference makes of 140.99999999
     * depends on how its version of PyTorch inverts a matrix.
     */
    private static int cut(double corner) {
        double whole = Math.rint(corner);
        return (int) (Math.abs(corner - whole) < NEARLY_WHOLE ? whole : corner);
    }

    /** How far the cut reaches beyond the square on all sides before it is rotated. */
    int padding() {
        int w = x1 - x0;
        int h = y1 - y0;
        return rotation == 0 ? 0 : (int) (Math.sqrt((double) w * w + (double) h * h) / 2 - h / 2.0);
    }

    /**
     * Joints of the picture as joints of the crop, in place: x, y from picture pixels to whole crop pixels as the reference rounds them, then
     * to [-1, 1]; mirrored where the crop is.
     *
     * @param joints {@code [n,3]}: x, y, confidence
     * @param mirror {@code [n]}: which joint takes a joint's place in the mirror
     * @return {@code [n,3]}
     */
    public float[] joints(float[] joints, int[] mirror) {
        float[] out = new float[joints.length];
        for (int j = 0; j < mirror.length; j++) {
            int from = 3 * (flip ? mirror[j] : j);
            double px = joints[from];
            double py = joints[from + 1];
            int x = (int) (toCrop[0] * px + toCrop[1] * py + toCrop[2]) + 1;
            int y = (int) (toCrop[3] * px + toCrop[4] * py + toCrop[5]) + 1;
            float u = (float) (2.0 * x / output - 1);
            out[3 * j] = flip ? -u : u;
            out[3 * j + 1] = (float) (2.0 * y / output - 1);
            out[3 * j + 2] = joints[from + 2];
        }
        return out;
    }

    /**
     * Cuts the crop out and normalises it: (value / 255 - mean) / std of ImageNet. Black outside the picture is normalised, too.
     *
     * @param target receives [output, output, 3], channels R, G, B last
     * @param offset where in {@code target} the first value goes
     * @throws IndexOutOfBoundsException if the target is too short
     */
    public void sample(Frame frame, float[] target, int offset) {
        Objects.checkFromIndexSize(offset, output * output * 3, target.length);
        Crop.Axis xs = Crop.Axis.of(x1 - x0, output);
        Crop.Axis ys = Crop.Axis.of(y1 - y0, output);
        Source source = rotation == 0 ? new Source(frame, x0, y0) : new Turned(frame, this);
        float[] p00 = new float[3];
        float[] p01 = new float[3];
        float[] p10 = new float[3];
        float[] p11 = new float[3];
        for (int v = 0; v < output; v++) {
            float fy = ys.weight()[v];
            for (int u = 0; u < output; u++) {
                float fx = xs.weight()[u];
                source.read(xs.low()[u], ys.low()[v], p00);
                source.read(xs.high()[u], ys.low()[v], p01);
                source.read(xs.low()[u], ys.high()[v], p10);
                source.read(xs.high()[u], ys.high()[v], p11);
                int at = offset + 3 * (v * output + (flip ? output - 1 - u : u));
                for (int c = 0; c < 3; c++) {
                    float value = (p00[c] * (1 - fx) + p01[c] * fx) * (1 - fy) + (p10[c] * (1 - fx) + p11[c] * fx) * fy;
                    target[at + c] = (Math.clamp(value * noise[c], 0f, 255f) / 255 - MEAN[c]) / STD[c];
                }
            }
        }
    }

    /** Pixels of the part that is resized. */
    private static class Source {
        private final Frame frame;
        private final int x0;
        private final int y0;

        Source(Frame frame, int x0, int y0) {
            this.frame = frame;
            this.x0 = x0;
            this.y0 = y0;
        }

        /** R, G, B of a pixel. */
        void read(int x, int y, float[] rgb) {
            int p = pixel(x, y);
            rgb[0] = p >> 16 & 255;
            rgb[1] = p >> 8 & 255;
            rgb[2] = p & 255;
        }

        int pixel(int x, int y) {
            int px = x0 + x;
            int py = y0 + y;
            return px < 0 || py < 0 || px >= frame.width() || py >= frame.height() ? 0 : frame.argb()[py * frame.width() + px];
        }
    }

    /** The same after {@code cv2.warpAffine} of the padded square. */
    private static final class Turned extends Source {
        private final int pad;
        private final int width;
        private final int height;
        private final double[] back = new double[6]; // from turned to original pixels

        Turned(Frame frame, InputCrop crop) {
            super(frame, crop.x0 - crop.padding(), crop.y0 - crop.padding());
            pad = crop.padding();
            width = crop.x1 - crop.x0 + 2 * pad;
            height = crop.y1 - crop.y0 + 2 * pad;
            double radians = crop.rotation * Math.PI / 180;
            double cos = Math.cos(radians); // getRotationMatrix2D
            double sin = Math.sin(radians);
            double cx = (width - 1) * 0.5;
            double cy = (height - 1) * 0.5;
            double[] m = {cos, sin, (1 - cos) * cx - sin * cy, -sin, cos, sin * cx + (1 - cos) * cy};
            double d = m[0] * m[4] - m[1] * m[3]; // warpAffine inverts what it is given
            back[0] = m[4] / d;
            back[4] = m[0] / d;
            back[1] = -m[1] / d;
            back[3] = -m[3] / d;
            back[2] = -back[0] * m[2] - back[1] * m[5];
            back[5] = -back[3] * m[2] - back[4] * m[5];
        }

        @Override
        void read(int column, int row, float[] rgb) {
            int x = column + pad;
            int y = row + pad;
            int round = 1 << (MATRIX_BITS - PLACE_BITS - 1);
            long placeX = fixed(back[1] * y + back[2]) + round + fixed(back[0] * x) >> (MATRIX_BITS - PLACE_BITS);
            long placeY = fixed(back[4] * y + back[5]) + round + fixed(back[3] * x) >> (MATRIX_BITS - PLACE_BITS);
            int sx = (int) (placeX >> PLACE_BITS);
            int sy = (int) (placeY >> PLACE_BITS);
            float fx = (placeX & 31) / 32f;
            float fy = (placeY & 31) / 32f;
            int p00 = inside(sx, sy);
            int p01 = inside(sx + 1, sy);
            int p10 = inside(sx, sy + 1);
            int p11 = inside(sx + 1, sy + 1);
            for (int c = 0; c < 3; c++) {
                int shift = 16 - 8 * c;
                rgb[c] = ((p00 >> shift & 255) * (1 - fx) + (p01 >> shift & 255) * fx) * (1 - fy)
                    + ((p10 >> shift & 255) * (1 - fx) + (p11 >> shift & 255) * fx) * fy;
            }
        }

        private static long fixed(double value) {
            return (long) Math.rint(value * (1 << MATRIX_BITS));
        }

        private int inside(int x, int y) {
            return x < 0 || y < 0 || x >= width || y >= height ? 0 : pixel(x, y);
        }
    }
}

package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.MicroKernel.COLUMNS;
import static io.github.remocap.tensor.vector.MicroKernel.ROWS;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.set;

/**
 * A convolution's gradient to its weight: for each tap, the product of the transposed input with the output gradient, summed over
 * all pixels. A unit is a tap and a group of input channels; it walks the pixels in chunks that fit into the first-level caches.
 */
final class WeightGradient extends Step {
    private static final int PIXELS = 192;
    private static final int GROUP = 16 * ROWS;

    private final Buffer x;
    private final Buffer g;
    private final Buffer w;
    private final int images;
    private final int height;
    private final int width;
    private final int inputs;
    private final int outHeight;
    private final int outWidth;
    private final int outputs;
    private final int kernelHeight;
    private final int kernelWidth;
    private final int stride;
    private final int padding;
    private final int groups;
    private final int columns;

    WeightGradient(Buffer x, Buffer g, Buffer w, int images, int height, int width, int inputs, int outHeight, int outWidth, int outputs,
        int kernelHeight, int kernelWidth, int stride, int padding) {
        this.x = x;
        this.g = g;
        this.w = w;
        this.images = images;
        this.height = height;
        this.width = width;
        this.inputs = inputs;
        this.outHeight = outHeight;
        this.outWidth = outWidth;
        this.outputs = outputs;
        this.kernelHeight = kernelHeight;
        this.kernelWidth = kernelWidth;
        this.stride = stride;
        this.padding = padding;
        this.groups = (inputs + GROUP - 1) / GROUP;
        this.columns = (outputs + COLUMNS - 1) / COLUMNS * COLUMNS;
        this.flops = 2L * images * outHeight * outWidth * inputs * outputs * kernelHeight * kernelWidth;
    }

    @Override
    int units() {
        return kernelHeight * kernelWidth * groups;
    }

    @Override
    int scratchFloats() {
        return GROUP * PIXELS + GROUP * columns;
    }

    @Override
    long scratchBytes() {
        return 4L * PIXELS * COLUMNS;
    }

    @Override
    void run(int unit, Scratch memory) {
        int tap = unit / groups;
        int first = unit % groups * GROUP;
        int channels = Math.min(GROUP, inputs - first);
        int rows = (channels + ROWS - 1) / ROWS * ROWS;
        float[] f = memory.floats;
        long right = memory.address;
        int sums = GROUP * PIXELS;
        java.util.Arrays.fill(f, sums, sums + GROUP * columns, 0f);
        int total = images * outHeight * outWidth;
        for (int from = 0; from < total; from += PIXELS) {
            int count = Math.min(PIXELS, total - from);
            gather(from, count, tap / kernelWidth, tap % kernelWidth, first, channels, rows, f);
            for (int c = 0; c < columns; c += COLUMNS) {
                ImplicitGemm.pack(g.at() + 4L * ((long) from * outputs + c), count, Math.min(COLUMNS, outputs - c), outputs, right);
                for (int r = 0; r < rows; r += ROWS) {
                    MicroKernel.multiply(count, f, r * PIXELS, PIXELS, right, f, sums + r * columns + c, columns, true);
                }
            }
        }
        int taps = kernelHeight * kernelWidth;
        for (int r = 0; r < channels; r++) {
            for (int o = 0; o < outputs; o++) {
                set(w.at() + 4L * (((long) o * inputs + first + r) * taps + tap), f[sums + r * columns + o]);
            }
        }
    }

    /** Columns of the transposed left side: for each pixel the channels of the input pixel under this tap, zeros where there is none. */
    private void gather(int first, int count, int ky, int kx, int channel, int channels, int rows, float[] f) {
        int ox = first % outWidth; // counted on from here: divisions would take longer than copying a few channels
        int oy = first / outWidth % outHeight;
        int image = first / outWidth / outHeight;
        for (int i = 0; i < count; i++) {
            int ix = ox * stride - padding + kx;
            int iy = oy * stride - padding + ky;
            int copied = 0;
            if (ix >= 0 && ix < width && iy >= 0 && iy < height) {
                long from = x.at() + 4L * ((((long) image * height + iy) * width + ix) * inputs + channel);
                for (; copied < channels; copied++) {
                    f[copied * PIXELS + i] = get(from + 4L * copied);
                }
            }
            for (; copied < rows; copied++) {
                f[copied * PIXELS + i] = 0f;
            }
            if (++ox == outWidth) {
                ox = 0;
                if (++oy == outHeight) {
                    oy = 0;
                    image++;
                }
            }
        }
    }
}

package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.MicroKernel.COLUMNS;
import static io.github.remocap.tensor.vector.MicroKernel.ROWS;
import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.set;

/**
 * A convolution's gradient to its weight: for each tap, the product of the transposed input with the output gradient, summed over
 * all pixels; without a kernel to speak of, the product of any transposed matrix with another.
 *
 * <p>A unit owns a group of input channels, a group of output channels and a part of the pixels. It walks the pixels in chunks of
 * image rows. A chunk's input is transposed once, so that a channel's pixels lie one behind the other, with zeros between image
 * rows; each tap then reads it from another start. The output gradient has zeros at the same places, which therefore add nothing.
 * With strides, pixels are sorted by their place in a stride first, so that taps see neighbours.
 */
final class WeightGradient extends Step {
    /** Pixels of a chunk: a panel of the output gradient stays in the first-level cache. */
    private static final int PIXELS = 256;
    private static final int INPUT_GROUP = (LANES == 16 ? 192 : 96) / ROWS * ROWS;
    /** Without a kernel less is computed with what is read: larger groups and shorter chunks, which take as much memory. */
    private static final int LARGER = 2;
    /** Sums of a unit: they stay in the second-level cache beside a chunk. Machines with 512-bit vectors have larger ones. */
    private static final int SUMS = (LANES == 16 ? 112 : 56) * 1024;
    /** Units that keep a few workers evenly busy. */
    private static final int UNITS = 8;

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
    private final int stride;
    private final Taps tapsY;
    private final Taps tapsX;
    private final int taps;
    private final int pitch; // floats from one image row of a chunk to the next
    private final int chunkRows;
    private final int chunksPerImage;
    private final int planeFloats; // of one place in a stride
    private final int channelFloats; // from one channel of a chunk to the next
    private final int inputGroup;
    private final int inputGroups;
    private final int outputGroup;
    private final int outputGroups;
    private final int parts;

    /** Taps along one direction: the place in a stride that each looks at, and how many strides away. */
    private record Taps(int[] place, int[] shift, int places, int before, int after) {
        static Taps of(int kernel, int padding, int stride) {
            int[] place = new int[kernel];
            int[] shift = new int[kernel];
            for (int k = 0; k < kernel; k++) {
                place[k] = Math.floorMod(k - padding, stride);
                shift[k] = Math.floorDiv(k - padding, stride);
            }
            return new Taps(place, shift, java.util.Arrays.stream(place).max().orElse(0) + 1, -shift[0], shift[kernel - 1]);
        }
    }

    /**
     * @param w receives {@code [parts, outputs, inputs, kernelHeight, kernelWidth]}, whose sum is the gradient
     */
    WeightGradient(Buffer x, Buffer g, Buffer w, Geometry s) {
        this.x = x;
        this.g = g;
        this.w = w;
        this.images = s.images;
        this.height = s.height;
        this.width = s.width;
        this.inputs = s.inputs;
        this.outHeight = s.outHeight;
        this.outWidth = s.outWidth;
        this.outputs = s.outputs;
        this.stride = s.stride;
        this.tapsY = Taps.of(s.kernelHeight, s.padding, stride);
        this.tapsX = Taps.of(s.kernelWidth, s.padding, stride);
        this.taps = s.kernelHeight * s.kernelWidth;
        // Zeros right of a row serve as those left of the next one, where there are no pixels in them.
        boolean shared = outWidth * stride >= width;
        this.pitch = outWidth + (shared ? Math.max(tapsX.before, tapsX.after) : tapsX.before + tapsX.after);
        this.chunkRows = Math.clamp((taps == 1 ? PIXELS / LARGER : PIXELS) / pitch, 1, outHeight);
        this.chunksPerImage = (outHeight + chunkRows - 1) / chunkRows;
        this.planeFloats = tapsX.before + (chunkRows + tapsY.before + tapsY.after) * pitch;
        int floats = tapsY.places * tapsX.places * planeFloats;
        this.channelFloats = (floats + 15) / 16 * 16 + (floats / 16 % 2 == 0 ? 16 : 32); // an odd number of cache lines: no aliasing
        this.inputGroup = taps == 1 ? LARGER * INPUT_GROUP : INPUT_GROUP;
        this.inputGroups = (inputs + inputGroup - 1) / inputGroup;
        int panels = (outputs + COLUMNS - 1) / COLUMNS;
        int fit = Math.clamp(SUMS / (taps * Math.min(inputGroup, inputs)) / COLUMNS, 1, Math.max(1, 256 / COLUMNS));
        int groups = (panels + fit - 1) / fit;
        this.outputGroup = (panels + groups - 1) / groups * COLUMNS;
        this.outputGroups = (outputs + outputGroup - 1) / outputGroup;
        this.parts = s.parts;
        this.flops = 2L * images * outHeight * outWidth * inputs * outputs * taps;
    }

    /**
     * A convolution of {@code [images, height, width, inputs]} to {@code [images, outHeight, outWidth, outputs]}.
     *
     * @param parts of the pixels, each summed by units of its own
     */
    record Geometry(int images, int height, int width, int inputs, int outHeight, int outWidth, int outputs, int kernelHeight, int kernelWidth,
        int stride, int padding, int parts) {

        static Geometry convolution(int images, int height, int width, int inputs, int outHeight, int outWidth, int outputs, int kernelHeight,
            int kernelWidth, int stride, int padding) {
            if (kernelHeight == 1 && kernelWidth == 1 && stride == 1 && padding == 0) {
                return product(Math.multiplyExact(images, Math.multiplyExact(height, width)), inputs, outputs);
            }
            Geometry one = new Geometry(images, height, width, inputs, outHeight, outWidth, outputs, kernelHeight, kernelWidth, stride, padding, 1);
            return one.split();
        }

        /** The product of {@code [rows, inputs]} and {@code [rows, outputs]} over the rows. */
        static Geometry product(int rows, int inputs, int outputs) {
            return new Geometry(1, rows, 1, inputs, rows, 1, outputs, 1, 1, 1, 0, 1).split();
        }

        private Geometry split() {
            Buffer none = Buffer.fixed(4, 0);
            WeightGradient whole = new WeightGradient(none, none, none, this);
            int parts = Math.clamp((UNITS + whole.units() - 1) / whole.units(), 1, whole.chunks());
            return new Geometry(images, height, width, inputs, outHeight, outWidth, outputs, kernelHeight, kernelWidth, stride, padding, parts);
        }

        /** Floats of the gradient. */
        long floats() {
            return (long) outputs * inputs * kernelHeight * kernelWidth;
        }
    }

    private int chunks() {
        return images * chunksPerImage;
    }

    @Override
    int units() {
        return parts * inputGroups * outputGroups;
    }

    private int sums() {
        return Simd.FIRST + inputGroup * channelFloats;
    }

    private int spare() {
        return sums() + inputGroup * taps * outputGroup;
    }

    @Override
    int scratchFloats() {
        return spare() + MicroKernel.TILE;
    }

    @Override
    long scratchBytes() {
        return 4L * chunkRows * pitch * outputGroup;
    }

    @Override
    void run(int unit, Scratch memory) {
        int part = unit / (inputGroups * outputGroups);
        int firstInput = unit / outputGroups % inputGroups * inputGroup;
        int firstOutput = unit % outputGroups * outputGroup;
        int channels = Math.min(inputGroup, inputs - firstInput);
        int columns = Math.min(outputGroup, outputs - firstOutput);
        float[] f = memory.floats;
        int from = (int) from(chunks(), parts, part);
        int end = (int) from(chunks(), parts, part + 1);
        java.util.Arrays.fill(f, Simd.FIRST + channels * channelFloats, sums(), 0f); // rows of the last tile beyond the channels
        for (int chunk = from; chunk < end; chunk++) {
            int image = chunk / chunksPerImage;
            int row = chunk % chunksPerImage * chunkRows;
            int rows = Math.min(chunkRows, outHeight - row);
            int depth = (rows - 1) * pitch + outWidth;
            transpose(image, row, rows, firstInput, channels, f);
            pack(image, row, rows, firstOutput, columns, memory.address);
            for (int c = 0; c < columns; c += COLUMNS) {
                multiply(depth, channels, c, columns - c, memory.address + 4L * chunkRows * pitch * c, f, chunk > from);
            }
        }
        long to = w.at() + 4L * part * outputs * inputs * taps;
        for (int o = 0; o < columns; o++) {
            write(f, sums() + o, channels, to + 4L * ((long) (firstOutput + o) * inputs + firstInput) * taps);
        }
    }

    private void multiply(int depth, int channels, int column, int columns, long panel, float[] f, boolean accumulate) {
        for (int ky = 0; ky < tapsY.place.length; ky++) {
            for (int kx = 0; kx < tapsX.place.length; kx++) {
                int start = Simd.FIRST + (tapsY.place[ky] * tapsX.places + tapsX.place[kx]) * planeFloats + (tapsY.shift[ky] + tapsY.before) * pitch
                    + tapsX.shift[kx] + tapsX.before;
                int sums = sums() + (ky * tapsX.place.length + kx) * outputGroup + column;
                for (int r = 0; r < channels; r += ROWS) {
                    MicroKernel.multiply(depth, columns, f, r * channelFloats + start, channelFloats, panel, f, sums + r * taps * outputGroup,
                        taps * outputGroup, accumulate, spare());
                }
            }
        }
    }

    /** Sums [channel][tap][output] of one output to [channel][tap]. */
    private void write(float[] f, int from, int channels, long to) {
        int n = channels * taps;
        for (int i = 0; i < n; i++) {
            set(to + 4L * i, f[from + i * outputGroup]);
        }
    }

    /** Columns of the output gradient in panels, zeros between image rows. A pixel at a time: what is read lies together. */
    private void pack(int image, int row, int rows, int column, int columns, long panels) {
        long panelBytes = 4L * chunkRows * pitch * COLUMNS;
        for (int y = 0; y < rows; y++) {
            long from = g.at() + 4L * (((long) image * outHeight + row + y) * outWidth * outputs + column);
            long to = panels + 4L * y * pitch * COLUMNS;
            for (int i = 0; i < pitch; i++) {
                if (i < outWidth) {
                    packPixel(from + 4L * i * outputs, columns, to, panelBytes);
                } else {
                    for (long panel = to; panel < panels + panelBytes * (outputGroup / COLUMNS); panel += panelBytes) {
                        ElementwiseKernel.zero(panel, COLUMNS);
                    }
                }
                to += 4L * COLUMNS;
            }
        }
    }

    private static void packPixel(long from, int columns, long to, long panelBytes) {
        int c = 0;
        long panel = to;
        for (; c + COLUMNS <= columns; c += COLUMNS) {
            Simd.copy(from + 4L * c, panel, COLUMNS);
            panel += panelBytes;
        }
        if (c < columns) {
            for (int j = 0; j < COLUMNS; j++) {
                set(panel + 4L * j, c + j < columns ? get(from + 4L * (c + j)) : 0f);
            }
        }
    }

    private void transpose(int image, int row, int rows, int first, int channels, float[] f) {
        for (int py = 0; py < tapsY.places; py++) {
            for (int px = 0; px < tapsX.places; px++) {
                int plane = Simd.FIRST + (py * tapsX.places + px) * planeFloats;
                for (int c = 0; c < channels; c++) {
                    for (int i = 0; i < tapsX.before; i++) {
                        f[c * channelFloats + plane + i] = 0f;
                    }
                }
                int last = Math.min(outWidth + tapsX.after, (width - px + stride - 1) / stride); // columns with pixels
                for (int r = -tapsY.before; r < rows + tapsY.after; r++) {
                    int y = (row + r) * stride + py;
                    boolean inside = y >= 0 && y < height;
                    int to = plane + tapsX.before + (r + tapsY.before) * pitch;
                    long from = x.at() + 4L * ((((long) image * height + y) * width + px) * inputs + first);
                    pixels(from, inside ? last : 0, channels, f, to);
                }
            }
        }
    }

    /** An image row of channels: pixels a stride apart, then zeros. */
    private void pixels(long from, int count, int channels, float[] f, int to) {
        long step = 4L * stride * inputs;
        int i = 0;
        for (; i + 4 <= count; i += 4) {
            long p = from + step * i;
            int at = to + i;
            for (int c = 0; c < channels; c++) {
                f[at] = get(p + 4L * c);
                f[at + 1] = get(p + step + 4L * c);
                f[at + 2] = get(p + 2 * step + 4L * c);
                f[at + 3] = get(p + 3 * step + 4L * c);
                at += channelFloats;
            }
        }
        for (; i < pitch; i++) {
            long p = from + step * i;
            int at = to + i;
            boolean inside = i < count;
            for (int c = 0; c < channels; c++) {
                f[at] = inside ? get(p + 4L * c) : 0f;
                at += channelFloats;
            }
        }
    }

    /** Sum of the parts. */
    static final class Sum extends Step {
        private final Buffer x;
        private final Buffer y;
        private final int parts;
        private final long n;
        private final int units;

        Sum(Buffer x, int parts, long n, Buffer y) {
            this.x = x;
            this.y = y;
            this.parts = parts;
            this.n = n;
            this.units = split(n, 8192);
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            long from = from(n, units, unit);
            int count = (int) (from(n, units, unit + 1) - from);
            long to = y.at() + 4 * from;
            Simd.copy(x.at() + 4 * from, to, count);
            for (int p = 1; p < parts; p++) {
                ElementwiseKernel.accumulate(x.at() + 4 * (p * n + from), to, count);
            }
        }
    }
}

package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.PixelKernel.COLUMNS;
import static io.github.remocap.tensor.vector.PixelKernel.ROWS;
import static io.github.remocap.tensor.vector.PixelKernel.TILE;
import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.set;

/**
 * A convolution's gradient to its weight: for each tap, the product of the transposed input with the output gradient, summed over
 * all pixels; without a kernel to speak of, the product of any transposed matrix with another.
 *
 * <p>A unit owns a group of input channels, a group of output channels and a part of the pixels. It walks the pixels in chunks of
 * image rows. Of a chunk's input, a tile's channels of each pixel are put one behind the other, with zeros between image
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
    /** Floats that are copied of a pixel: the next one overwrites what is too much. */
    private static final int SPAN = (ROWS + LANES - 1) / LANES * LANES;
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
    private final int planePixels; // of one place in a stride
    private final int tileFloats; // from one tile's channels of a chunk to the next
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
        this.planePixels = tapsX.before + (chunkRows + tapsY.before + tapsY.after) * pitch;
        int lines = (ROWS * tapsY.places * tapsX.places * planePixels + SPAN - ROWS + 15) / 16;
        this.tileFloats = 16 * (lines + 1 - lines % 2); // an odd number of cache lines: no aliasing
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

    private static int tiles(int channels) {
        return (channels + ROWS - 1) / ROWS;
    }

    private int sums() {
        return Simd.FIRST + tiles(inputGroup) * tileFloats;
    }

    private int spare() {
        return sums() + tiles(inputGroup) * ROWS * taps * outputGroup;
    }

    @Override
    int scratchFloats() {
        return spare() + TILE;
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
        for (int chunk = from; chunk < end; chunk++) {
            int image = chunk / chunksPerImage;
            int row = chunk % chunksPerImage * chunkRows;
            int rows = Math.min(chunkRows, outHeight - row);
            int depth = (rows - 1) * pitch + outWidth;
            gather(image, row, rows, firstInput, channels, f);
            pack(image, row, rows, firstOutput, columns, memory.address);
            for (int c = 0; c < columns; c += COLUMNS) {
                multiply(depth, channels, sums() + tiles(channels) * ROWS * taps * c, memory.address + 4L * chunkRows * pitch * c, f, chunk > from);
            }
        }
        write(f, channels, columns, w.at() + 4L * taps * (((long) part * outputs + firstOutput) * inputs + firstInput));
    }

    /** A panel's sums, {@code [tile][tap][ROWS][COLUMNS]}: a tile's channels stay in the first-level cache for all taps. */
    private void multiply(int depth, int channels, int sums, long panel, float[] f, boolean accumulate) {
        int to = sums;
        for (int t = 0; t < tiles(channels); t++) {
            for (int ky = 0; ky < tapsY.place.length; ky++) {
                for (int kx = 0; kx < tapsX.place.length; kx++) {
                    int pixel = (tapsY.place[ky] * tapsX.places + tapsX.place[kx]) * planePixels + (tapsY.shift[ky] + tapsY.before) * pitch
                        + tapsX.shift[kx] + tapsX.before;
                    PixelKernel.multiply(depth, f, Simd.FIRST + t * tileFloats + ROWS * pixel, panel, f, to, accumulate, spare());
                    to += TILE;
                }
            }
        }
    }

    /** Sums to {@code [output][channel][tap]}, a tile's at a time: it is in the first-level cache. */
    private void write(float[] f, int channels, int columns, long to) {
        int from = sums();
        for (int o = 0; o < columns; o += COLUMNS) {
            for (int c = 0; c < channels; c += ROWS) {
                for (int j = 0; j < Math.min(COLUMNS, columns - o); j++) {
                    writeTile(f, from + j, Math.min(ROWS, channels - c), to + 4L * taps * ((long) (o + j) * inputs + c));
                }
                from += taps * TILE;
            }
        }
    }

    private void writeTile(float[] f, int from, int rows, long to) {
        long at = to;
        for (int i = 0; i < rows; i++) {
            for (int tap = 0; tap < taps; tap++) {
                set(at, f[from + i * COLUMNS + tap * TILE]);
                at += 4;
            }
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
            Simd.store(Simd.load(from + 4L * c), panel);
            Simd.store(Simd.load(from + 4L * c + Simd.VECTOR_BYTES), panel + Simd.VECTOR_BYTES);
            panel += panelBytes;
        }
        if (c < columns) {
            Simd.copyPart(from + 4L * c, columns - c, panel);
            Simd.copyPart(from + 4L * (c + LANES), columns - c - LANES, panel + Simd.VECTOR_BYTES);
        }
    }

    /** A chunk's input: {@code [tile][place in a stride][pixel][ROWS]}. */
    private void gather(int image, int row, int rows, int first, int channels, float[] f) {
        for (int py = 0; py < tapsY.places; py++) {
            for (int px = 0; px < tapsX.places; px++) {
                int plane = Simd.FIRST + ROWS * (py * tapsX.places + px) * planePixels;
                zeros(tapsX.before, channels, f, plane);
                int last = Math.min(outWidth + tapsX.after, (width - px + stride - 1) / stride); // columns with pixels
                for (int r = -tapsY.before; r < rows + tapsY.after; r++) {
                    int y = (row + r) * stride + py;
                    int count = y >= 0 && y < height ? last : 0;
                    int to = plane + ROWS * (tapsX.before + (r + tapsY.before) * pitch);
                    pixels(x.at() + 4L * ((((long) image * height + y) * width + px) * inputs + first), count, channels, f, to);
                    zeros(pitch - count, channels, f, to + ROWS * count);
                }
            }
        }
    }

    /** Pixels a stride apart. */
    private void pixels(long from, int count, int channels, float[] f, int to) {
        for (int i = 0; i < count; i++) {
            pixel(from + 4L * stride * inputs * i, channels, f, to + ROWS * i);
        }
    }

    private void pixel(long from, int channels, float[] f, int to) {
        int at = to;
        int c = 0;
        for (; c + SPAN <= channels; c += ROWS) {
            for (int i = 0; i < SPAN; i += LANES) {
                Simd.load(from + 4L * (c + i)).intoArray(f, at + i);
            }
            at += tileFloats;
        }
        for (; c < channels; c += ROWS) { // zeros for channels that there are not
            for (int i = 0; i < SPAN; i += LANES) {
                Simd.copyPart(from + 4L * (c + i), channels - c - i, f, at + i);
            }
            at += tileFloats;
        }
    }

    private void zeros(int count, int channels, float[] f, int to) {
        if (count > 0) {
            for (int t = 0; t < tiles(channels); t++) {
                java.util.Arrays.fill(f, to + t * tileFloats, to + t * tileFloats + ROWS * count, 0f);
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

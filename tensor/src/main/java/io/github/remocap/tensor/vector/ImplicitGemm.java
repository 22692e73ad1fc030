package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;

import java.util.Arrays;

/**
 * Convolution and matrix product in one kernel:
 * {@code out[m, n] = relu(sum_{tap, c} in[pixel(m, tap), c] * weight[tap, c, n] + bias[n] + residual[m, n])}.
 *
 * <p>A matrix product is the convolution with one tap whose pixels are the rows. Nothing of the size of a layer is ever
 * unrolled: a unit of work gathers a block of rows (padding becomes zeros) into a scratch that stays in the second-level
 * cache and multiplies it with the packed weights ({@link Panels}). Units write disjoint parts of the output and each is computed the same way
 * whoever runs it, so that results do not depend on the number of threads.
 *
 * <p>An instance is the geometry; it holds no memory, and any number of threads may run it at once, each with a scratch.
 */
public final class ImplicitGemm {
    // Products that are summed in one chain. Bounds the rounding; each costs one more addition to sums.
    private static final int CHAIN = 384;

    // A block of gathered rows stays in the second-level cache, at full depth unless that leaves less than two tiles: the weights
    // stream past it, which costs nothing, while sums of partial depth for all columns would leave the caches.
    // Machines with 512-bit vectors have larger ones, for sums as well: there, more rows share what is streamed, and weights of many megabytes gain.
    private static final int BLOCK_FLOATS = (LANES == 16 ? 208 : 56) * 1024;
    private static final int MOST_DEPTH = LANES == 16 ? 768 : BLOCK_FLOATS / (2 * MicroKernel.ROWS);
    private static final int MOST_DEPTH_WIDE = BLOCK_FLOATS / (2 * MicroKernel.ROWS);
    private static final int MOST_ROWS = 240;

    private final int height; // of the input
    private final int width;
    private final int channels;
    private final int pixelStride; // floats from one input pixel (or row) to the next
    private final int kernelHeight;
    private final int kernelWidth;
    private final int stride;
    private final int paddingY;
    private final int paddingX;
    private final int outHeight;
    private final int outWidth;
    private final int outChannels;
    private final int outStride; // floats from one row of the output, and of the residual, to the next

    private final boolean wide; // tiles of ProductKernel rather than of MicroKernel
    private final int tileRows;
    private final int panel; // columns of a tile
    private final int rows; // M
    private final int depth; // K
    private final int depthBlock; // gathered at a time
    private final int chains;
    private final int chain;
    private final int rowStride; // floats from one gathered row to the next
    private final int blockRows;
    private final int rowBlocks;
    private final int groupPanels;
    private final int groups;

    private ImplicitGemm(
            int images,
            int height,
            int width,
            int channels,
            int pixelStride,
            int kernelHeight,
            int kernelWidth,
            int stride,
            int paddingY,
            int paddingX,
            int outChannels,
            int outStride) {
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.pixelStride = pixelStride;
        this.kernelHeight = kernelHeight;
        this.kernelWidth = kernelWidth;
        this.stride = stride;
        this.paddingY = paddingY;
        this.paddingX = paddingX;
        this.outHeight = (height + 2 * paddingY - kernelHeight) / stride + 1;
        this.outWidth = (width + 2 * paddingX - kernelWidth) / stride + 1;
        this.outChannels = outChannels;
        this.outStride = outStride;
        this.rows = Math.multiplyExact(Math.multiplyExact(images, outHeight), outWidth);
        this.depth = Math.multiplyExact(Math.multiplyExact(kernelHeight, kernelWidth), channels);

        this.wide = isWide(kernelHeight * kernelWidth, channels, outChannels);
        this.tileRows = wide ? ProductKernel.ROWS : MicroKernel.ROWS;
        this.panel = panel(kernelHeight * kernelWidth, channels, outChannels);
        this.depthBlock = ceilDiv(depth, ceilDiv(depth, wide ? MOST_DEPTH_WIDE : MOST_DEPTH));
        this.chains = ceilDiv(depthBlock, wide ? ProductKernel.CHAIN : CHAIN);
        this.chain = ceilDiv(depthBlock, chains);
        // Rows a power of two apart would share cache sets.
        this.rowStride = wide ? ProductKernel.STRIDE : ceilDiv(depthBlock, 16) * 16 + 16;
        int most = Math.clamp(BLOCK_FLOATS / depthBlock / tileRows * (long) tileRows, tileRows, MOST_ROWS);
        // Cut small layers finer too: eight units keep a few workers evenly busy.
        int panels = ceilDiv(outChannels, panel);
        int blocks = Math.max(ceilDiv(rows, most), Math.min(2, ceilDiv(rows, 4 * MicroKernel.ROWS)));
        blocks = Math.min(blocks + (blocks & 1), ceilDiv(rows, tileRows));
        this.blockRows = ceilDiv(ceilDiv(rows, blocks), tileRows) * tileRows;
        this.rowBlocks = ceilDiv(rows, blockRows);
        int wanted = Math.clamp(ceilDiv(outChannels, MicroKernel.COLUMNS) / 8, 1, ceilDiv(8, rowBlocks));
        this.groupPanels = ceilDiv(panels, wanted);
        this.groups = ceilDiv(panels, groupPanels);
    }

    // Long sums of many columns: their right side's panels must be narrow to stay in the first-level cache. Convolutions gain nothing:
    // rows in pieces take longer to gather.
    private static boolean isWide(int taps, int k, int n) {
        return LANES == 16 && taps == 1 && k >= ProductKernel.CHAIN && n >= 4 * ProductKernel.COLUMNS;
    }

    /** Columns of the right side's panels (see {@link Panels}), for {@code k} channels of each tap to {@code n}. */
    static int panel(int taps, int k, int n) {
        return isWide(taps, k, n) ? ProductKernel.COLUMNS : MicroKernel.COLUMNS;
    }

    /** Floats of the right side in panels. */
    static long packedFloats(int taps, int k, int n) {
        return Panels.floats(panel(taps, k, n), Math.multiplyExact(taps, k), n);
    }

    /**
     * Convolution of {@code [images, height, width, channels]} to {@code [images, outHeight, outWidth, outChannels]}.
     *
     * @param padding zeros on each of the four sides
     */
    public static ImplicitGemm convolution(
            int images, int height, int width, int channels, int outChannels, int kernelHeight, int kernelWidth, int stride, int padding) {
        return convolution(images, height, width, channels, outChannels, kernelHeight, kernelWidth, stride, padding, padding);
    }

    /** As above, with zeros above and below ({@code paddingY}), and left and right ({@code paddingX}). */
    public static ImplicitGemm convolution(
            int images,
            int height,
            int width,
            int channels,
            int outChannels,
            int kernelHeight,
            int kernelWidth,
            int stride,
            int paddingY,
            int paddingX) {
        return new ImplicitGemm(
                images,
                height,
                width,
                channels,
                channels,
                kernelHeight,
                kernelWidth,
                stride,
                paddingY,
                paddingX,
                outChannels,
                outChannels);
    }

    /**
     * Matrix product {@code [m, k] x [k, n]}.
     *
     * @param inStride floats from one row of the left matrix to the next, at least {@code k}
     * @param outStride floats from one row of the output, and of the residual, to the next, at least {@code n}
     */
    public static ImplicitGemm product(int m, int k, int n, int inStride, int outStride) {
        return new ImplicitGemm(1, m, 1, k, inStride, 1, 1, 1, 0, 0, n, outStride);
    }

    /** Matrix product of dense {@code [m, k]} and {@code [k, n]}. */
    public static ImplicitGemm product(int m, int k, int n) {
        return product(m, k, n, k, n);
    }

    /** Number of independent units of work. */
    public int units() {
        return rowBlocks * groups;
    }

    /** Floats of scratch that {@link #run} needs, one scratch per thread. */
    public int scratchFloats() {
        return spare() + tileRows * panel + panel * blockRows * (depthBlock == depth ? 1 : groupPanels);
    }

    /** Floats of the packed weights. */
    public long packedFloats() {
        return packedFloats(kernelHeight * kernelWidth, channels, outChannels);
    }

    /**
     * Computes one unit.
     *
     * @param unit 0 to {@link #units()} - 1
     * @param in address of the input
     * @param packed address of the packed weights, best aligned to 64 bytes
     * @param bias address of {@code [n]}, or 0
     * @param residual address of a tensor laid out as the output, which may be the output itself, or 0
     * @param relu whether negative results become 0
     * @param out address of the output
     * @param scratch at least {@link #scratchFloats()}, of the calling thread alone
     */
    public void run(
            int unit, long in, long packed, long bias, long residual, boolean relu, long out, float[] scratch) {
        int group = unit / rowBlocks;
        int row = unit % rowBlocks * blockRows;
        int count = Math.min(blockRows, rows - row);
        int firstPanel = group * groupPanels;
        int lastPanel = Math.min(firstPanel + groupPanels, ceilDiv(outChannels, panel));
        boolean whole = depthBlock == depth;
        for (int k = 0; k < depth; k += depthBlock) {
            int block = Math.min(depthBlock, depth - k);
            gather(in, row, count, k, block, scratch);
            for (int p = firstPanel; p < lastPanel; p++) {
                long weights = packed + 4L * ((long) p * depth + k) * panel;
                int sums = spare() + tileRows * panel + (whole ? 0 : (p - firstPanel) * blockRows * panel);
                int columns = Math.min(panel, outChannels - p * panel);
                for (int from = 0; from < block; from += chain) {
                    int length = Math.min(chain, block - from);
                    boolean last = k + from + length == depth;
                    for (int i = 0; i < count; i += tileRows) {
                        int c = sums + i * panel;
                        multiply(length, columns, scratch, left(from) + i * rowStride, weights + 4L * panel * from, c, k + from > 0);
                        if (last) {
                            // Tile by tile, so that the stores to memory drain while the next tile is computed.
                            finish(row + i, Math.min(tileRows, count - i), p * panel, scratch, c, bias, residual, relu, out);
                        }
                    }
                }
            }
        }
    }

    private void multiply(int length, int columns, float[] scratch, int a, long weights, int c, boolean accumulate) {
        if (wide) {
            ProductKernel.multiply(length, scratch, a, weights, scratch, c, accumulate, spare());
        } else {
            MicroKernel.multiply(length, columns, scratch, a, rowStride, weights, scratch, c, panel, accumulate, spare());
        }
    }

    // A chain's gathered rows: chain by chain for wide tiles, else within whole rows.
    private int left(int from) {
        return Simd.FIRST + (wide ? from / chain * blockRows * rowStride : from);
    }

    // Behind the gathered rows: a tile to spare, then the sums.
    private int spare() {
        return Simd.FIRST + (wide ? chains : 1) * blockRows * rowStride;
    }

    // scratch[i, 0 .. block) = in[pixels(row + i), k .. k + block), with k running over kernel rows, kernel columns, channels.
    private void gather(long in, int row, int count, int k, int block, float[] scratch) {
        int step = wide ? chain : block;
        for (int from = 0; from < block; from += step) {
            int length = Math.min(step, block - from);
            int to = left(from);
            if (isProduct()) {
                gatherRows(in + 4L * ((long) row * pixelStride + k + from), count, length, scratch, to);
            } else {
                gatherPixels(in, row, count, k + from, length, scratch, to);
            }
            for (int i = count; i < ceilDiv(count, tileRows) * tileRows; i++) { // rows of the last tile beyond the output
                Arrays.fill(scratch, to + i * rowStride, to + i * rowStride + length, 0);
            }
        }
    }

    private void gatherRows(long in, int count, int length, float[] scratch, int to) {
        long from = in;
        for (int i = 0; i < count; i++) {
            Simd.copyIn(from, scratch, to + i * rowStride, length);
            from += 4L * pixelStride;
        }
    }

    private void gatherPixels(long in, int row, int count, int k, int length, float[] scratch, int to) {
        int x = row % outWidth;
        int y = row / outWidth % outHeight;
        int image = row / outWidth / outHeight;
        for (int i = 0; i < count; i++) {
            gatherPixel(in, image, y * stride - paddingY, x * stride - paddingX, k, length, scratch, to + i * rowStride);
            if (++x == outWidth) {
                x = 0;
                if (++y == outHeight) {
                    y = 0;
                    image++;
                }
            }
        }
    }

    private boolean isProduct() {
        return kernelHeight == 1 && kernelWidth == 1 && stride == 1 && paddingX == 0 && paddingY == 0;
    }

    private void gatherPixel(long in, int image, int y, int x, int k, int block, float[] scratch, int to) {
        int span = kernelWidth * channels; // k of one kernel row
        boolean adjacent = pixelStride == channels;
        int left = Math.clamp(-x, 0, kernelWidth) * channels; // k before the first pixel inside
        int right = Math.clamp(width - x, 0, kernelWidth) * channels; // k after the last pixel inside
        for (int ky = k / span; ky * span < k + block; ky++) {
            int from = Math.max(k - ky * span, 0);
            int until = Math.min(k + block - ky * span, span);
            int target = to + ky * span - k;
            boolean inside = y + ky >= 0 && y + ky < height;
            int begin = inside ? Math.clamp(left, from, until) : until;
            int end = inside ? Math.clamp(right, begin, until) : until;
            for (int j = from; j < begin; j++) {
                scratch[target + j] = 0;
            }
            long pixel = in + 4L * pixelStride * (((long) image * height + y + ky) * width + x);
            if (adjacent || kernelWidth == 1) {
                Simd.copyIn(pixel + 4L * begin, scratch, target + begin, end - begin);
            } else {
                for (int j = begin; j < end; j++) {
                    scratch[target + j] = Simd.get(pixel + 4L * pixelStride * (j / channels) + 4L * (j % channels));
                }
            }
            for (int j = end; j < until; j++) {
                scratch[target + j] = 0;
            }
        }
    }

    private void finish(
            int row, int count, int column, float[] scratch, int c, long bias, long residual, boolean relu, long out) {
        int columns = Math.min(panel, outChannels - column);
        long first = 4L * ((long) row * outStride + column);
        if (columns == panel) {
            EpilogueKernel.panel(
                    scratch,
                    c,
                    panel,
                    count,
                    panel,
                    bias == 0 ? 0 : bias + 4L * column,
                    residual == 0 ? 0 : residual + first,
                    relu,
                    out + first,
                    outStride);
            return;
        }
        for (int i = 0; i < count; i++) {
            long offset = first + 4L * i * outStride;
            EpilogueKernel.row(
                    scratch,
                    c + i * panel,
                    columns,
                    bias == 0 ? 0 : bias + 4L * column,
                    residual == 0 ? 0 : residual + offset,
                    relu,
                    out + offset);
        }
    }

    private static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }
}

package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.MicroKernel.COLUMNS;
import static io.github.remocap.tensor.vector.MicroKernel.ROWS;
import static io.github.remocap.tensor.vector.Simd.LANES;

import java.util.Arrays;

/**
 * Convolution and matrix product in one kernel:
 * {@code out[m, n] = relu(sum_{tap, c} in[pixel(m, tap), c] * weight[tap, c, n] + bias[n] + residual[m, n])}.
 *
 * <p>A matrix product is the convolution with one tap whose pixels are the rows. Nothing of the size of a layer is ever
 * unrolled: a unit of work gathers a block of rows (padding becomes zeros) into a scratch that stays in the second-level
 * cache and multiplies it with the packed weights. Units write disjoint parts of the output and each is computed the same way
 * whoever runs it, so that results do not depend on the number of threads.
 *
 * <p>An instance is the geometry; it holds no memory, and any number of threads may run it at once, each with a scratch.
 */
public final class ImplicitGemm {
    /** Width of a packed weight panel. */
    public static final int PANEL = COLUMNS;

    // Products that are summed in one chain. Bounds the rounding; each costs one more addition to sums.
    private static final int CHAIN = 384;

    // A block of gathered rows stays in the second-level cache, at full depth unless that leaves less than two tiles: the weights
    // stream past it, which costs nothing, while sums of partial depth for all columns would leave the caches.
    // Machines with 512-bit vectors have larger ones.
    private static final int BLOCK_FLOATS = (LANES == 16 ? 208 : 56) * 1024;
    private static final int MOST_DEPTH = BLOCK_FLOATS / (2 * ROWS);
    private static final int MOST_ROWS = 40 * ROWS;

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

    private final int rows; // M
    private final int depth; // K
    private final int depthBlock; // gathered at a time
    private final int chain;
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

        this.depthBlock = ceilDiv(depth, ceilDiv(depth, MOST_DEPTH));
        this.chain = ceilDiv(depthBlock, ceilDiv(depthBlock, CHAIN));
        int most = Math.clamp(BLOCK_FLOATS / depthBlock / ROWS * (long) ROWS, ROWS, MOST_ROWS);
        // Cut small layers finer too: eight units keep a few workers evenly busy.
        int panels = ceilDiv(outChannels, COLUMNS);
        int blocks = Math.max(ceilDiv(rows, most), Math.min(2, ceilDiv(rows, 4 * ROWS)));
        blocks = Math.min(blocks + (blocks & 1), ceilDiv(rows, ROWS));
        this.blockRows = ceilDiv(ceilDiv(rows, blocks), ROWS) * ROWS;
        this.rowBlocks = ceilDiv(rows, blockRows);
        int wanted = Math.clamp(panels / 8, 1, ceilDiv(8, rowBlocks));
        this.groupPanels = ceilDiv(panels, wanted);
        this.groups = ceilDiv(panels, groupPanels);
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
        return accumulators() + MicroKernel.TILE + COLUMNS * blockRows * (depthBlock == depth ? 1 : groupPanels);
    }

    /** Floats of the packed weights. */
    public long packedFloats() {
        return packedFloats(depth, outChannels);
    }

    /** Floats that {@code k x n} weights take when packed. */
    public static long packedFloats(int k, int n) {
        return (long) ceilDiv(n, COLUMNS) * COLUMNS * k;
    }

    /**
     * Packs convolution weights.
     *
     * @param weights address of {@code [outChannels, channels, kernelHeight, kernelWidth]}
     * @param packed address that receives {@code [ceil(outChannels / PANEL)][kernelHeight * kernelWidth * channels][PANEL]}, zeros in the tail
     */
    public static void packConvolution(
            long weights, int outChannels, int channels, int kernelHeight, int kernelWidth, long packed) {
        int taps = kernelHeight * kernelWidth;
        int depth = taps * channels;
        for (int n = 0; n < ceilDiv(outChannels, COLUMNS) * COLUMNS; n++) {
            long to = packed + 4L * ((long) n / COLUMNS * COLUMNS * depth + n % COLUMNS);
            for (int tap = 0; tap < taps; tap++) {
                for (int c = 0; c < channels; c++) {
                    float w = n < outChannels ? Simd.get(weights + 4L * (((long) n * channels + c) * taps + tap)) : 0;
                    Simd.set(to + 4L * COLUMNS * (tap * channels + c), w);
                }
            }
        }
    }

    /**
     * Packs a right matrix.
     *
     * @param b address of {@code [k, n]} with {@code stride} floats from row to row
     * @param packed address that receives {@code [ceil(n / PANEL)][k][PANEL]}, zeros in the tail
     */
    public static void pack(long b, int k, int n, int stride, long packed) {
        for (int n0 = 0; n0 < n; n0 += COLUMNS) {
            int count = Math.min(COLUMNS, n - n0);
            for (int i = 0; i < k; i++) {
                long from = b + 4L * ((long) i * stride + n0);
                long to = packed + 4L * ((long) n0 * k + (long) i * COLUMNS);
                if (count == COLUMNS) {
                    Simd.copy(from, to, COLUMNS);
                } else {
                    for (int j = 0; j < COLUMNS; j++) {
                        Simd.set(to + 4L * j, j < count ? Simd.get(from + 4L * j) : 0);
                    }
                }
            }
        }
    }

    /**
     * Packs the transpose of a matrix, which is how linear layers store their weights and attention its keys.
     *
     * @param b address of {@code [n, k]} with {@code stride} floats from row to row
     * @param packed address that receives {@code [ceil(n / PANEL)][k][PANEL]}, zeros in the tail
     */
    public static void packTransposed(long b, int k, int n, int stride, long packed) {
        for (int n0 = 0; n0 < n; n0 += COLUMNS) {
            long to = packed + 4L * n0 * k;
            for (int j = 0; j < COLUMNS; j++) {
                if (n0 + j < n) {
                    long from = b + 4L * stride * (n0 + j);
                    for (int i = 0; i < k; i++) {
                        Simd.set(to + 4L * (i * COLUMNS + j), Simd.get(from + 4L * i));
                    }
                } else {
                    for (int i = 0; i < k; i++) {
                        Simd.set(to + 4L * (i * COLUMNS + j), 0);
                    }
                }
            }
        }
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
        int lastPanel = Math.min(firstPanel + groupPanels, ceilDiv(outChannels, COLUMNS));
        boolean whole = depthBlock == depth;
        for (int k = 0; k < depth; k += depthBlock) {
            int block = Math.min(depthBlock, depth - k);
            gather(in, row, count, k, block, scratch);
            for (int panel = firstPanel; panel < lastPanel; panel++) {
                long weights = packed + 4L * ((long) panel * depth + k) * COLUMNS;
                int sums = accumulators() + MicroKernel.TILE + (whole ? 0 : (panel - firstPanel) * blockRows * COLUMNS);
                int columns = Math.min(COLUMNS, outChannels - panel * COLUMNS);
                for (int from = 0; from < block; from += chain) {
                    int length = Math.min(chain, block - from);
                    boolean last = k + from + length == depth;
                    for (int i = 0; i < count; i += ROWS) {
                        int c = sums + i * COLUMNS;
                        multiply(length, columns, i, from, scratch, weights, c, k + from > 0);
                        if (last) {
                            // Tile by tile, so that the stores to memory drain while the next tile is computed.
                            finish(row + i, Math.min(ROWS, count - i), panel * COLUMNS, scratch, c, bias, residual, relu, out);
                        }
                    }
                }
            }
        }
    }

    // Behind the gathered rows: a tile to spare, then the sums.
    private int accumulators() {
        return Simd.FIRST + blockRows * rowStride();
    }

    // Rows a power of two apart would share cache sets.
    private int rowStride() {
        return ceilDiv(depthBlock, 16) * 16 + 16;
    }

    private void multiply(int depth, int columns, int row, int from, float[] scratch, long weights, int c, boolean accumulate) {
        int aStride = rowStride();
        MicroKernel.multiply(
                depth,
                columns,
                scratch,
                Simd.FIRST + row * aStride + from,
                aStride,
                weights + 4L * COLUMNS * from,
                scratch,
                c,
                COLUMNS,
                accumulate,
                accumulators());
    }

    // scratch[i, 0 .. block) = in[pixels(row + i), k .. k + block), with k running over kernel rows, kernel columns, channels.
    private void gather(long in, int row, int count, int k, int block, float[] scratch) {
        int aStride = rowStride();
        int to = Simd.FIRST;
        if (isProduct()) {
            long from = in + 4L * ((long) row * pixelStride + k);
            for (int i = 0; i < count; i++) {
                Simd.copyIn(from, scratch, to, block);
                from += 4L * pixelStride;
                to += aStride;
            }
        } else {
            int x = row % outWidth;
            int y = row / outWidth % outHeight;
            int image = row / outWidth / outHeight;
            for (int i = 0; i < count; i++) {
                gatherPixel(in, image, y * stride - paddingY, x * stride - paddingX, k, block, scratch, to);
                to += aStride;
                if (++x == outWidth) {
                    x = 0;
                    if (++y == outHeight) {
                        y = 0;
                        image++;
                    }
                }
            }
        }
        for (int i = count; i < ceilDiv(count, ROWS) * ROWS; i++) {
            Arrays.fill(scratch, to, to + block, 0); // rows of the last tile beyond the output
            to += aStride;
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
        int columns = Math.min(COLUMNS, outChannels - column);
        long first = 4L * ((long) row * outStride + column);
        if (columns == COLUMNS) {
            Epilogue.panel(
                    scratch,
                    c,
                    COLUMNS,
                    count,
                    bias == 0 ? 0 : bias + 4L * column,
                    residual == 0 ? 0 : residual + first,
                    relu,
                    out + first,
                    outStride);
            return;
        }
        for (int i = 0; i < count; i++) {
            long offset = first + 4L * i * outStride;
            Epilogue.row(
                    scratch,
                    c + i * COLUMNS,
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

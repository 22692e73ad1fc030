package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.MicroKernel.COLUMNS;
import static io.github.remocap.tensor.vector.MicroKernel.ROWS;
import static io.github.remocap.tensor.vector.Simd.LANES;

/**
 * {@link Winograd}'s convolution for many channels and few pixels, in two passes: first all patches are transformed, then a unit of
 * work computes a panel of output channels for a range of tiles. Weights are transformed where they are used, a row of frequencies at
 * a time: four times as large, they would have to come from memory, which takes longer than to compute them. They are packed as for
 * {@link ImplicitGemm}, so that nothing is prepared when weights change.
 *
 * <p>An instance is the geometry; it holds no memory, and any number of threads may run it at once, each with a scratch.
 */
public final class WideWinograd {
    /** Width of a packed weight panel. */
    static final int PANEL = COLUMNS;

    private static final int PATCH = WinogradTiles.PATCH;
    private static final int FREQUENCIES = WinogradTiles.FREQUENCIES;

    private static final int DEPTH = WinogradTiles.DEPTH;

    // Below, transforms cost more than they save, or tiles are mostly empty.
    private static final int LEAST_CHANNELS = 32;
    private static final int LEAST_PIXELS = 36;
    /** Transformed patches are one array. */
    private static final long MOST_FLOATS = 1 << 28;

    /** Products of a unit stay in the second-level cache. */
    private static final int RANGE = (LANES == 16 ? 11 : 22) * ROWS;

    private final WinogradTiles tiles;
    private final int channels;
    private final int outChannels;
    private final int panels;
    private final int range; // tiles of a unit
    private final int ranges;
    private final int chunk; // channels of a chain
    private final int rowStride; // floats between two tiles' channels
    private final int planeStride; // floats between two frequencies of the patches
    private final int chunkStride; // floats between two chains of the patches
    private final int weightStride; // floats between two frequencies of the weights
    private final int productStride; // floats between two frequencies of the products

    /**
     * Geometry of a convolution of {@code [images, height, width, channels]} to {@code [images, height, width, outChannels]}.
     *
     * @throws IllegalArgumentException if {@link Winograd#supports} denies
     */
    public WideWinograd(int images, int height, int width, int channels, int outChannels) {
        if (!Winograd.supports(channels)) {
            throw new IllegalArgumentException(channels + " input channels are not a multiple of " + LANES);
        }
        this.tiles = new WinogradTiles(images, height, width, channels);
        this.channels = channels;
        this.outChannels = outChannels;
        this.panels = ceilDiv(outChannels, COLUMNS);
        int groups = ceilDiv(tiles.count(), ROWS);
        this.range = ceilDiv(groups, ceilDiv(tiles.count(), RANGE)) * ROWS;
        this.ranges = ceilDiv(tiles.count(), range);
        this.chunk = Math.min(DEPTH, channels);
        this.rowStride = chunk + 16; // a power of two would map rows to the same cache sets
        this.planeStride = groups * ROWS * rowStride;
        this.chunkStride = Math.multiplyExact(FREQUENCIES, planeStride);
        this.weightStride = chunk * COLUMNS + 16;
        this.productStride = range * COLUMNS + 16;
    }

    /** Floats of all transformed patches, {@code [chain][36][tile][channel]}: products read one stream. */
    public int transformedFloats() {
        return Math.addExact(Simd.FIRST, Math.multiplyExact(ceilDiv(channels, chunk), chunkStride));
    }

    /**
     * Whether this way is possible and worth it.
     *
     * @param channels of the input
     * @param outChannels of the output
     */
    public static boolean pays(int images, int height, int width, int channels, int outChannels) {
        long patches = WinogradTiles.count(images, height, width);
        return Winograd.supports(channels) && channels >= LEAST_CHANNELS && outChannels >= LEAST_CHANNELS && height * width >= LEAST_PIXELS
            && patches * FREQUENCIES * channels < MOST_FLOATS;
    }

    /** Units of the first pass. */
    public int transformUnits() {
        return ceilDiv(tiles.count(), ROWS);
    }

    /** Units of the second pass. */
    public int units() {
        return panels * ranges;
    }

    /** Floats of scratch that both passes need, one scratch per thread. */
    public int scratchFloats() {
        return Simd.FIRST + Math.max(WinogradTiles.HALVES, FREQUENCIES * productStride + MicroKernel.TILE);
    }

    /** Bytes of native scratch that the second pass needs, one per thread. */
    public long scratchBytes() {
        return 4L * PATCH * weightStride;
    }

    /**
     * Transforms the patches of one unit.
     *
     * @param in address of the input
     * @param transformed receives them, {@link #transformedFloats()} of all units
     */
    public void transform(int unit, long in, float[] transformed, float[] scratch) {
        int first = unit * ROWS;
        int count = Math.min(ROWS, tiles.count() - first);
        for (int t = 0; t < count; t++) {
            tiles.transform(in, first + t, scratch, Simd.FIRST, transformed, Simd.FIRST + (first + t) * rowStride, planeStride, chunkStride);
        }
    }

    /**
     * Computes one unit of the output.
     *
     * @param transformed patches of all units
     * @param packed address of weights in {@link Panels}, best aligned to 64 bytes
     * @param bias address of {@code [outChannels]}, or 0
     * @param residual address of a tensor of the output's shape, which may be the output itself, or 0
     * @param relu whether negative results become 0
     * @param out address of the output
     * @param weights address of {@link #scratchBytes()}, of the calling thread alone
     * @param products {@link #scratchFloats()}, of the calling thread alone
     */
    public void run(int unit, float[] transformed, long packed, long bias, long residual, boolean relu, long out, long weights, float[] products) {
        int panel = unit / ranges;
        int first = unit % ranges * range;
        int count = Math.min(range, tiles.count() - first);
        int groups = ceilDiv(count, ROWS);
        int tap = channels * COLUMNS;
        for (int k = 0; k < channels; k += chunk) {
            int depth = Math.min(chunk, channels - k);
            int patches = Simd.FIRST + k / chunk * chunkStride + first * rowStride;
            for (int f = 0; f < FREQUENCIES; f++) {
                if (f % PATCH == 0) {
                    WinogradKernel.weights(packed + 36L * tap * panel + 4L * COLUMNS * k, tap, f / PATCH, depth * COLUMNS, weights, weightStride);
                }
                int begin = Math.clamp(tiles.first(f) - first, 0, count) / ROWS;
                int end = ceilDiv(Math.clamp(tiles.end(f) - first, 0, count), ROWS);
                multiply(begin, end, depth, outChannels - panel * COLUMNS, transformed, patches + f * planeStride,
                    weights + 4L * weightStride * (f % PATCH), products, Simd.FIRST + f * productStride, k > 0);
            }
        }
        tiles.finish(first, count, panel * COLUMNS, outChannels, products, Simd.FIRST, productStride, bias, residual, relu, out);
    }

    private void multiply(int begin, int end, int depth, int columns, float[] patches, int a, long weights, float[] products, int c, boolean accumulate) {
        for (int g = begin; g < end; g++) {
            MicroKernel.multiply(
                    depth,
                    columns,
                    patches,
                    a + g * ROWS * rowStride,
                    rowStride,
                    weights,
                    products,
                    c + g * ROWS * COLUMNS,
                    COLUMNS,
                    accumulate,
                    Simd.FIRST + FREQUENCIES * productStride);
        }
    }

    private static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }
}

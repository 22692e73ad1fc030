package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.MicroKernel.COLUMNS;
import static io.github.remocap.tensor.vector.MicroKernel.ROWS;
import static io.github.remocap.tensor.vector.Simd.LANES;

/**
 * Convolution 3x3 with stride 1 and padding 1 by Winograd's F(4x4, 3x3): 36 multiplications for 16 results instead of 144.
 *
 * <p>With the points 0, 1, -1, 2, -1/2 and infinity (Lavin and Gray 2015; the points after Barabasz et al. 2020, whose rounding
 * error is two thirds of that of 0, +-1, +-2). Where tiles of 4 would overhang the image, some have 3 rows or columns: their fourth output would be the
 * only one with products of the point at infinity, which are left out. A unit of work transforms a block of tiles, multiplies it frequency by frequency
 * with the transformed weights of a few panels, and transforms these products back, so that only a block's worth of transformed
 * data exists at any time. Units write disjoint parts of the output: results do not depend on the number of threads.
 *
 * <p>An instance is the geometry; it holds no memory, and any number of threads may run it at once, each with a scratch.
 */
public final class Winograd {
    private static final int PATCH = WinogradTiles.PATCH;
    private static final int FREQUENCIES = WinogradTiles.FREQUENCIES;

    private static final int DEPTH = WinogradTiles.DEPTH;

    // Tiles of a block: 24 keep the transformed data near the second-level cache up to 256 channels; beyond, the weights no
    // longer fit any cache, and more tiles share what is streamed. Measured again with 512-bit vectors: fewer tiles where the weights fit the
    // second-level cache, more from 128 channels on, where they do not.
    private static final int BLOCK_TILES = LANES == 16 ? 12 : 24;
    private static final int BLOCK_TILES_WIDE = LANES == 16 ? 66 : 48;
    private static final int WIDE = LANES == 16 ? 128 : 512;

    private static final int GROUP_PANELS = 2;

    // Weight transform: row f is (1, p, p^2) / prod(p - q) for point p, the others q.
    private static final double[][] G = {
        {1, 0, 0},
        {-1 / 3.0, -1 / 3.0, -1 / 3.0},
        {1 / 3.0, -1 / 3.0, 1 / 3.0},
        {1 / 15.0, 2 / 15.0, 4 / 15.0},
        {-16 / 15.0, 8 / 15.0, -4 / 15.0},
        {0, 0, 1},
    };

    private final WinogradTiles tiles;
    private final int channels;
    private final int outChannels;
    private final int blockTiles;
    private final int blocks;
    private final int groupPanels; // panels multiplied before their products are transformed back
    private final int splitPanels; // panels of one unit
    private final int splits;
    private final int rowStride; // floats between two tiles' channels of one frequency
    private final int planeStride; // floats between two frequencies of the transformed input
    private final int productStride; // floats between two frequencies of the products

    /**
     * Geometry of a convolution of {@code [images, height, width, channels]} to {@code [images, height, width, outChannels]}.
     *
     * @throws IllegalArgumentException if {@link #supports} denies
     */
    public Winograd(int images, int height, int width, int channels, int outChannels) {
        if (!supports(channels)) {
            throw new IllegalArgumentException(channels + " input channels are not a multiple of " + LANES);
        }
        this.tiles = new WinogradTiles(images, height, width, channels);
        this.channels = channels;
        this.outChannels = outChannels;
        int panels = ceilDiv(outChannels, COLUMNS);
        int wanted = channels >= WIDE ? BLOCK_TILES_WIDE : BLOCK_TILES;
        int count = ceilDiv(tiles.count(), wanted);
        this.blockTiles = ceilDiv(ceilDiv(tiles.count(), count), ROWS) * ROWS;
        this.blocks = ceilDiv(tiles.count(), blockTiles);
        this.groupPanels = Math.min(panels, GROUP_PANELS);
        int split = Math.clamp(panels / groupPanels, 1, ceilDiv(8, blocks)); // eight units keep a few workers busy
        this.splitPanels = ceilDiv(ceilDiv(panels, split), groupPanels) * groupPanels;
        this.splits = ceilDiv(panels, splitPanels);
        this.rowStride = channels + 16; // a power of two would map rows to the same cache sets
        this.planeStride = blockTiles * rowStride;
        this.productStride = blockTiles * COLUMNS + 16;
    }

    /** Whether this many input channels can be transformed; output channels and sizes are free. */
    public static boolean supports(int channels) {
        return channels % LANES == 0;
    }

    /** The weight transform, for other devices: the factor of tap 0, 1 or 2 in frequency 0 to 5 of one direction. */
    public static double weightFactor(int frequency, int tap) {
        return G[frequency][tap];
    }

    /** Number of independent units of work. */
    public int units() {
        return blocks * splits;
    }

    /** Floats of scratch that {@link #run} needs, one scratch per thread. */
    public int scratchFloats() {
        return products() + groupPanels * FREQUENCIES * productStride + MicroKernel.TILE;
    }

    /** Floats of the transformed weights. */
    public long packedFloats() {
        return packedFloats(channels, outChannels);
    }

    /** Floats of the transformed weights of a layer. */
    public static long packedFloats(int channels, int outChannels) {
        return (long) ceilDiv(outChannels, COLUMNS) * COLUMNS * FREQUENCIES * channels;
    }

    /**
     * Transforms and packs weights, for tests and measurements.
     *
     * @param weights address of {@code [outChannels, channels, 3, 3]}
     * @param packed address that receives {@code [ceil(outChannels / COLUMNS)][36][channels][COLUMNS]}, zeros in the tail
     */
    public static void pack(long weights, int outChannels, int channels, long packed) {
        float[] scratch = new float[packScratch(channels)];
        for (int n = 0; n < outChannels; n += COLUMNS) {
            packPanel(weights + 36L * n * channels, Math.min(COLUMNS, outChannels - n), channels, 0, channels,
                packed + 4L * n * FREQUENCIES * channels, scratch);
        }
    }

    /** Floats of scratch for {@link #packPanel}. */
    static int packScratch(int channels) {
        return COLUMNS * (9 * channels + FREQUENCIES);
    }

    /**
     * A part of a panel.
     *
     * @param weights address of the panel's first output channel
     * @param outChannels of the panel
     * @param from first input channel
     * @param end behind the last one
     * @param packed address of the panel
     * @param f scratch
     */
    static void packPanel(long weights, int outChannels, int channels, int from, int end, long packed, float[] f) {
        int taps = 9 * (end - from);
        int lines = COLUMNS * taps;
        for (int n = 0; n < outChannels; n++) {
            Simd.read(weights + 36L * ((long) n * channels + from), f, n * taps, taps);
        }
        java.util.Arrays.fill(f, lines, lines + FREQUENCIES * COLUMNS, 0f); // of output channels that there are not
        double[] half = new double[PATCH * 3];
        for (int c = from; c < end; c++) {
            for (int n = 0; n < outChannels; n++) {
                transform(f, n * taps + 9 * (c - from), half, lines + n);
            }
            for (int frequency = 0; frequency < FREQUENCIES; frequency++) {
                Simd.write(f, lines + frequency * COLUMNS, packed + 4L * COLUMNS * ((long) frequency * channels + c), COLUMNS);
            }
        }
    }

    /** One kernel at {@code w} to its frequencies, {@code COLUMNS} apart. */
    private static void transform(float[] f, int w, double[] half, int to) {
        for (int i = 0; i < PATCH; i++) {
            double[] g = G[i];
            for (int x = 0; x < 3; x++) {
                half[3 * i + x] = g[0] * f[w + x] + g[1] * f[w + 3 + x] + g[2] * f[w + 6 + x];
            }
        }
        for (int i = 0; i < PATCH; i++) {
            double a = half[3 * i];
            double b = half[3 * i + 1];
            double c = half[3 * i + 2];
            for (int j = 0; j < PATCH; j++) {
                double[] g = G[j];
                f[to + (PATCH * i + j) * COLUMNS] = (float) (a * g[0] + b * g[1] + c * g[2]);
            }
        }
    }

    /**
     * Computes one unit.
     *
     * @param unit 0 to {@link #units()} - 1
     * @param in address of the input
     * @param packed address of the transformed weights, best aligned to 64 bytes
     * @param bias address of {@code [outChannels]}, or 0
     * @param residual address of a tensor of the output's shape, which may be the output itself, or 0
     * @param relu whether negative results become 0
     * @param out address of the output, which must not be the input
     * @param scratch at least {@link #scratchFloats()}, of the calling thread alone
     */
    public void run(int unit, long in, long packed, long bias, long residual, boolean relu, long out, float[] scratch) {
        int first = unit % blocks * blockTiles;
        int count = Math.min(blockTiles, tiles.count() - first);
        int panel = unit / blocks * splitPanels;
        int end = Math.min(panel + splitPanels, ceilDiv(outChannels, COLUMNS));
        transform(in, first, count, scratch);
        for (; panel < end; panel += groupPanels) {
            int group = Math.min(groupPanels, end - panel);
            for (int f = 0; f < FREQUENCIES; f++) {
                int begin = Math.clamp(tiles.first(f) - first, 0, count) / ROWS;
                int rows = ceilDiv(Math.clamp(tiles.end(f) - first, 0, count), ROWS);
                for (int p = 0; p < group; p++) {
                    long weights = packed + 4L * COLUMNS * channels * ((long) (panel + p) * FREQUENCIES + f);
                    multiply(begin, rows, f, outChannels - (panel + p) * COLUMNS, weights, scratch,
                        products() + (p * FREQUENCIES + f) * productStride);
                }
            }
            for (int p = 0; p < group; p++) {
                int c = products() + p * FREQUENCIES * productStride;
                tiles.finish(first, count, (panel + p) * COLUMNS, outChannels, scratch, c, productStride, bias, residual, relu, out);
            }
        }
    }

    // The scratch: transformed patches [36][tiles][channels], a channel chunk of half transformed patches, products, a tile.
    private int halves() {
        return Simd.FIRST + FREQUENCIES * planeStride;
    }

    private int products() {
        return halves() + WinogradTiles.HALVES;
    }

    private void multiply(int begin, int end, int f, int columns, long weights, float[] scratch, int c) {
        int spare = products() + groupPanels * FREQUENCIES * productStride;
        for (int k = 0; k < channels; k += DEPTH) {
            int depth = Math.min(DEPTH, channels - k);
            for (int tile = begin; tile < end; tile++) {
                MicroKernel.multiply(
                        depth,
                        columns,
                        scratch,
                        Simd.FIRST + f * planeStride + tile * ROWS * rowStride + k,
                        rowStride,
                        weights + 4L * COLUMNS * k,
                        scratch,
                        c + tile * ROWS * COLUMNS,
                        COLUMNS,
                        k > 0,
                        spare);
            }
        }
    }

    private void transform(long in, int first, int count, float[] scratch) {
        for (int t = 0; t < count; t++) {
            tiles.transform(in, first + t, scratch, halves(), scratch, Simd.FIRST + t * rowStride, planeStride, DEPTH);
        }
    }

    private static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }
}

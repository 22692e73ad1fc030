package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.MicroKernel.COLUMNS;
import static io.github.remocap.tensor.vector.MicroKernel.ROWS;
import static io.github.remocap.tensor.vector.Simd.LANES;

/**
 * Convolution 3x3 with stride 1 and padding 1 by Winograd's F(4x4, 3x3): 36 multiplications for 16 results instead of 144.
 *
 * <p>With the points 0, 1, -1, 2, -1/2 and infinity (Lavin and Gray 2015; the points after Barabasz et al. 2020, whose rounding
 * error is two thirds of that of 0, +-1, +-2). A unit of work transforms a block of tiles, multiplies it frequency by frequency
 * with the transformed weights of a few panels, and transforms these products back, so that only a block's worth of transformed
 * data exists at any time. Units write disjoint parts of the output: results do not depend on the number of threads.
 *
 * <p>An instance is the geometry; it holds no memory, and any number of threads may run it at once, each with a scratch.
 */
public final class Winograd {
    private static final int TILE = 4; // outputs of a tile in each direction
    private static final int PATCH = 6; // inputs of a tile in each direction
    private static final int FREQUENCIES = PATCH * PATCH;

    // Channels that are summed in one chain. Bounds the rounding: the relative rms error over 256 channels is
    // 1.5e-6 with chains of 128, 2.2e-6 with chains of 256.
    private static final int DEPTH = 128;

    // Tiles of a block: 24 keep the transformed data near the second-level cache up to 256 channels; beyond, the weights no
    // longer fit any cache, and more tiles share what is streamed.
    private static final int BLOCK_TILES = 24;
    private static final int BLOCK_TILES_WIDE = 48;
    private static final int WIDE = 512;

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

    private final int height;
    private final int width;
    private final int channels;
    private final int outChannels;
    private final int tilesX;
    private final int tilesY;
    private final int tiles;
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
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.outChannels = outChannels;
        this.tilesX = ceilDiv(width, TILE);
        this.tilesY = ceilDiv(height, TILE);
        this.tiles = Math.multiplyExact(Math.multiplyExact(images, tilesX), tilesY);
        int panels = ceilDiv(outChannels, COLUMNS);
        int wanted = channels >= WIDE ? BLOCK_TILES_WIDE : BLOCK_TILES;
        int count = ceilDiv(tiles, wanted);
        this.blockTiles = ceilDiv(ceilDiv(tiles, count), ROWS) * ROWS;
        this.blocks = ceilDiv(tiles, blockTiles);
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

    /** Number of independent units of work. */
    public int units() {
        return blocks * splits;
    }

    /** Floats of scratch that {@link #run} needs, one scratch per thread. */
    public int scratchFloats() {
        return products() + groupPanels * FREQUENCIES * productStride;
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
     * Transforms and packs weights.
     *
     * @param weights address of {@code [outChannels, channels, 3, 3]}
     * @param packed address that receives {@code [ceil(outChannels / PANEL)][36][channels][PANEL]}, zeros in the tail
     */
    public static void pack(long weights, int outChannels, int channels, long packed) {
        double[] half = new double[PATCH * 3];
        for (int n = 0; n < ceilDiv(outChannels, COLUMNS) * COLUMNS; n++) {
            long panel = packed + 4L * ((long) (n / COLUMNS) * FREQUENCIES * channels * COLUMNS + n % COLUMNS);
            for (int c = 0; c < channels; c++) {
                long kernel = weights + 36L * ((long) n * channels + c);
                for (int i = 0; i < PATCH; i++) {
                    for (int x = 0; x < 3; x++) {
                        double sum = 0;
                        for (int y = 0; y < 3 && n < outChannels; y++) {
                            sum += G[i][y] * Simd.get(kernel + 4L * (3 * y + x));
                        }
                        half[3 * i + x] = sum;
                    }
                }
                for (int f = 0; f < FREQUENCIES; f++) {
                    int i = f / PATCH;
                    double[] g = G[f % PATCH];
                    double u = half[3 * i] * g[0] + half[3 * i + 1] * g[1] + half[3 * i + 2] * g[2];
                    Simd.set(panel + 4L * COLUMNS * ((long) f * channels + c), (float) u);
                }
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
        int count = Math.min(blockTiles, tiles - first);
        int panel = unit / blocks * splitPanels;
        int end = Math.min(panel + splitPanels, ceilDiv(outChannels, COLUMNS));
        transform(in, first, count, scratch);
        for (; panel < end; panel += groupPanels) {
            int group = Math.min(groupPanels, end - panel);
            for (int f = 0; f < FREQUENCIES; f++) {
                for (int p = 0; p < group; p++) {
                    long weights = packed + 4L * COLUMNS * channels * ((long) (panel + p) * FREQUENCIES + f);
                    multiply(ceilDiv(count, ROWS), f, weights, scratch, products() + (p * FREQUENCIES + f) * productStride);
                }
            }
            for (int p = 0; p < group; p++) {
                int c = products() + p * FREQUENCIES * productStride;
                WinogradTransform.products(scratch, c, productStride, count * COLUMNS);
                finish(first, count, (panel + p) * COLUMNS, scratch, c, bias, residual, relu, out);
            }
        }
    }

    // The scratch: transformed patches [36][tiles][channels], a channel chunk of half transformed patches, products.
    private int halves() {
        return FREQUENCIES * planeStride;
    }

    private int products() {
        return halves() + FREQUENCIES * WinogradTransform.CHUNK;
    }

    private void multiply(int rowTiles, int f, long weights, float[] scratch, int c) {
        for (int k = 0; k < channels; k += DEPTH) {
            int depth = Math.min(DEPTH, channels - k);
            for (int tile = 0; tile < rowTiles; tile++) {
                MicroKernel.multiply(
                        depth,
                        scratch,
                        f * planeStride + tile * ROWS * rowStride + k,
                        rowStride,
                        weights + 4L * COLUMNS * k,
                        scratch,
                        c + tile * ROWS * COLUMNS,
                        COLUMNS,
                        k > 0);
            }
        }
    }

    private void transform(long in, int first, int count, float[] scratch) {
        for (int t = 0; t < count; t++) {
            int tile = first + t;
            int x = tile % tilesX * TILE - 1;
            int y = tile / tilesX % tilesY * TILE - 1;
            long image = in + 4L * channels * height * width * (tile / tilesX / tilesY);
            for (int c = 0; c < channels; c += WinogradTransform.CHUNK) {
                int chunk = Math.min(WinogradTransform.CHUNK, channels - c);
                for (int i = 0; i < PATCH; i++) {
                    long row = image + 4L * (channels * ((long) (y + i) * width + x) + c);
                    boolean inside = y + i >= 0 && y + i < height;
                    WinogradTransform.patchRow(
                            pixel(row, x, 0, inside),
                            pixel(row, x, 1, inside),
                            pixel(row, x, 2, inside),
                            pixel(row, x, 3, inside),
                            pixel(row, x, 4, inside),
                            pixel(row, x, 5, inside),
                            chunk,
                            scratch,
                            halves() + i * PATCH * WinogradTransform.CHUNK);
                }
                WinogradTransform.patchColumns(scratch, halves(), chunk, t * rowStride + c, planeStride);
            }
        }
    }

    private long pixel(long row, int x, int i, boolean inside) {
        return inside && x + i >= 0 && x + i < width ? row + 4L * channels * i : WinogradTransform.ZEROS;
    }

    private void finish(
            int first, int count, int column, float[] scratch, int c, long bias, long residual, boolean relu, long out) {
        int columns = Math.min(COLUMNS, outChannels - column);
        long shift = bias == 0 ? 0 : bias + 4L * column;
        for (int t = 0; t < count; t++) {
            int tile = first + t;
            int x = tile % tilesX * TILE;
            int y = tile / tilesX % tilesY * TILE;
            int image = tile / tilesX / tilesY;
            int inX = Math.min(TILE, width - x);
            int inY = Math.min(TILE, height - y);
            for (int i = 0; i < inY; i++) {
                long to = 4L * (outChannels * (((long) image * height + y + i) * width + x) + column);
                int from = c + i * PATCH * productStride + t * COLUMNS;
                long add = residual == 0 ? 0 : residual + to;
                if (columns == COLUMNS) {
                    Epilogue.panel(scratch, from, productStride, inX, shift, add, relu, out + to, outChannels);
                } else {
                    for (int j = 0; j < inX; j++) {
                        long pixel = 4L * j * outChannels;
                        Epilogue.row(
                                scratch,
                                from + j * productStride,
                                columns,
                                shift,
                                add == 0 ? 0 : add + pixel,
                                relu,
                                out + to + pixel);
                    }
                }
            }
        }
    }

    private static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }
}

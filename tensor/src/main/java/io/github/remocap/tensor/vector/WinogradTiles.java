package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.MicroKernel.COLUMNS;

/** The tiles of a 3x3 convolution with padding 1: where their pixels are, and their way in and out of Winograd's domain. */
final class WinogradTiles {
    /** Outputs of a tile in each direction; some tiles have one row or column less. */
    static final int TILE = 4;
    /** Inputs of a tile in each direction. */
    static final int PATCH = 6;
    /** Products of a tile, for each pair of channels. */
    static final int FREQUENCIES = PATCH * PATCH;
    /** Channels that are summed in one chain, which bounds the rounding: its relative rms is 1.5e-6 for 256 channels, 2.2e-6 in one chain. */
    static final int DEPTH = 128;
    /** Floats that {@link #transform} needs for patches of which only the rows are transformed. */
    static final int HALVES = FREQUENCIES * WinogradKernel.CHUNK;

    private final int height;
    private final int width;
    private final int channels;
    private final int across; // tiles of 4 columns
    private final int acrossNarrow; // tiles of 3 columns, right of them
    private final int down;
    private final int downNarrow;
    private final int images;
    private final int count;

    /** Tiles of {@code [images, height, width, channels]}. */
    WinogradTiles(int images, int height, int width, int channels) {
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.images = images;
        this.acrossNarrow = narrow(width);
        this.across = all(width) - acrossNarrow;
        this.downNarrow = narrow(height);
        this.down = all(height) - downNarrow;
        this.count = count(images, height, width);
    }

    /** Number of tiles of so many images. */
    static int count(int images, int height, int width) {
        return Math.multiplyExact(Math.multiplyExact(images, all(width)), all(height));
    }

    private static int all(int size) {
        return (size + TILE - 1) / TILE;
    }

    // Where tiles of 4 would overhang, some have 3: 7 is 4 + 3 and takes 6 + 5 products, 14 is 4 + 4 + 3 + 3.
    private static int narrow(int size) {
        return Math.min(all(size) * TILE - size, all(size));
    }

    // Tiles are ordered by size, so that those of 4 rows and those of 4 columns are without gaps:
    // 4 x 3 (rows x columns), 4 x 4, 3 x 4, 3 x 3; in each kind image by image, row by row.
    private int tall() {
        return images * down * (acrossNarrow + across);
    }

    private int squares() {
        return images * down * acrossNarrow;
    }

    private int wide() {
        return images * (down * (acrossNarrow + across) + downNarrow * across);
    }

    /**
     * The first tile with products of frequency {@code f}. The last row and column of frequencies, the point at infinity, only contribute to
     * the fourth row and column of outputs.
     */
    int first(int f) {
        return f % PATCH == PATCH - 1 ? squares() : 0;
    }

    /** The end of the tiles with products of frequency {@code f}. */
    int end(int f) {
        return f / PATCH == PATCH - 1 ? tall() : f % PATCH == PATCH - 1 ? wide() : count;
    }

    private boolean isTall(int tile) {
        return tile < tall();
    }

    private boolean isWide(int tile) {
        return tile >= squares() && tile < wide();
    }

    private int inRow(int tile) {
        return isWide(tile) ? across : acrossNarrow;
    }

    private int inColumn(int tile) {
        return isTall(tile) ? down : downNarrow;
    }

    private int inKind(int tile) {
        return tile - (isTall(tile) ? isWide(tile) ? squares() : 0 : isWide(tile) ? tall() : wide());
    }

    private int image(int tile) {
        return inKind(tile) / inRow(tile) / inColumn(tile);
    }

    private int left(int tile) {
        int x = inKind(tile) % inRow(tile);
        return isWide(tile) ? TILE * x : TILE * across + (TILE - 1) * x;
    }

    private int top(int tile) {
        int y = inKind(tile) / inRow(tile) % inColumn(tile);
        return isTall(tile) ? TILE * y : TILE * down + (TILE - 1) * y;
    }

    /** Number of tiles. */
    int count() {
        return count;
    }

    /**
     * Transforms a tile's patch.
     *
     * @param in address of the input
     * @param half {@link #HALVES} floats of scratch from {@code halves}
     * @param to receives the channels of frequency 0 at {@code at}, the others {@code step} floats apart
     * @param next floats from {@link #DEPTH} channels to the next
     */
    void transform(long in, int tile, float[] half, int halves, float[] to, int at, int step, int next) {
        int x = left(tile) - 1;
        int y = top(tile) - 1;
        long image = in + 4L * channels * height * width * image(tile);
        for (int c = 0; c < channels; c += WinogradKernel.CHUNK) {
            int chunk = Math.min(WinogradKernel.CHUNK, channels - c);
            for (int i = 0; i < PATCH; i++) {
                long row = image + 4L * (channels * ((long) (y + i) * width + x) + c);
                boolean inside = y + i >= 0 && y + i < height;
                WinogradKernel.patchRow(
                        pixel(row, x, 0, inside),
                        pixel(row, x, 1, inside),
                        pixel(row, x, 2, inside),
                        pixel(row, x, 3, inside),
                        pixel(row, x, 4, inside),
                        pixel(row, x, 5, inside),
                        chunk,
                        half,
                        halves + i * PATCH * WinogradKernel.CHUNK);
            }
            WinogradKernel.patchColumns(half, halves, chunk, to, at + c / DEPTH * next + c % DEPTH, step);
        }
    }

    private long pixel(long row, int x, int i, boolean inside) {
        return inside && x + i >= 0 && x + i < width ? row + 4L * channels * i : WinogradKernel.ZEROS;
    }

    /**
     * Transforms a panel of products of some tiles to outputs and writes them, tile by tile, each in the first-level cache.
     *
     * @param first tile
     * @param count tiles
     * @param column first output channel
     * @param outChannels of the output
     * @param y products of tile t and frequency f at {@code from + f * stride + t * COLUMNS}; they are overwritten
     * @param bias address of {@code [outChannels]}, or 0
     * @param residual address of a tensor of the output's shape, or 0
     */
    void finish(int first, int count, int column, int outChannels, float[] y, int from, int stride, long bias, long residual, boolean relu,
            long out) {
        int columns = Math.min(COLUMNS, outChannels - column);
        long shift = bias == 0 ? 0 : bias + 4L * column;
        for (int t = 0; t < count; t++) {
            int tile = first + t;
            WinogradKernel.products(y, from + t * COLUMNS, stride, COLUMNS);
            int left = left(tile);
            int top = top(tile);
            int image = image(tile);
            int inX = Math.min(isWide(tile) ? TILE : TILE - 1, width - left);
            int inY = Math.min(isTall(tile) ? TILE : TILE - 1, height - top);
            for (int i = 0; i < inY; i++) {
                long to = 4L * (outChannels * (((long) image * height + top + i) * width + left) + column);
                int row = from + i * PATCH * stride + t * COLUMNS;
                long add = residual == 0 ? 0 : residual + to;
                if (columns == COLUMNS) {
                    EpilogueKernel.panel(y, row, stride, inX, COLUMNS, shift, add, relu, out + to, outChannels);
                } else {
                    for (int j = 0; j < inX; j++) {
                        long pixel = 4L * j * outChannels;
                        EpilogueKernel.row(y, row + j * stride, columns, shift, add == 0 ? 0 : add + pixel, relu, out + to + pixel);
                    }
                }
            }
        }
    }
}

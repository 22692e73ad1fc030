package io.github.remocap.tornado.lower;

import static io.github.remocap.tensor.vector.Winograd.weightFactor;

import io.github.remocap.tornado.kernel.ConvolutionKernel;
import io.github.remocap.tornado.kernel.WinogradInputKernel;
import java.util.Locale;

/**
 * Winograd's F(4 x 4, 3 x 3): when it pays, and how weights are transformed. 36 products of {@code [tiles, channels]} and {@code [channels, outputs]}
 * take a quarter of the operations of a 3 x 3 convolution, but patches and products go through memory, each more than twice as large as an image.
 */
final class Winograd {
    /** {@code -Dremocap.tornado.winograd=always} or {@code never}: to test and to measure; otherwise where it pays. */
    static final String PROPERTY = "remocap.tornado.winograd";

    /** Operations in the time of one float read or written: 35 % of 67 TFLOP/s against 70 % of 3.35 TB/s; ratios of other devices are like it. */
    private static final long FLOAT = 40;
    /** Operations in the time of the two launches more, of 4 microseconds each. */
    private static final long LAUNCHES = 190_000_000;

    private Winograd() {
    }

    /** Whether a convolution with constant weights, stride 1 and padding 1 goes this way. */
    static boolean isChosen(int images, int height, int width, int inputs, int outputs) {
        return switch (System.getProperty(PROPERTY, "").toLowerCase(Locale.ROOT)) {
            case "always" -> true;
            case "never" -> false;
            default -> pays(images, height, width, inputs, outputs);
        };
    }

    /**
     * Whether three steps take less time than one. A product takes the longer of two times, that of its operations (tiles that are not full count
     * as full) and that of its memory; the two transforms take that of their memory.
     */
    static boolean pays(int images, int height, int width, int inputs, int outputs) {
        long pixels = (long) images * height * width;
        long tiles = tiles(images, height, width);
        long weights = (long) inputs * outputs;
        long wide = whole(outputs, ConvolutionKernel.TILE) * inputs;
        long direct = Math.max(18 * whole(pixels, ConvolutionKernel.TILE) * wide, FLOAT * (pixels * (inputs + outputs) + 9 * weights));
        long products = Math.max(72 * whole(tiles, ConvolutionKernel.TILE) * wide,
            FLOAT * WinogradInputKernel.FREQUENCIES * (tiles * (inputs + outputs) + weights));
        long transforms = FLOAT * (pixels + WinogradInputKernel.FREQUENCIES * tiles) * (inputs + outputs);
        return products + transforms + LAUNCHES < direct;
    }

    /** Tiles of all images. */
    static int tiles(int images, int height, int width) {
        return images * Lowering.groups(height, WinogradInputKernel.TILE) * Lowering.groups(width, WinogradInputKernel.TILE);
    }

    private static long whole(long extent, long tile) {
        return (extent + tile - 1) / tile * tile;
    }

    /**
     * Transforms weights, with the processor's points.
     *
     * @param weights {@code [outputs, inputs, 3, 3]}
     * @return {@code [36, inputs, outputs]}
     */
    static float[] transform(float[] weights, int outputs, int inputs) {
        int patch = WinogradInputKernel.PATCH;
        int plane = inputs * outputs;
        float[] all = new float[Math.multiplyExact(WinogradInputKernel.FREQUENCIES, plane)];
        double[] half = new double[3 * patch];
        for (int c = 0; c < inputs; c++) {
            for (int o = 0; o < outputs; o++) {
                int w = 9 * (o * inputs + c);
                for (int i = 0; i < patch; i++) {
                    for (int x = 0; x < 3; x++) {
                        half[3 * i + x] = weightFactor(i, 0) * weights[w + x] + weightFactor(i, 1) * weights[w + 3 + x]
                            + weightFactor(i, 2) * weights[w + 6 + x];
                    }
                }
                for (int f = 0; f < WinogradInputKernel.FREQUENCIES; f++) {
                    int j = f % patch;
                    int h = f / patch * 3;
                    all[f * plane + c * outputs + o] =
                        (float) (half[h] * weightFactor(j, 0) + half[h + 1] * weightFactor(j, 1) + half[h + 2] * weightFactor(j, 2));
                }
            }
        }
        return all;
    }
}

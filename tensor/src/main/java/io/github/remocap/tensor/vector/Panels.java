package io.github.remocap.tensor.vector;

/** The layout of right matrices: panels of so many columns, each {@code [k][width]}, one behind the other; zeros where there are no columns. */
final class Panels {
    private Panels() {
    }

    /** Floats of {@code [k, n]} in panels. */
    static long floats(int width, int k, int n) {
        return (long) ceilDiv(n, width) * width * k;
    }

    /**
     * Packs convolution weights, for tests and measurements; programs have {@link PackWeights}.
     *
     * @param weights address of {@code [outChannels, channels, kernelHeight, kernelWidth]}
     * @param packed address that receives {@code [ceil(outChannels / width)][kernelHeight * kernelWidth * channels][width]}, zeros in the tail
     */
    static void packConvolution(int width, long weights, int outChannels, int channels, int kernelHeight, int kernelWidth, long packed) {
        int taps = kernelHeight * kernelWidth;
        int depth = taps * channels;
        for (int n = 0; n < ceilDiv(outChannels, width) * width; n++) {
            long to = packed + 4L * ((long) n / width * width * depth + n % width);
            for (int tap = 0; tap < taps; tap++) {
                for (int c = 0; c < channels; c++) {
                    float w = n < outChannels ? Simd.get(weights + 4L * (((long) n * channels + c) * taps + tap)) : 0;
                    Simd.set(to + 4L * width * (tap * channels + c), w);
                }
            }
        }
    }

    /**
     * Packs a right matrix.
     *
     * @param b address of {@code [k, n]} with {@code stride} floats from row to row
     * @param packed address that receives {@code [ceil(n / width)][k][width]}, zeros in the tail
     */
    static void pack(int width, long b, int k, int n, int stride, long packed) {
        for (int n0 = 0; n0 < n; n0 += width) {
            int count = Math.min(width, n - n0);
            for (int i = 0; i < k; i++) {
                long from = b + 4L * ((long) i * stride + n0);
                long to = packed + 4L * ((long) n0 * k + (long) i * width);
                if (count == width) {
                    Simd.copy(from, to, width);
                } else {
                    for (int j = 0; j < width; j++) {
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
     * @param packed address that receives {@code [ceil(n / width)][k][width]}, zeros in the tail
     */
    static void packTransposed(int width, long b, int k, int n, int stride, long packed) {
        for (int n0 = 0; n0 < n; n0 += width) {
            long to = packed + 4L * n0 * k;
            for (int j = 0; j < width; j++) {
                if (n0 + j < n) {
                    long from = b + 4L * stride * (n0 + j);
                    for (int i = 0; i < k; i++) {
                        Simd.set(to + 4L * (i * width + j), Simd.get(from + 4L * i));
                    }
                } else {
                    for (int i = 0; i < k; i++) {
                        Simd.set(to + 4L * (i * width + j), 0);
                    }
                }
            }
        }
    }

    private static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }
}

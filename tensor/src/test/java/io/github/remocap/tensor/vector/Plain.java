package io.github.remocap.tensor.vector;

import org.jspecify.annotations.Nullable;

/** The definition of a convolution, in double precision. */
final class Plain {
    private Plain() {}

    static double[] convolution(
            float[] in,
            float[] weights,
            float @Nullable [] bias,
            float @Nullable [] residual,
            boolean relu,
            int images,
            int height,
            int width,
            int channels,
            int outChannels,
            int kh,
            int kw,
            int stride,
            int pad) {
        int outHeight = (height + 2 * pad - kh) / stride + 1;
        int outWidth = (width + 2 * pad - kw) / stride + 1;
        double[] out = new double[images * outHeight * outWidth * outChannels];
        for (int m = 0; m < out.length / outChannels; m++) {
            int x0 = m % outWidth * stride - pad;
            int y0 = m / outWidth % outHeight * stride - pad;
            int image = m / outWidth / outHeight;
            for (int n = 0; n < outChannels; n++) {
                double sum = 0;
                for (int ky = Math.max(0, -y0); ky < kh && y0 + ky < height; ky++) {
                    for (int kx = Math.max(0, -x0); kx < kw && x0 + kx < width; kx++) {
                        int pixel = ((image * height + y0 + ky) * width + x0 + kx) * channels;
                        int tap = ky * kw + kx;
                        for (int c = 0; c < channels; c++) {
                            sum += (double) in[pixel + c] * weights[(n * channels + c) * kh * kw + tap];
                        }
                    }
                }
                sum += bias == null ? 0 : bias[n];
                sum += residual == null ? 0 : residual[m * outChannels + n];
                out[m * outChannels + n] = relu ? Math.max(sum, 0) : sum;
            }
        }
        return out;
    }
}

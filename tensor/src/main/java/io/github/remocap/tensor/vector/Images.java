package io.github.remocap.tensor.vector;

import org.jspecify.annotations.Nullable;

/** Nearest-neighbour enlargement and its gradient. A unit is a row of the larger image. */
final class Images {
    private Images() {
    }

    /** y = relu(repeat(x) + residual). */
    static final class Upsample extends Step {
        private final int scale;
        private final int rows;
        private final int outHeight;
        private final int outWidth;
        private final int channels;
        private final Buffer x;
        private final @Nullable Buffer residual;
        private final boolean relu;
        private final Buffer y;

        Upsample(int scale, int images, int outHeight, int outWidth, int channels, Buffer x, @Nullable Buffer residual, boolean relu, Buffer y) {
            this.scale = scale;
            this.rows = images * outHeight;
            this.outHeight = outHeight;
            this.outWidth = outWidth;
            this.channels = channels;
            this.x = x;
            this.residual = residual;
            this.relu = relu;
            this.y = y;
        }

        @Override
        int units() {
            return rows;
        }

        @Override
        void run(int unit, Scratch memory) {
            int image = unit / outHeight;
            int inRow = image * (outHeight / scale) + unit % outHeight / scale;
            long from = x.at() + 4L * inRow * (outWidth / scale) * channels;
            for (int px = 0; px < outWidth; px++) {
                long at = 4L * ((long) unit * outWidth + px) * channels;
                RowKernel.rectify(from + 4L * (px / scale) * channels, residual == null ? 0 : residual.at() + at, relu, y.at() + at, channels);
            }
        }
    }

    /** Sums of scale x scale pixels; a unit is a row of the smaller image. */
    static final class Downsum extends Step {
        private final int scale;
        private final int rows;
        private final int outWidth;
        private final int channels;
        private final Buffer x;
        private final Buffer y;

        Downsum(int scale, int images, int outHeight, int outWidth, int channels, Buffer x, Buffer y) {
            this.scale = scale;
            this.rows = images * outHeight;
            this.outWidth = outWidth;
            this.channels = channels;
            this.x = x;
            this.y = y;
        }

        @Override
        int units() {
            return rows;
        }

        @Override
        void run(int unit, Scratch memory) {
            long width = 4L * outWidth * scale * channels;
            for (int px = 0; px < outWidth; px++) {
                long to = y.at() + 4L * ((long) unit * outWidth + px) * channels;
                long from = x.at() + width * unit * scale + 4L * px * scale * channels;
                ElementwiseKernel.zero(to, channels);
                for (int ky = 0; ky < scale; ky++) {
                    for (int kx = 0; kx < scale; kx++) {
                        ElementwiseKernel.accumulate(from + width * ky + 4L * kx * channels, to, channels);
                    }
                }
            }
        }
    }
}

package io.github.remocap.model;

/** Where a pixel is, as features. */
public final class PositionEncoding {
    private PositionEncoding() {
    }

    /**
     * DETR's normalised sine encoding (Carion et al. 2020, https://arxiv.org/abs/2005.12872), {@code [h*w,dim]}: the first half of the
     * features encodes y, the second x.
     */
    public static float[] sine(int dim, int h, int w) {
        int half = dim / 2;
        float[] out = new float[h * w * dim];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int at = (y * w + x) * dim;
                for (int i = 0; i < half; i++) {
                    double scale = Math.pow(10000, 2.0 * Math.floorDiv(i, 2) / half);
                    double ay = (y + 1) / (h + 1e-6) * 2 * Math.PI / scale;
                    double ax = (x + 1) / (w + 1e-6) * 2 * Math.PI / scale;
                    out[at + i] = (float) (i % 2 == 0 ? Math.sin(ay) : Math.cos(ay));
                    out[at + half + i] = (float) (i % 2 == 0 ? Math.sin(ax) : Math.cos(ax));
                }
            }
        }
        return out;
    }
}

package io.github.remocap.render;

/**
 * The colour of a surface by its normal: a hemisphere of sky and ground, a warm key light from the upper left behind the viewer, a
 * cool fill light from the right, a faint highlight, and a little darkening towards the outline, which stands in for ambient
 * occlusion. Light is added up linearly and brought to sRGB at the end.
 */
final class Shading {
    private static final int STEPS = 4096;
    private static final int[] TO_SRGB = new int[STEPS + 1];

    static {
        for (int i = 0; i <= STEPS; i++) {
            double v = (double) i / STEPS;
            double s = v <= 0.0031308 ? 12.92 * v : 1.055 * StrictMath.pow(v, 1 / 2.4) - 0.055; // IEC 61966-2-1
            TO_SRGB[i] = (int) (255 * s + 0.5);
        }
    }

    // Directions to the lights; the viewer is at -z, up is -y. All of length 1.
    private static final float KEY_X = -0.4558f;
    private static final float KEY_Y = -0.5698f;
    private static final float KEY_Z = -0.6838f;
    private static final float FILL_X = 0.8452f;
    private static final float FILL_Y = -0.1690f;
    private static final float FILL_Z = -0.5071f;
    // Half way between the key light and the viewer.
    private static final float HALF_X = -0.2484f;
    private static final float HALF_Y = -0.3105f;
    private static final float HALF_Z = -0.9175f;

    private final float red;
    private final float green;
    private final float blue;

    Shading(int rgb) {
        red = linear(rgb >> 16 & 255);
        green = linear(rgb >> 8 & 255);
        blue = linear(rgb & 255);
    }

    private static float linear(int value) {
        double s = value / 255.0;
        return (float) (s <= 0.04045 ? s / 12.92 : StrictMath.pow((s + 0.055) / 1.055, 2.4)); // IEC 61966-2-1
    }

    /** 0xRRGGBB for a normal that need not have length 1 and faces the viewer (nz below 0) or lies on the outline. */
    int colour(float nx, float ny, float nz) {
        float inverse = 1 / (float) Math.sqrt(Math.max(nx * nx + ny * ny + nz * nz, 1e-20f));
        float x = nx * inverse;
        float y = ny * inverse;
        float z = nz * inverse;
        float sky = 0.5f - 0.5f * y; // 1 above, 0 below
        float key = Math.max(0, x * KEY_X + y * KEY_Y + z * KEY_Z);
        float fill = Math.max(0, x * FILL_X + y * FILL_Y + z * FILL_Z);
        float facing = Math.max(0, -z);
        float occlusion = 0.55f + 0.45f * facing;
        float shine = Math.max(0, x * HALF_X + y * HALF_Y + z * HALF_Z);
        shine *= shine;
        shine *= shine;
        shine *= shine;
        shine *= shine; // to the 16th
        float gloss = 0.06f * shine * shine;
        float r = occlusion * (0.09f + 0.20f * sky + 1.02f * key + 0.12f * fill);
        float g = occlusion * (0.09f + 0.21f * sky + 0.97f * key + 0.15f * fill);
        float b = occlusion * (0.10f + 0.23f * sky + 0.90f * key + 0.19f * fill);
        return srgb(red * r + gloss) << 16 | srgb(green * g + gloss) << 8 | srgb(blue * b + gloss);
    }

    private static int srgb(float linear) {
        return TO_SRGB[(int) (Math.min(1, linear) * STEPS + 0.5f)];
    }
}

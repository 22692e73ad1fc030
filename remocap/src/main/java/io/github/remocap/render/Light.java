package io.github.remocap.render;

/**
 * One distant light and the sky around.
 *
 * @param x direction towards the light, of length 1; x right, y down, z away
 * @param y likewise
 * @param z likewise
 * @param key strength of the light
 * @param sky strength of what comes from all sides, more of it from above
 * @param warmth red over blue of the light, 1 for white
 */
public record Light(float x, float y, float z, float key, float sky, float warmth) {
    /** A colour 0xRRGGBB under this light, on a surface with this normal of any length but 0. */
    int on(int rgb, float nx, float ny, float nz) {
        float inverse = 1 / (float) Math.sqrt(Math.max(nx * nx + ny * ny + nz * nz, 1e-20f));
        float direct = key * Math.max(0, (nx * x + ny * y + nz * z) * inverse);
        float around = sky * (0.75f - 0.25f * ny * inverse);
        float half = (float) Math.sqrt(warmth);
        // Light adds up linearly; squares and roots stand in for the curves of sRGB.
        return tone(rgb >> 16 & 255, around + direct * half) << 16 | tone(rgb >> 8 & 255, around + direct) << 8
            | tone(rgb & 255, around + direct / half);
    }

    private static int tone(int value, float light) {
        return Math.min(255, (int) (value * Math.sqrt(light) + 0.5));
    }
}

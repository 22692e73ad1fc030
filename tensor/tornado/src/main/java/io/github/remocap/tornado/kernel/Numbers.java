package io.github.remocap.tornado.kernel;

/** Arithmetic that TornadoVM 5.2 translates wrongly where it is written the usual way. */
final class Numbers {
    private Numbers() {
    }

    /** The larger of two, NaN if one is. Comparisons other than equality lose NaN when TornadoVM swaps their branches. */
    @SuppressWarnings("IdentityBinaryExpression") // TornadoVM knows no Float.isNaN
    static float larger(float a, float b) {
        return a != a ? a : b != b ? b : a > b ? a : b;
    }

    /** {@code x >>> n}, which would become a signed shift. */
    static long shift(long x, int n) {
        return (x >> n) - ((x >> 63) << (64 - n));
    }
}

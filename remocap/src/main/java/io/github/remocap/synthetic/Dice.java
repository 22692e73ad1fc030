package io.github.remocap.synthetic;

import io.github.remocap.tensor.CounterRandom;

/** Random numbers that depend on a seed and a name alone, on every machine the same. */
final class Dice {
    private final long stream;
    private long thrown;

    Dice(long seed, String name) {
        stream = CounterRandom.stream(CounterRandom.mix(seed ^ CounterRandom.key(name)), 0);
    }

    private Dice(long stream) {
        this.stream = stream;
    }

    /** Others that do not depend on how often these were thrown. */
    Dice named(String name) {
        return new Dice(CounterRandom.stream(CounterRandom.mix(stream ^ CounterRandom.key(name)), 1));
    }

    /** Uniform in [from, to). */
    double between(double from, double to) {
        return from + (to - from) * CounterRandom.uniform(stream, thrown++);
    }

    /** One of 0 to n - 1. */
    int below(int n) {
        return (int) between(0, n);
    }

    /** True with this probability. */
    boolean chance(double probability) {
        return between(0, 1) < probability;
    }

    /** Normal with mean 0, cut at three deviations. */
    double normal(double deviation) {
        double r = Math.sqrt(-2 * Math.log(1 - between(0, 1)));
        return deviation * Math.clamp(r * Math.cos(between(0, 2 * Math.PI)), -3, 3);
    }

    /** Between two colours 0xRRGGBB: the usual one at 0, the other at 1. */
    static int mix(int usual, int other, double share) {
        int out = 0;
        for (int shift = 0; shift <= 16; shift += 8) {
            int a = usual >> shift & 255;
            int b = other >> shift & 255;
            out |= (int) Math.round(a + (b - a) * share) << shift;
        }
        return out;
    }

    /** A colour 0xRRGGBB of this lightness and up to this saturation, each 0 to 1. */
    int colour(double least, double most, double saturation) {
        return java.awt.Color.HSBtoRGB((float) between(0, 1), (float) between(0, saturation), (float) between(least, most)) & 0xFFFFFF;
    }
}

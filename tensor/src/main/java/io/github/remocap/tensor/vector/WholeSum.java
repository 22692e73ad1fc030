package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.set;

/** The sum of all elements, or of their squares, part by part: {@code [parts]}. */
final class WholeSum extends Step {
    private static final int GRAIN = 64 * 1024;

    private final Buffer x;
    private final long n;
    private final int parts;
    private final boolean squared;
    private final Buffer y;

    WholeSum(Buffer x, long n, int parts, boolean squared, Buffer y) {
        this.x = x;
        this.n = n;
        this.parts = parts;
        this.squared = squared;
        this.y = y;
    }

    /** Parts of so many elements. */
    static int parts(long n) {
        return split(n, GRAIN);
    }

    @Override
    int units() {
        return parts;
    }

    @Override
    void run(int unit, Scratch memory) {
        long from = from(n, parts, unit);
        int count = Math.toIntExact(from(n, parts, unit + 1) - from);
        long at = x.at() + 4 * from;
        set(y.at() + 4L * unit, squared ? Reductions.squares(at, count, 0f) : Reductions.sum(at, count));
    }
}

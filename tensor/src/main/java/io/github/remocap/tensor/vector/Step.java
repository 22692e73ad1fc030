package io.github.remocap.tensor.vector;

import org.jspecify.annotations.Nullable;

/**
 * One kernel of a program, cut into independent units: any worker may run any unit, and the result of a unit does not depend on
 * who runs it, which makes results bit-equal for any number of threads.
 */
abstract class Step {
    /** Set by the lowering, for reports and errors. */
    String label = "";
    /** Multiplications and additions of one run, for reports. */
    long flops;
    /** Sizes of the buffers that it touches, set by the lowering, for reports. */
    long bytes;
    /** Set by the lowering, for reports; see {@link LayerKind}. */
    String layer = "";
    /** Stands for an array that this step shares with others that touch it, too: from the first to the last of them it is theirs. Null if none. */
    @Nullable Buffer shared;
    /** Which of the shared arrays, set by the lowering. */
    int slot;

    /** What a unit belongs to, for errors. */
    String label(int unit) {
        return label;
    }

    /** Number of units. */
    abstract int units();

    /** Bytes of scratch memory that a unit needs. */
    long scratchBytes() {
        return 0;
    }

    /** Floats of scratch arrays that a unit needs. */
    int scratchFloats() {
        return 0;
    }

    /** Floats of an array that all workers share, see {@link #shared}. */
    int sharedFloats() {
        return 0;
    }

    /** Computes a unit. */
    abstract void run(int unit, Scratch scratch);

    /** A worker's own memory, native and on the heap: products run faster on arrays. */
    static final class Scratch {
        /** 64-byte aligned, at least {@link #scratchBytes}. */
        long address;
        /** At least {@link #scratchFloats}. */
        float[] floats = new float[0];
        /** The same for all workers, by {@link Step#slot}, at least {@link #sharedFloats} each. */
        float[][] shared = new float[0][];
    }

    /** Units for n elements, at least {@code grain} each. */
    static int split(long n, long grain) {
        return (int) Math.max(1, Math.min(4096, n / Math.max(1, grain)));
    }

    /** First element of a unit when n elements are cut into units. */
    static long from(long n, int units, int unit) {
        return n * unit / units;
    }
}

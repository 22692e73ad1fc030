package io.github.remocap.tensor;

/**
 * Random numbers by counter: a number depends on key, step and index alone, so that it is the same on every device, with any
 * number of threads, and after a resume. The mixing is SplitMix64's finaliser.
 */
public final class CounterRandom {
    /** What the state of a stream grows by from index to index. */
    public static final long GOLDEN = 0x9E3779B97F4A7C15L;
    /** The first factor of {@link #mix}. */
    public static final long FIRST = 0xBF58476D1CE4E5B9L;
    /** The second factor of {@link #mix}. */
    public static final long SECOND = 0x94D049BB133111EBL;

    private CounterRandom() {
    }

    /** SplitMix64's finaliser. */
    public static long mix(long x) {
        long y = (x ^ (x >>> 30)) * FIRST;
        y = (y ^ (y >>> 27)) * SECOND;
        return y ^ (y >>> 31);
    }

    /** 64-bit FNV-1a of a name's UTF-8 bytes, for keys. */
    public static long key(String name) {
        long h = 0xCBF29CE484222325L;
        for (byte b : name.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            h = (h ^ (b & 0xFF)) * 0x100000001B3L;
        }
        return h;
    }

    /** The stream of one step. */
    public static long stream(long key, long step) {
        return mix(key + (step + 1) * 0xD1B54A32D192ED03L);
    }

    /** 24 random bits, uniform in [0, 2^24), of an index of a stream. */
    public static int bits(long stream, long index) {
        return (int) (mix(stream + (index + 1) * GOLDEN) >>> 40);
    }

    /** Uniform in [0, 1), of an index of a stream. */
    public static double uniform(long stream, long index) {
        return bits(stream, index) * 0x1p-24;
    }
}

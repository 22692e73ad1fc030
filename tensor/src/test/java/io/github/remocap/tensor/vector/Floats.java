package io.github.remocap.tensor.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Arrays in native memory for kernel tests, with guards behind what a kernel may write. */
final class Floats {
    private static final float GUARD = 12345.678f;

    private final Arena arena;
    private final SplittableRandom random;

    Floats(Arena arena, long seed) {
        this.arena = arena;
        this.random = new SplittableRandom(seed);
    }

    float[] random(int n) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextDouble(-1, 1);
        }
        return x;
    }

    /** NaN everywhere: what a kernel reads before writing shows up in its result. */
    float[] poisoned(int n) {
        float[] x = new float[n];
        Arrays.fill(x, Float.NaN);
        return x;
    }

    long address(float[] x) {
        MemorySegment s = arena.allocate(4L * x.length, 64);
        MemorySegment.copy(x, 0, s, ValueLayout.JAVA_FLOAT, 0, x.length);
        return s.address();
    }

    long addressOrZero(float @Nullable [] x) {
        return x == null ? 0 : address(x);
    }

    /** Memory for count floats between guards that {@link #assertClose} checks. */
    long guarded(long count) {
        int n = Math.toIntExact(count);
        float[] x = new float[n + 128];
        Arrays.fill(x, GUARD);
        Arrays.fill(x, 64, 64 + n, Float.NaN);
        return address(x) + 256;
    }

    /** Largest difference relative to the largest expected value, and the guards. */
    void assertClose(double[] expected, long actual, double tolerance) {
        double scale = Arrays.stream(expected).map(Math::abs).max().orElse(1);
        for (int i = 0; i < expected.length; i++) {
            float got = Simd.get(actual + 4L * i);
            if (!(Math.abs(got - expected[i]) <= tolerance * scale)) {
                fail("element " + i + " of " + expected.length + ": expected " + expected[i] + ", got " + got + ", scale " + scale);
            }
        }
        for (int i = 0; i < 64; i++) {
            assertEquals(GUARD, Simd.get(actual - 256 + 4L * i), "written before the output");
            assertEquals(GUARD, Simd.get(actual + 4L * (expected.length + i)), "written behind the output");
        }
    }
}

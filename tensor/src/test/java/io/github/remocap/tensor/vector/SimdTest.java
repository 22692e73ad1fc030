package io.github.remocap.tensor.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class SimdTest {
    private static float[] apply(UnaryOperator<FloatVector> f, float[] x) {
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i += Simd.LANES) {
            f.apply(FloatVector.fromArray(Simd.SPECIES, x, i)).intoArray(y, i);
        }
        return y;
    }

    /** Largest error in units of the last place of the true value, over a million numbers from low to high. */
    private static double worst(UnaryOperator<FloatVector> f, DoubleUnaryOperator truth, double low, double high) {
        int n = 1 << 16;
        double worst = 0;
        float[] x = new float[n];
        for (int block = 0; block < 16; block++) {
            for (int i = 0; i < n; i++) {
                x[i] = (float) (low + (high - low) * (block * (double) n + i) / (16.0 * n - 1));
            }
            float[] y = apply(f, x);
            for (int i = 0; i < n; i++) {
                double t = truth.applyAsDouble(x[i]);
                worst = Math.max(worst, Math.abs(y[i] - t) / Math.ulp((float) t));
            }
        }
        return worst;
    }

    @Test
    void expIsWithinTwoUlp() {
        assertTrue(worst(Simd::exp, Math::exp, -87.3, 88.72) < 2);
        assertTrue(worst(Simd::exp, Math::exp, -1, 1) < 2);
        assertTrue(worst(Simd::exp, Math::exp, -1e-6, 1e-6) < 1);
        assertTrue(worst(Simd::exp, Math::exp, 88.7, 88.7228) < 2);
        assertTrue(worst(Simd::exp, Math::exp, -87.3365, -87.3) < 2);
    }

    @Test
    void sigmoidIsWithinFourUlp() {
        DoubleUnaryOperator truth = x -> 1 / (1 + Math.exp(-x));
        assertTrue(worst(Simd::sigmoid, truth, -87, 30) < 4);
        assertTrue(worst(Simd::sigmoid, truth, -1, 1) < 4);
    }

    @Test
    void extremes() {
        float[] x = new float[Math.max(16, Simd.LANES)];
        float[] special = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, -0f, 89f, -88f, Float.MAX_VALUE, -Float.MAX_VALUE,
            Float.MIN_VALUE, -Float.MIN_VALUE, -104f};
        System.arraycopy(special, 0, x, 0, special.length);
        float[] e = apply(Simd::exp, x);
        float inf = Float.POSITIVE_INFINITY;
        float[] exp = {Float.NaN, inf, 0, 1, 1, inf, 0, inf, 0, 1, 1, 0};
        float[] s = apply(Simd::sigmoid, x);
        float[] sigmoid = {Float.NaN, 1, 0, 0.5f, 0.5f, 1, 0, 1, 0, 0.5f, 0.5f, 0};
        for (int i = 0; i < special.length; i++) {
            assertEquals(exp[i], e[i], "exp(" + special[i] + ")");
            assertEquals(sigmoid[i], s[i], 1e-37f, "sigmoid(" + special[i] + ")");
        }
    }

    @Test
    void expNeverDescends() {
        float before = 0;
        float[] x = new float[Simd.LANES];
        for (int block = 0; block < 20_000; block++) {
            for (int i = 0; i < x.length; i++) {
                x[i] = -88.5f + 177.5f * (block * x.length + i) / (20_000f * x.length);
            }
            for (float v : apply(Simd::exp, x)) {
                assertTrue(v >= before * (1 - 2.5e-7f), () -> "descends to " + v);
                before = v;
            }
        }
    }

    @Test
    void sumAddsAllLanes() {
        float[] x = new float[Simd.LANES];
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            x[i] = 1 << i;
            sum += x[i];
        }
        assertEquals((float) sum, Simd.sum(FloatVector.fromArray(Simd.SPECIES, x, 0)));
    }
}

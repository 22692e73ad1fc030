package io.github.remocap.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CounterRandomTest {
    /** The published sequence of SplitMix64 for the seed 1234567. */
    @Test
    void mixesAsSplitMix64() {
        long golden = 0x9E3779B97F4A7C15L;
        assertEquals("6457827717110365317", Long.toUnsignedString(CounterRandom.mix(1234567 + golden)));
        assertEquals("3203168211198807973", Long.toUnsignedString(CounterRandom.mix(1234567 + 2 * golden)));
        assertEquals("9817491932198370423", Long.toUnsignedString(CounterRandom.mix(1234567 + 3 * golden)));
        assertEquals(6457827717110365317L >>> 40, CounterRandom.bits(1234567, 0));
        assertEquals(3203168211198807973L >>> 40, CounterRandom.bits(1234567, 1));
    }

    /** Test vectors of FNV-1a. */
    @Test
    void keysAreFnv1a() {
        assertEquals(0xcbf29ce484222325L, CounterRandom.key(""));
        assertEquals(0xaf63dc4c8601ec8cL, CounterRandom.key("a"));
        assertEquals(0x85944171f73967e8L, CounterRandom.key("foobar"));
        assertNotEquals(CounterRandom.key("ä"), CounterRandom.key("a"));
    }

    @Test
    void uniform() {
        int n = 1 << 20;
        int[] histogram = new int[64];
        double sum = 0;
        double products = 0;
        double before = 0;
        long stream = CounterRandom.stream(CounterRandom.key("dropout"), 3);
        for (int i = 0; i < n; i++) {
            double u = CounterRandom.uniform(stream, i);
            assertTrue(u >= 0 && u < 1);
            histogram[(int) (u * 64)]++;
            sum += u;
            products += (u - 0.5) * (before - 0.5);
            before = u;
        }
        assertEquals(0.5, sum / n, 0.0015); // 5 standard deviations
        assertEquals(0, products / n, 0.0005);
        double chi2 = 0;
        for (int count : histogram) {
            chi2 += (count - n / 64.0) * (count - n / 64.0) / (n / 64.0);
        }
        assertTrue(chi2 > 20 && chi2 < 130, "chi squared of 63 degrees: " + chi2);
    }

    @Test
    void streamsOfStepsAndKeysAreUnrelated() {
        int n = 100_000;
        double same = 0;
        double other = 0;
        for (int i = 0; i < n; i++) {
            double u = CounterRandom.uniform(CounterRandom.stream(1, 0), i) - 0.5;
            same += u * (CounterRandom.uniform(CounterRandom.stream(1, 1), i) - 0.5);
            other += u * (CounterRandom.uniform(CounterRandom.stream(2, 0), i) - 0.5);
        }
        assertEquals(0, same / n, 0.0015);
        assertEquals(0, other / n, 0.0015);
    }

    @Test
    void dropoutRateAndScale() {
        for (double p : new double[] {0, 0.1, 0.5, 0.9}) {
            for (int step = 0; step < 3; step++) {
                int n = 100_000;
                Graph graph = new Graph();
                Tensor x = graph.constant(Shape.of(n), ones(n));
                float[] y = graph.apply(new Op.Dropout(p, 77), x, graph.scalar(step)).eval();
                int zeros = 0;
                for (float v : y) {
                    assertTrue(v == 0 || Math.abs(v - 1 / (1 - p)) < 1e-6 / (1 - p), "neither dropped nor scaled: " + v);
                    zeros += v == 0 ? 1 : 0;
                }
                assertEquals(p, zeros / (double) n, 5 * Math.sqrt(p * (1 - p) / n));
            }
        }
    }

    @Test
    void dropoutChangesWithStepAndKey() {
        Graph graph = new Graph();
        Tensor x = graph.constant(Shape.of(1000), ones(1000));
        int[] differing = new int[2];
        float[] a = graph.apply(new Op.Dropout(0.5, 77), x, graph.scalar(0)).eval();
        float[] b = graph.apply(new Op.Dropout(0.5, 77), x, graph.scalar(1)).eval();
        float[] c = graph.apply(new Op.Dropout(0.5, 78), x, graph.scalar(0)).eval();
        for (int i = 0; i < 1000; i++) {
            differing[0] += a[i] != b[i] ? 1 : 0;
            differing[1] += a[i] != c[i] ? 1 : 0;
        }
        assertEquals(500, differing[0], 80);
        assertEquals(500, differing[1], 80);
    }

    private static float[] ones(int n) {
        float[] ones = new float[n];
        java.util.Arrays.fill(ones, 1);
        return ones;
    }
}

package io.github.remocap.tensor.vector;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WinogradTest {
    // images, height, width, channels, outChannels
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 16, 16",
        "1, 4, 4, 16, 32",
        "2, 7, 7, 80, 48",
        "1, 5, 9, 32, 21",
        "3, 14, 13, 16, 70",
        "1, 3, 30, 336, 64",
        "2, 28, 28, 32, 16",
    })
    void matchesPlainLoops(int images, int height, int width, int channels, int outChannels) {
        for (int variant = 0; variant < 16; variant++) {
            check((variant & 8) != 0, images, height, width, channels, outChannels, (variant & 1) != 0, (variant & 2) != 0, (variant & 4) != 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 12, 12, 64, 64", "1, 8, 8, 256, 256", "1, 7, 7, 512, 512"})
    void roundsAsWellAsPromised(int images, int height, int width, int channels, int outChannels) {
        for (boolean wide : new boolean[] {false, true}) {
            double error = check(wide, images, height, width, channels, outChannels, false, false, false);
            assertTrue(error < 1.8e-6, (wide ? "wide: " : "") + "relative rms error " + error);
        }
    }

    @Test
    void wideRunsWithoutAllocating() {
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        try (Arena arena = Arena.ofConfined()) {
            Floats f = new Floats(arena, 5);
            WideWinograd conv = new WideWinograd(1, 14, 14, 32, 32);
            long packed = f.address(f.random((int) Panels.floats(WideWinograd.PANEL, 9 * 32, 32)));
            long in = f.address(f.random(14 * 14 * 32));
            long out = f.guarded(14 * 14 * 32);
            long weights = f.guarded(conv.scratchBytes() / 4);
            float[] scratch = new float[conv.scratchFloats()];
            float[] transformed = new float[conv.transformedFloats()];
            long used = Long.MAX_VALUE;
            for (int i = 0; i < 4000 && used > 0; i++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                wide(conv, in, packed, 0, 0, true, out, weights, transformed, scratch);
                used = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertTrue(used == 0 || Simd.SPECIES != FloatVector.SPECIES_PREFERRED, "bytes allocated by a compiled run: " + used);
        }
    }

    private static void wide(WideWinograd conv, long in, long packed, long bias, long residual, boolean relu, long out, long weights,
            float[] transformed, float[] scratch) {
        for (int unit = conv.transformUnits() - 1; unit >= 0; unit--) {
            conv.transform(unit, in, transformed, scratch);
        }
        for (int unit = conv.units() - 1; unit >= 0; unit--) {
            conv.run(unit, transformed, packed, bias, residual, relu, out, weights, scratch);
        }
    }

    @Test
    void runsWithoutAllocating() {
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        try (Arena arena = Arena.ofConfined()) {
            Floats f = new Floats(arena, 5);
            Winograd conv = new Winograd(1, 14, 14, 32, 32);
            long packed = f.guarded(conv.packedFloats());
            long in = f.address(f.random(14 * 14 * 32));
            long out = f.guarded(14 * 14 * 32);
            float[] scratch = new float[conv.scratchFloats()];
            long used = Long.MAX_VALUE;
            for (int i = 0; i < 4000 && used > 0; i++) { // once compiled, vectors live in registers
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int unit = 0; unit < conv.units(); unit++) {
                    conv.run(unit, in, packed, 0, 0, true, out, scratch);
                }
                used = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertTrue(used == 0 || Simd.SPECIES != FloatVector.SPECIES_PREFERRED, "bytes allocated by a compiled run: " + used);
        }
    }

    private static double check(
            boolean wide,
            int images,
            int height,
            int width,
            int channels,
            int outChannels,
            boolean relu,
            boolean withBias,
            boolean withResidual) {
        try (Arena arena = Arena.ofConfined()) {
            Floats f = new Floats(arena, channels);
            int count = images * height * width;
            float[] in = f.random(count * channels);
            float[] weights = f.random(outChannels * channels * 9);
            float[] bias = withBias ? f.random(outChannels) : null;
            float[] residual = withResidual ? f.random(count * outChannels) : null;
            double[] expected =
                    Plain.convolution(in, weights, bias, residual, relu, images, height, width, channels, outChannels, 3, 3, 1, 1);
            long source = f.address(in);
            long biasAddress = f.addressOrZero(bias);
            long residualAddress = f.addressOrZero(residual);
            long out = f.guarded((long) count * outChannels);
            if (wide) {
                WideWinograd conv = new WideWinograd(images, height, width, channels, outChannels);
                long packed = f.guarded(Panels.floats(WideWinograd.PANEL, 9 * channels, outChannels));
                Panels.packConvolution(WideWinograd.PANEL, f.address(weights), outChannels, channels, 3, 3, packed);
                wide(conv, source, packed, biasAddress, residualAddress, relu, out, f.guarded(conv.scratchBytes() / 4),
                        f.poisoned(conv.transformedFloats()), f.poisoned(conv.scratchFloats()));
            } else {
                Winograd conv = new Winograd(images, height, width, channels, outChannels);
                long packed = f.guarded(conv.packedFloats());
                Winograd.pack(f.address(weights), outChannels, channels, packed);
                float[] scratch = f.poisoned(conv.scratchFloats());
                for (int unit = conv.units() - 1; unit >= 0; unit--) {
                    conv.run(unit, source, packed, biasAddress, residualAddress, relu, out, scratch);
                }
            }
            f.assertClose(expected, out, 1e-5);
            double difference = 0;
            double size = 0;
            for (int i = 0; i < expected.length; i++) {
                difference += Math.pow(Simd.get(out + 4L * i) - expected[i], 2);
                size += expected[i] * expected[i];
            }
            return Math.sqrt(difference / size);
        }
    }
}

package io.github.remocap.tensor.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImplicitGemmTest {
    // images, height, width, channels, outChannels, kernelHeight, kernelWidth, stride, padding
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1, 1, 1, 1, 1, 0",
        "2, 5, 7, 3, 10, 3, 3, 1, 1",
        "1, 9, 6, 5, 16, 3, 3, 2, 1",
        "3, 8, 8, 8, 33, 3, 3, 2, 1",
        "1, 13, 11, 3, 64, 7, 7, 2, 3",
        "2, 4, 5, 1, 17, 7, 7, 1, 3",
        "2, 7, 7, 64, 48, 3, 3, 1, 1",
        "1, 6, 10, 37, 70, 1, 1, 1, 0",
        "1, 6, 10, 12, 20, 1, 1, 2, 0",
        "1, 5, 9, 6, 18, 1, 3, 1, 1",
        "1, 9, 5, 6, 18, 5, 2, 3, 2",
        "1, 3, 3, 2, 5, 3, 3, 1, 4",
        "2, 14, 14, 90, 300, 3, 3, 1, 1",
        "1, 30, 31, 16, 24, 3, 3, 1, 1",
    })
    void matchesPlainLoops(int images, int height, int width, int channels, int outChannels, int kh, int kw, int stride, int pad) {
        for (int variant = 0; variant < 8; variant++) {
            boolean relu = (variant & 1) != 0;
            boolean withBias = (variant & 2) != 0;
            boolean withResidual = (variant & 4) != 0;
            try (Arena arena = Arena.ofConfined()) {
                Floats f = new Floats(arena, variant);
                ImplicitGemm gemm =
                        ImplicitGemm.convolution(images, height, width, channels, outChannels, kh, kw, stride, pad);
                int rows = images * ((height + 2 * pad - kh) / stride + 1) * ((width + 2 * pad - kw) / stride + 1);
                float[] in = f.random(images * height * width * channels);
                float[] weights = f.random(outChannels * channels * kh * kw);
                float[] bias = withBias ? f.random(outChannels) : null;
                float[] residual = withResidual ? f.random(rows * outChannels) : null;
                double[] expected =
                        Plain.convolution(in, weights, bias, residual, relu, images, height, width, channels, outChannels, kh, kw, stride, pad);
                long packed = f.guarded(gemm.packedFloats());
                Panels.packConvolution(ImplicitGemm.panel(kh * kw, channels, outChannels), f.address(weights), outChannels, channels, kh, kw, packed);
                long out = f.guarded((long) rows * outChannels);
                long source = f.address(in);
                long biasAddress = f.addressOrZero(bias);
                long residualAddress = f.addressOrZero(residual);
                float[] scratch = f.poisoned(gemm.scratchFloats());
                for (int unit = gemm.units() - 1; unit >= 0; unit--) {
                    gemm.run(unit, source, packed, biasAddress, residualAddress, relu, out, scratch);
                }
                f.assertClose(expected, out, 2e-6);
            }
        }
    }

    // m, k, n, extra floats in a row
    @ParameterizedTest
    @CsvSource({"1, 1, 1, 0", "7, 5, 3, 2", "49, 64, 64, 0", "100, 1000, 70, 6", "431, 64, 431, 0", "13, 2048, 512, 16", "600, 30, 200, 0", "300, 700, 150, 3"})
    void multipliesMatrices(int m, int k, int n, int extra) {
        try (Arena arena = Arena.ofConfined()) {
            Floats f = new Floats(arena, m);
            float[] a = f.random(m * (k + extra));
            float[] b = f.random(k * (n + extra));
            double[] expected = new double[m * n];
            float[] transposed = new float[n * (k + extra)];
            for (int j = 0; j < n; j++) {
                for (int p = 0; p < k; p++) {
                    transposed[j * (k + extra) + p] = b[p * (n + extra) + j];
                }
            }
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    for (int p = 0; p < k; p++) {
                        expected[i * n + j] += (double) a[i * (k + extra) + p] * b[p * (n + extra) + j];
                    }
                }
            }
            ImplicitGemm gemm = ImplicitGemm.product(m, k, n, k + extra, n);
            long packed = f.guarded(gemm.packedFloats());
            Panels.pack(ImplicitGemm.panel(1, k, n), f.address(b), k, n, n + extra, packed);
            long again = f.guarded(gemm.packedFloats());
            Panels.packTransposed(ImplicitGemm.panel(1, k, n), f.address(transposed), k, n, k + extra, again);
            for (long i = 0; i < gemm.packedFloats(); i++) {
                assertEquals(Simd.get(packed + 4 * i), Simd.get(again + 4 * i));
            }
            long out = f.guarded((long) m * n);
            long source = f.address(a);
            float[] scratch = f.poisoned(gemm.scratchFloats());
            for (int unit = 0; unit < gemm.units(); unit++) {
                gemm.run(unit, source, packed, 0, 0, false, out, scratch);
            }
            f.assertClose(expected, out, 2e-6);
        }
    }

    @Test
    void leavesTheRestOfAnOutputRowAlone() {
        try (Arena arena = Arena.ofConfined()) {
            Floats f = new Floats(arena, 3);
            int m = 20;
            int k = 10;
            int n = 21;
            int stride = 40;
            ImplicitGemm gemm = ImplicitGemm.product(m, k, n, k, stride);
            long packed = f.guarded(gemm.packedFloats());
            Panels.pack(ImplicitGemm.panel(1, k, n), f.address(f.random(k * n)), k, n, n, packed);
            float[] before = f.random(m * stride);
            long out = f.address(before);
            long in = f.address(f.random(m * k));
            float[] scratch = new float[gemm.scratchFloats()];
            for (int unit = 0; unit < gemm.units(); unit++) {
                gemm.run(unit, in, packed, 0, 0, false, out, scratch);
            }
            for (int i = 0; i < m; i++) {
                for (int j = n; j < stride; j++) {
                    assertEquals(before[i * stride + j], Simd.get(out + 4L * (i * stride + j)));
                }
            }
        }
    }

    @Test
    void addsInPlace() {
        try (Arena arena = Arena.ofConfined()) {
            Floats f = new Floats(arena, 4);
            int m = 50;
            int k = 900;
            int n = 37;
            ImplicitGemm gemm = ImplicitGemm.product(m, k, n);
            long packed = f.guarded(gemm.packedFloats());
            Panels.pack(ImplicitGemm.panel(1, k, n), f.address(f.random(k * n)), k, n, n, packed);
            float[] before = f.random(m * n);
            long in = f.address(f.random(m * k));
            long apart = f.guarded((long) m * n);
            long inPlace = f.address(before);
            long residual = f.address(before);
            float[] scratch = new float[gemm.scratchFloats()];
            for (int unit = 0; unit < gemm.units(); unit++) {
                gemm.run(unit, in, packed, 0, residual, false, apart, scratch);
                gemm.run(unit, in, packed, 0, inPlace, false, inPlace, scratch);
            }
            for (int i = 0; i < m * n; i++) {
                assertEquals(Simd.get(apart + 4L * i), Simd.get(inPlace + 4L * i));
            }
        }
    }

    @Test
    void unitsDoNotDependOnWhoRunsThemAndWhen() {
        try (Arena arena = Arena.ofConfined()) {
            Floats f = new Floats(arena, 6);
            ImplicitGemm gemm = ImplicitGemm.convolution(2, 15, 15, 48, 40, 3, 3, 1, 1);
            long packed = f.guarded(gemm.packedFloats());
            Panels.packConvolution(ImplicitGemm.panel(9, 48, 40), f.address(f.random(40 * 48 * 9)), 40, 48, 3, 3, packed);
            int count = 2 * 15 * 15;
            long in = f.address(f.random(count * 48));
            long forward = f.guarded(count * 40L);
            long backward = f.guarded(count * 40L);
            float[] shared = new float[gemm.scratchFloats()];
            for (int unit = 0; unit < gemm.units(); unit++) {
                gemm.run(unit, in, packed, 0, 0, false, forward, shared);
                int other = gemm.units() - 1 - unit;
                gemm.run(other, in, packed, 0, 0, false, backward, f.poisoned(gemm.scratchFloats()));
            }
            for (int i = 0; i < count * 40; i++) {
                assertEquals(Simd.get(forward + 4L * i), Simd.get(backward + 4L * i));
            }
        }
    }

    @Test
    void runsWithoutAllocating() {
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        try (Arena arena = Arena.ofConfined()) {
            Floats f = new Floats(arena, 5);
            ImplicitGemm gemm = ImplicitGemm.convolution(1, 14, 14, 24, 40, 3, 3, 1, 1);
            long packed = f.guarded(gemm.packedFloats());
            long in = f.address(f.random(14 * 14 * 24));
            long out = f.guarded(14 * 14 * 40);
            float[] scratch = new float[gemm.scratchFloats()];
            long used = Long.MAX_VALUE;
            for (int i = 0; i < 4000 && used > 0; i++) { // once compiled, vectors live in registers
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int unit = 0; unit < gemm.units(); unit++) {
                    gemm.run(unit, in, packed, 0, 0, true, out, scratch);
                }
                used = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertTrue(used == 0 || Simd.SPECIES != FloatVector.SPECIES_PREFERRED, "bytes allocated by a compiled run: " + used);
        }
    }
}

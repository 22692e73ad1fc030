package io.github.remocap.tensor.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Speed of the convolution and matrix kernels next to the machine's multiply-add peak.
 *
 * <p>All cases take turns, round after round, so that a busy neighbour disturbs them alike. With one thread a case's figure is
 * the sum over its units of each unit's best time, which a neighbour disturbs least; with several it is the best round.
 * Run with {@code java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED ... KernelProbe [threads] [rounds] [filter]}.
 */
public final class KernelProbe {
    private record Case(String name, double flop, Work work) {}

    private interface Work {
        int units();

        void run(int unit, int worker);
    }

    private static volatile float sink;

    private final int threads;
    private final ExecutorService pool;
    private final MemorySegment pages = HugePages.allocate(Arena.ofShared(), 3L << 29);
    private long used;
    private final List<Case> cases = new ArrayList<>();
    private final float[][] scratch;
    private final SplittableRandom random = new SplittableRandom(1);

    private KernelProbe(int threads) {
        this.threads = threads;
        this.pool = Executors.newFixedThreadPool(threads, r -> {
            Thread t = new Thread(r);
            t.setDaemon(true);
            return t;
        });
        this.scratch = new float[threads][1 << 22];
    }

    /** Entry point. */
    public static void main(String[] args) throws Exception {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 15;
        String filter = args.length > 2 ? args[2] : "";
        KernelProbe probe = new KernelProbe(threads);
        probe.peakCase();
        for (int n : new int[] {384, 512, 1024}) {
            probe.product("gemm " + n, n, n, n, filter);
        }
        probe.product("linear 3528x2048x512", 3528, 2048, 512, filter);
        probe.product("linear 3528x512x2048", 3528, 512, 2048, filter);
        probe.product("linear 3528x512x512", 3528, 512, 512, filter);
        probe.convolution("1x1 64>256 @56", 56, 64, 256, 1, 1, 0, filter);
        probe.convolution("1x1 256>64 @56", 56, 256, 64, 1, 1, 0, filter);
        probe.convolution("3x3 64 @56", 56, 64, 64, 3, 1, 1, filter);
        probe.convolution("3x3 128 @28", 28, 128, 128, 3, 1, 1, filter);
        probe.convolution("3x3 256 @14", 14, 256, 256, 3, 1, 1, filter);
        probe.convolution("3x3 512 @7", 7, 512, 512, 3, 1, 1, filter);
        probe.winograd("winograd 64 @56", 56, 64, filter);
        probe.winograd("winograd 128 @28", 28, 128, filter);
        probe.winograd("winograd 256 @14", 14, 256, filter);
        probe.winograd("winograd 512 @7", 7, 512, filter);
        probe.wide("wide winograd 64 @56", 56, 64, filter);
        probe.wide("wide winograd 128 @28", 28, 128, filter);
        probe.wide("wide winograd 256 @14", 14, 256, filter);
        probe.wide("wide winograd 512 @7", 7, 512, filter);
        probe.convolution("3x3/2 64>64 @112", 112, 64, 64, 3, 2, 1, filter);
        probe.convolution("3x3/2 128>256 @28", 28, 128, 256, 3, 2, 1, filter);
        probe.convolution("3x3/2 256>512 @14", 14, 256, 512, 3, 2, 1, filter);
        probe.convolution("3x3/2 512>1024 @14", 14, 512, 1024, 3, 2, 1, filter);
        probe.convolution("3x3/2 3>64 @224", 224, 3, 64, 3, 2, 1, filter);
        probe.weightGradient("weight gradient 64 @56", 56, 64, filter);
        probe.weightGradient("weight gradient 128 @28", 28, 128, filter);
        probe.weightGradient("weight gradient 256 @14", 14, 256, filter);
        probe.weightGradient("weight gradient 512 @7", 7, 512, filter);
        probe.weightGradient("weight gradient 3528x512x512", filter, WeightGradient.Geometry.product(3528, 512, 512));
        probe.measure(rounds);
        probe.pool.shutdown();
    }

    private void peakCase() {
        int n = 200_000;
        cases.add(new Case("peak", 2.0 * 10 * Simd.LANES * n * threads, new Work() {
            @Override
            public int units() {
                return threads;
            }

            @Override
            public void run(int unit, int worker) {
                sink = peak(n, 0.3f);
            }
        }));
    }

    private static float peak(int n, float x0) {
        FloatVector x = FloatVector.broadcast(Simd.SPECIES, x0);
        FloatVector y = FloatVector.broadcast(Simd.SPECIES, 0.5f);
        FloatVector a = x;
        FloatVector b = x.add(1);
        FloatVector c = x.add(2);
        FloatVector d = x.add(3);
        FloatVector e = x.add(4);
        FloatVector f = x.add(5);
        FloatVector g = x.add(6);
        FloatVector h = x.add(7);
        FloatVector i = x.add(8);
        FloatVector j = x.add(9);
        for (int k = 0; k < n; k++) {
            a = x.fma(y, a);
            b = x.fma(y, b);
            c = x.fma(y, c);
            d = x.fma(y, d);
            e = x.fma(y, e);
            f = x.fma(y, f);
            g = x.fma(y, g);
            h = x.fma(y, h);
            i = x.fma(y, i);
            j = x.fma(y, j);
        }
        return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).reduceLanes(VectorOperators.ADD);
    }

    // From large pages, as programs have it.
    private MemorySegment memory(long bytes) {
        long begin = used;
        used += (bytes + 4096 + 63) / 64 * 64;
        return pages.asSlice(begin, bytes);
    }

    private MemorySegment random(long floats) {
        MemorySegment s = memory(4 * floats);
        for (long i = 0; i < floats; i++) {
            s.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        }
        return s;
    }

    private void product(String name, int m, int k, int n, String filter) {
        if (!name.contains(filter)) {
            return;
        }
        ImplicitGemm gemm = ImplicitGemm.product(m, k, n);
        long packed = memory(4 * gemm.packedFloats()).address();
        Panels.packTransposed(ImplicitGemm.panel(1, k, n), random((long) k * n).address(), k, n, k, packed);
        add(name, 2.0 * m * k * n, gemm, packed, random((long) m * k).address(), random(n).address(), 0, random((long) m * n).address());
    }

    private void convolution(String name, int size, int in, int out, int kernel, int stride, int padding, String filter) {
        if (!name.contains(filter)) {
            return;
        }
        int images = 8;
        ImplicitGemm gemm = ImplicitGemm.convolution(images, size, size, in, out, kernel, kernel, stride, padding);
        long packed = memory(4 * gemm.packedFloats()).address();
        Panels.packConvolution(ImplicitGemm.panel(kernel * kernel, in, out), random((long) out * in * kernel * kernel).address(), out, in, kernel, kernel, packed);
        int outSize = (size + 2 * padding - kernel) / stride + 1;
        long outputs = (long) images * outSize * outSize * out;
        long input = random((long) images * size * size * in).address();
        add(name, 2.0 * outputs * in * kernel * kernel, gemm, packed, input, random(out).address(), random(outputs).address(),
                random(outputs).address());
    }

    private void winograd(String name, int size, int channels, String filter) {
        if (!name.contains(filter)) {
            return;
        }
        int images = 8;
        Winograd conv = new Winograd(images, size, size, channels, channels);
        long packed = memory(4 * conv.packedFloats()).address();
        Winograd.pack(random(9L * channels * channels).address(), channels, channels, packed);
        long count = (long) images * size * size * channels;
        long in = random(count).address();
        long bias = random(channels).address();
        long residual = random(count).address();
        long out = random(count).address();
        if (conv.scratchFloats() > scratch[0].length) {
            throw new IllegalStateException(name + " needs " + conv.scratchFloats());
        }
        cases.add(new Case(name, 18.0 * count * channels, new Work() {
            @Override
            public int units() {
                return conv.units();
            }

            @Override
            public void run(int unit, int worker) {
                conv.run(unit, in, packed, bias, residual, true, out, scratch[worker]);
            }
        }));
    }

    private void weightGradient(String name, int size, int channels, String filter) {
        weightGradient(name, filter, WeightGradient.Geometry.convolution(8, size, size, channels, size, size, channels, 3, 3, 1, 1));
    }

    private void weightGradient(String name, String filter, WeightGradient.Geometry s) {
        if (!name.contains(filter)) {
            return;
        }
        long x = (long) s.images() * s.height() * s.width() * s.inputs();
        long g = (long) s.images() * s.outHeight() * s.outWidth() * s.outputs();
        WeightGradient step = new WeightGradient(Buffer.fixed(4 * x, random(x).address()), Buffer.fixed(4 * g, random(g).address()),
            Buffer.fixed(4 * s.floats() * s.parts(), random(s.floats() * s.parts()).address()), s);
        Step.Scratch[] own = new Step.Scratch[threads];
        for (int i = 0; i < threads; i++) {
            own[i] = new Step.Scratch();
            own[i].floats = scratch[i];
            own[i].address = memory(step.scratchBytes()).address();
        }
        cases.add(new Case(name, step.flops, new Work() {
            @Override
            public int units() {
                return step.units();
            }

            @Override
            public void run(int unit, int worker) {
                step.run(unit, own[worker]);
            }
        }));
    }

    private void wide(String name, int size, int channels, String filter) {
        if (!name.contains(filter)) {
            return;
        }
        int images = 8;
        WideWinograd conv = new WideWinograd(images, size, size, channels, channels);
        long packed = random(Panels.floats(WideWinograd.PANEL, 9 * channels, channels)).address();
        long count = (long) images * size * size * channels;
        long in = random(count).address();
        long bias = random(channels).address();
        long residual = random(count).address();
        long out = random(count).address();
        float[] transformed = new float[Math.toIntExact(conv.transformedFloats())];
        long[] weights = new long[threads];
        for (int i = 0; i < threads; i++) {
            weights[i] = memory(conv.scratchBytes()).address();
        }
        // Several threads may begin with the second pass before the first one ends: wrong results, but the right time.
        cases.add(new Case(name, 18.0 * count * channels, new Work() {
            @Override
            public int units() {
                return conv.transformUnits() + conv.units();
            }

            @Override
            public void run(int unit, int worker) {
                if (unit < conv.transformUnits()) {
                    conv.transform(unit, in, transformed, scratch[worker]);
                } else {
                    conv.run(unit - conv.transformUnits(), transformed, packed, bias, residual, true, out, weights[worker], scratch[worker]);
                }
            }
        }));
    }

    private void add(String name, double flop, ImplicitGemm gemm, long packed, long in, long bias, long residual, long out) {
        cases.add(new Case(name, flop, new Work() {
            @Override
            public int units() {
                return gemm.units();
            }

            @Override
            public void run(int unit, int worker) {
                gemm.run(unit, in, packed, bias, residual, true, out, scratch[worker]);
            }
        }));
    }

    private double seconds(Work work) throws Exception {
        AtomicInteger next = new AtomicInteger();
        long start = System.nanoTime();
        List<Future<?>> done = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int worker = t;
            done.add(pool.submit(() -> {
                for (int unit = next.getAndIncrement(); unit < work.units(); unit = next.getAndIncrement()) {
                    work.run(unit, worker);
                }
            }));
        }
        for (Future<?> f : done) {
            f.get();
        }
        return (System.nanoTime() - start) * 1e-9;
    }

    private double unitSeconds(Work work, double[] best) {
        double total = 0;
        for (int unit = 0; unit < best.length; unit++) {
            long start = System.nanoTime();
            work.run(unit, 0);
            double t = (System.nanoTime() - start) * 1e-9;
            best[unit] = Math.min(best[unit], t);
            total += t;
        }
        return total;
    }

    private void measure(int rounds) throws Exception {
        double[][] best = new double[cases.size()][];
        for (int i = 0; i < best.length; i++) {
            best[i] = new double[cases.get(i).work().units()];
            Arrays.fill(best[i], Double.MAX_VALUE);
        }
        double[][] times = new double[cases.size()][rounds];
        for (int warm = 0; warm < 4; warm++) {
            for (Case c : cases) {
                seconds(c.work());
            }
        }
        for (int r = 0; r < rounds; r++) {
            for (int i = 0; i < cases.size(); i++) {
                times[i][r] = threads == 1 ? unitSeconds(cases.get(i).work(), best[i]) : seconds(cases.get(i).work());
            }
        }
        double peak = 0;
        for (int i = 0; i < cases.size(); i++) {
            Case c = cases.get(i);
            Arrays.sort(times[i]);
            double least = threads == 1 ? Arrays.stream(best[i]).sum() : times[i][0];
            double top = c.flop() / least * 1e-9;
            double median = c.flop() / times[i][rounds / 2] * 1e-9;
            peak = i == 0 ? top : peak;
            System.out.printf(
                    "%-34s best %6.1f GFLOP/s %5.1f %%   median %6.1f   %8.2f ms   %d units%n",
                    c.name(), top, 100 * top / peak, median, least * 1e3, c.work().units());
        }
    }
}

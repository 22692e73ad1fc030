package io.github.remocap.bench;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the machine can do, measured: multiply-adds in registers, and copying memory. Of a device that is not the processor, what its own largest
 * products and copies reach: nothing else can be asked of all of them alike.
 *
 * @param gflops billions of additions and multiplications a second, all threads together
 * @param gigabytes read and written a second by a copy larger than all caches, all threads together
 */
public record Peaks(double gflops, double gigabytes) {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    /** Enough to hide the latency of a multiply-add on two ports. */
    private static final int CHAINS = 10;
    private static final int STEPS = 1_000_000;
    private static final int ROUNDS = 12;
    private static final long COPY_BYTES = 64L << 20;
    /** Rows and columns of a device's products: twice as many as long as one does not take long enough to be measured. */
    private static final int LEAST_PRODUCT = 512;
    private static final int MOST_PRODUCT = 4096;
    private static final double LONG_ENOUGH = 0.05;
    private static final int DEVICE_ROUNDS = 3;

    private static volatile float sink;

    /** Measures with so many threads at once; half a second or so, the best of some rounds. */
    public static Peaks measure(int threads) {
        ExecutorService pool = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("remocap-peak-", 0).factory());
        try (Arena arena = Arena.ofShared()) {
            double best = 0;
            for (int round = 0; round < ROUNDS; round++) {
                double seconds = together(pool, threads, t -> sink = multiplyAdds(STEPS, 0.3f));
                best = Math.max(best, 2.0 * CHAINS * SPECIES.length() * STEPS * threads / seconds * 1e-9);
            }
            List<MemorySegment> from = new ArrayList<>();
            List<MemorySegment> to = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                from.add(arena.allocate(COPY_BYTES, 4096).fill((byte) 1));
                to.add(arena.allocate(COPY_BYTES, 4096).fill((byte) 2));
            }
            double most = 0;
            for (int round = 0; round < ROUNDS; round++) {
                double seconds = together(pool, threads, t -> to.get(t).copyFrom(from.get(t)));
                most = Math.max(most, 2.0 * COPY_BYTES * threads / seconds * 1e-9);
            }
            return new Peaks(best, most);
        } finally {
            pool.shutdownNow();
        }
    }

    /** Measures a device that runs programs elsewhere than in this process's threads. */
    public static Peaks measure(Device device) {
        double best = 0;
        double seconds = 0;
        for (int n = LEAST_PRODUCT; n <= MOST_PRODUCT && seconds < LONG_ENOUGH; n *= 2) {
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(n, n));
            seconds = quickest(device, x, x.matmul(x, false, true));
            best = Math.max(best, 2.0 * n * n * n / seconds * 1e-9);
        }
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of((int) (COPY_BYTES / Float.BYTES)));
        return new Peaks(best, 2.0 * COPY_BYTES / quickest(device, x, x.add(1)) * 1e-9);
    }

    private static double quickest(Device device, Tensor input, Tensor output) {
        try (Program program = device.compile(Compilation.of(output))) {
            program.write(input, new float[Math.toIntExact(input.shape().size())]);
            double least = Double.POSITIVE_INFINITY;
            for (int round = 0; round < DEVICE_ROUNDS; round++) {
                least = Math.min(least, program.profile().stream().mapToDouble(Program.StepTime::seconds).sum());
            }
            return least;
        }
    }

    /** The larger of each. */
    public Peaks max(Peaks other) {
        return new Peaks(Math.max(gflops, other.gflops), Math.max(gigabytes, other.gigabytes));
    }

    private interface Work {
        void run(int thread);
    }

    private static double together(ExecutorService pool, int threads, Work work) {
        long start = System.nanoTime();
        List<Future<?>> done = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int thread = t;
            done.add(pool.submit(() -> work.run(thread)));
        }
        try {
            for (Future<?> f : done) {
                f.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return (System.nanoTime() - start) * 1e-9;
    }

    /** Named vectors: in an array they would be objects. */
    private static float multiplyAdds(int steps, float start) {
        FloatVector x = FloatVector.broadcast(SPECIES, start);
        FloatVector y = FloatVector.broadcast(SPECIES, 0.5f);
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
        for (int k = 0; k < steps; k++) {
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
}

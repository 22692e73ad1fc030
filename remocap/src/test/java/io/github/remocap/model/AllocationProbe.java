package io.github.remocap.model;

import io.github.remocap.figure.Figure;
import io.github.remocap.layers.Weights;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.Devices;
import java.lang.management.ManagementFactory;
import java.util.List;

/** Prints how many bytes runs of a whole network allocate on the heap, by the calling thread and all workers. */
final class AllocationProbe {
    private static final com.sun.management.ThreadMXBean THREADS = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int ROUNDS = 300;

    private static volatile Object sink = "";

    private AllocationProbe() {
    }

    public static void main(String[] arguments) {
        Figure figure = Figure.get();
        Mesh mesh = new Mesh(figure.adjacency(), figure.hierarchy().intermediateToFine());
        RemoCap network = new RemoCap(new Config(16, List.of(1, 1, 1), 1, 32, 16, List.of(8, 16, 32, 64), 128, 10, 8, true, true, 8, 64, List.of(64, 32),
            List.of(128, 64), 4, 1, 0.1, 14, mesh.adjacency().length, mesh.upsample().cols(), mesh.upsample().rows(), false)); // wide enough for Winograd
        float[] images = DeterministicNumbers.uniform("images", 8 * 64 * 64 * 3, -2, 2);
        try (Weights weights = DeterministicNumbers.fill(network, "any");
            Runner runner = new Runner(network, weights, mesh, Devices.cpu(), 8, 64, 64, false, List.of())) {
            for (int i = 0; i < 100; i++) {
                runner.run(images);
            }
            long[] workers = Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith("remocap-worker"))
                .mapToLong(Thread::threadId).toArray();
            long least = Long.MAX_VALUE;
            // Vectors are objects until the last kernel is compiled; once it is, a run allocates nothing.
            for (int round = 0; round < ROUNDS && least > 0; round++) {
                least = Math.min(least, bytes(runner::run, workers));
            }
            long seen = bytes(() -> sink = new byte[4096], workers);
            System.out.println("a run that allocates: 4096 bytes or more: " + (seen >= 10 * 4096));
            System.out.println("bytes in 10 runs: " + least);
        }
    }

    private static long bytes(Runnable run, long[] workers) {
        long[] before = THREADS.getThreadAllocatedBytes(workers);
        long mine = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10; i++) {
            run.run();
        }
        long sum = THREADS.getCurrentThreadAllocatedBytes() - mine;
        long[] after = THREADS.getThreadAllocatedBytes(workers);
        for (int i = 0; i < workers.length; i++) {
            sum += after[i] - before[i];
        }
        return sum;
    }
}

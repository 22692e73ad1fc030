package io.github.remocap.bench;

import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Program.StepTime;
import io.github.remocap.tensor.reference.ReferenceDevice;
import io.github.remocap.tensor.vector.VectorDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Measures a workload: loading, warm runs, heap, memory, then where the time goes, the machine's peaks before and after, and last the same
 * with one thread.
 */
public final class Bench {
    private static final int SLOWEST = 25;
    private static final int MOST_PROFILES = 5;

    /** A device that is used for a while. */
    public interface Lease extends AutoCloseable {
        /** The device. */
        Device device();

        @Override
        void close();
    }

    /** Hears of progress. */
    @FunctionalInterface
    public interface Listener {
        /** Called before each part of the work. */
        void step(String what, int done, int total);
    }

    private final Workload workload;
    private final int warm;
    private final int runs;
    private final Listener listener;
    private int done;
    private int total;

    /**
     * Of a workload.
     *
     * @param warm runs before those that count
     * @param runs that count, at least one
     */
    public Bench(Workload workload, int warm, int runs, Listener listener) {
        if (warm < 0 || runs < 1) {
            throw new IllegalArgumentException("at least one run that counts, and no negative number before, not " + runs + " and " + warm);
        }
        this.workload = workload;
        this.warm = warm;
        this.runs = runs;
        this.listener = listener;
    }

    /**
     * Measures.
     *
     * @param device what to measure
     * @param threads that it uses
     * @param single the same with one thread, opened at the end; null to leave that out
     */
    public BenchResult measure(Lease device, int threads, @Nullable Supplier<Lease> single) throws IOException {
        int profiles = Math.min(MOST_PROFILES, runs);
        total = 3 + warm + runs + profiles + (single == null ? 0 : 1 + warm + runs);
        next("peaks of the machine");
        Peaks before = peaks(device.device(), threads);
        next("loading");
        long start = System.nanoTime();
        BenchResult result;
        try (Workload.Loaded loaded = workload.load(device.device())) {
            double loadSeconds = (System.nanoTime() - start) * 1e-9;
            warmUp(loaded);
            List<Long> allocated = new ArrayList<>();
            Timing seconds = runs(loaded, HeapCounter.create(), allocated);
            Long peakResident = ProcessMemory.peakResident();
            List<List<StepTime>> times = new ArrayList<>();
            for (int i = 0; i < profiles; i++) {
                next("step by step");
                times.add(loaded.profile());
            }
            next("peaks of the machine");
            Peaks peaks = before.max(peaks(device.device(), threads));
            List<StepTime> medians = LayerTime.medians(times);
            Double heap = allocated.isEmpty() ? null : Timing.of(allocated.stream().map(b -> (double) b).toList()).median();
            result = new BenchResult(BenchResult.FORMAT, workload.what(), workload.model(), workload.images(), machine(), device.device().description(),
                threads, peaks, seconds, null, loadSeconds, heap, loaded.memory(), peakResident, LayerTime.byKind(medians),
                LayerTime.slowest(medians, SLOWEST));
        }
        return single == null ? result : result.withOneThread(alone(single));
    }

    /** Of the processor where that computes, else of the device. */
    private static Peaks peaks(Device device, int threads) {
        return device instanceof VectorDevice || device instanceof ReferenceDevice ? Peaks.measure(threads) : Peaks.measure(device);
    }

    private Timing alone(Supplier<Lease> single) throws IOException {
        next("loading for one thread");
        try (Lease one = single.get(); Workload.Loaded loaded = workload.load(one.device())) {
            warmUp(loaded);
            return runs(loaded, null, new ArrayList<>());
        }
    }

    private void warmUp(Workload.Loaded loaded) {
        for (int i = 0; i < warm; i++) {
            next("warming up");
            loaded.run();
        }
    }

    private Timing runs(Workload.Loaded loaded, @Nullable HeapCounter counter, List<Long> allocated) {
        List<Double> seconds = new ArrayList<>(runs);
        for (int i = 0; i < runs; i++) {
            next("running");
            long start = System.nanoTime();
            if (counter == null) {
                loaded.run();
            } else {
                allocated.add(counter.during(loaded::run));
            }
            seconds.add((System.nanoTime() - start) * 1e-9);
        }
        return Timing.of(seconds);
    }

    private void next(String what) {
        listener.step(what, done++, total);
    }

    private static String machine() {
        return System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors()
            + " processors, Java " + Runtime.version();
    }
}

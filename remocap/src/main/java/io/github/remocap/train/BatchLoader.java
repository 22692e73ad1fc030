package io.github.remocap.train;

import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Loads batches ahead on threads of its own, a bounded number of them, and hands them out in order. */
final class BatchLoader implements AutoCloseable {
    /**
     * Clips one after the other.
     *
     * @param clips their numbers
     * @param arrays by name, {@code [clips * S, ...]}
     */
    record Batch(int[] clips, Map<String, float[]> arrays) {
    }

    private final ClipSource source;
    private final List<int[]> batches;
    private final int ahead;
    private final long epoch;
    private final ExecutorService threads;
    private final Deque<Future<Batch>> queue = new ArrayDeque<>();
    private int submitted;

    /**
     * Begins to load.
     *
     * @param batches clip numbers of each batch, in order
     * @param ahead batches in memory besides the one handed out
     * @param epoch from 0
     */
    BatchLoader(ClipSource source, List<int[]> batches, int threads, int ahead, long epoch) {
        this.source = source;
        this.batches = batches;
        this.ahead = ahead;
        this.epoch = epoch;
        this.threads = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("remocap-clips-", 0).factory());
        fill();
    }

    /** Cuts an order into batches; what is left over at the end is left out. */
    static List<int[]> cut(int[] order, int size, int firstBatch) {
        List<int[]> batches = new ArrayList<>();
        for (int from = firstBatch * size; from + size <= order.length; from += size) {
            batches.add(Arrays.copyOfRange(order, from, from + size));
        }
        return batches;
    }

    private void fill() {
        while (submitted < batches.size() && queue.size() < ahead) {
            int[] clips = batches.get(submitted++);
            queue.add(threads.submit(() -> load(clips)));
        }
    }

    private Batch load(int[] clips) throws IOException {
        Map<String, float[]> arrays = new LinkedHashMap<>();
        for (int i = 0; i < clips.length; i++) {
            Map<String, float[]> clip = source.load(clips[i], epoch);
            for (Map.Entry<String, Shape> e : source.shapes().entrySet()) {
                float[] part = clip.get(e.getKey());
                if (part == null || part.length != e.getValue().size()) {
                    throw new IOException(source.describe(clips[i]) + ": " + e.getKey() + " must be " + e.getValue());
                }
                float[] all = arrays.computeIfAbsent(e.getKey(), k -> new float[Math.multiplyExact(part.length, clips.length)]);
                System.arraycopy(part, 0, all, i * part.length, part.length);
            }
        }
        return new Batch(clips, arrays);
    }

    /** Whether all batches were handed out. */
    boolean isDone() {
        return queue.isEmpty();
    }

    /** The next batch; waits for it. If it could not be loaded, the one behind it can still be asked for. */
    Batch next() throws IOException {
        Future<Batch> first = queue.remove();
        try {
            Batch batch = first.get();
            fill();
            return batch;
        } catch (ExecutionException e) {
            fill();
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException r -> throw r;
                case Error error -> throw error;
                case null, default -> throw new IOException(e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while clips were being read", e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}

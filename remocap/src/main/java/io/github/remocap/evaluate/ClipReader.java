package io.github.remocap.evaluate;

import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.data.Augmentation;
import io.github.remocap.data.Clip;
import io.github.remocap.data.NetworkInput;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Reads clips ahead on threads of its own, a bounded number of them, and hands them out in order. */
final class ClipReader implements AutoCloseable {
    /**
     * A clip.
     *
     * @param clip which
     * @param images {@code [frames,size,size,3]}
     * @param inputs its frames
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Loaded(Clip clip, float[] images, List<NetworkInput> inputs) {
    }

    private final AnnotatedImages data;
    private final List<Clip> clips;
    private final int size;
    private final int ahead;
    private final ExecutorService threads;
    private final Deque<Future<Loaded>> queue = new ArrayDeque<>();
    private int submitted;

    ClipReader(AnnotatedImages data, List<Clip> clips, int size, int threads) {
        this.data = data;
        this.clips = clips;
        this.size = size;
        this.ahead = threads + 1;
        this.threads = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("remocap-clips-", 0).factory());
        fill();
    }

    private void fill() {
        while (submitted < clips.size() && queue.size() < ahead) {
            Clip clip = clips.get(submitted++);
            queue.add(threads.submit(() -> load(clip)));
        }
    }

    private Loaded load(Clip clip) throws IOException {
        int[] rows = clip.rows();
        int pixels = size * size * 3;
        float[] images = new float[rows.length * pixels];
        List<NetworkInput> inputs = new ArrayList<>();
        for (int f = 0; f < rows.length; f++) {
            if (f > 0 && rows[f] == rows[f - 1]) { // a short track repeats its last frame
                System.arraycopy(images, (f - 1) * pixels, images, f * pixels, pixels);
                inputs.add(inputs.getLast());
            } else {
                inputs.add(NetworkInput.read(data, rows[f], Augmentation.NONE, size, images, f * pixels));
            }
        }
        return new Loaded(clip, images, inputs);
    }

    /**
     * The next clip; waits for it. If it could not be read, the one behind it can still be asked for.
     *
     * @throws io.github.remocap.data.DamagedRowException if a row of it cannot be used
     */
    Loaded next() throws IOException {
        Future<Loaded> first = queue.remove();
        fill();
        try {
            return first.get();
        } catch (ExecutionException e) {
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

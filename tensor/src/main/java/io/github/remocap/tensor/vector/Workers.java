package io.github.remocap.tensor.vector;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed pool. Workers take units of a step from a counter until none is left; the calling thread is one of them. Which worker
 * runs a unit is left to chance (a busy machine then costs less than with fixed shares); what it computes is not. A step is over when
 * its units are: a worker that slept through it is not waited for. Between steps workers spin for a moment, then park. Nothing is
 * allocated while steps run, but for growing scratch memory once.
 */
final class Workers implements AutoCloseable {
    private static final int SPINS = 20_000;

    private final Thread[] threads;
    private final Step.Scratch[] scratch;
    /** The running step's number in the upper half, how many of its units nobody took yet in the lower. */
    private final AtomicLong left = new AtomicLong();
    private final AtomicInteger done = new AtomicInteger();
    private Arena arena = Arena.ofShared();
    private long scratchBytes;
    private volatile @Nullable Step step;
    private volatile boolean closed;
    private volatile @Nullable Throwable failure;
    private volatile String failed = "";
    private volatile int sleeping;

    Workers(int count) {
        threads = new Thread[count - 1];
        scratch = new Step.Scratch[count];
        for (int i = 0; i < count; i++) {
            scratch[i] = new Step.Scratch();
        }
        for (int i = 0; i < threads.length; i++) {
            int worker = i + 1;
            threads[i] = new Thread(() -> work(worker), "remocap-worker-" + worker);
            threads[i].setDaemon(true);
            threads[i].start();
        }
    }

    int count() {
        return scratch.length;
    }

    /** Makes sure that every worker has so much scratch memory, and all together arrays of so many floats to share. */
    synchronized void reserve(long bytes, int floats, int[] sharedFloats) {
        float[][] shared = Arrays.copyOf(scratch[0].shared, Math.max(sharedFloats.length, scratch[0].shared.length));
        for (int i = 0; i < sharedFloats.length; i++) {
            if (shared[i] == null || sharedFloats[i] > shared[i].length) {
                shared[i] = new float[sharedFloats[i]];
            }
        }
        for (Step.Scratch s : scratch) {
            s.shared = shared;
            if (floats > s.floats.length) {
                s.floats = new float[floats];
            }
        }
        if (bytes > scratchBytes) {
            Arena old = arena;
            arena = Arena.ofShared();
            scratchBytes = bytes;
            for (int i = 0; i < scratch.length; i++) {
                scratch[i].address = arena.allocate(bytes, 4096).address();
            }
            old.close();
        }
    }

    /** Runs steps one after the other. One program at a time. */
    synchronized void run(Step[] steps) {
        if (closed) {
            throw new IllegalStateException("this device is closed");
        }
        for (Step s : steps) {
            run(s);
        }
    }

    private void run(Step s) {
        int units = s.units();
        if (units == 1 || threads.length == 0) {
            for (int u = 0; u < units && failure == null; u++) {
                unit(s, u, 0);
            }
            check();
            return;
        }
        done.set(0);
        step = s;
        int number = number() + 1;
        left.set((long) number << Integer.SIZE | units); // after the step itself: whoever sees these units sees their step
        if (sleeping > 0) {
            for (Thread t : threads) {
                LockSupport.unpark(t);
            }
        }
        units(number, 0);
        for (int spins = 0; done.get() != units; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield(); // more threads than processors: let the workers have this one
            }
        }
        check();
    }

    private void check() {
        Throwable t = failure;
        if (t != null) {
            failure = null;
            throw new IllegalStateException(failed + " failed: " + t, t);
        }
    }

    /** Takes units of the step of this number until there is none left, or another step. */
    private void units(int number, int worker) {
        while (true) {
            long seen = left.get();
            int units = (int) seen;
            if ((int) (seen >>> Integer.SIZE) != number || units == 0) {
                return;
            }
            Step s = step;
            if (s != null && left.compareAndSet(seen, seen - 1)) { // so this step is still running, and s is it
                unit(s, s.units() - units, worker);
                done.incrementAndGet();
            }
        }
    }

    private void unit(Step s, int unit, int worker) {
        if (failure == null) {
            try {
                s.run(unit, scratch[worker]);
            } catch (Throwable t) {
                failed = s.label(unit);
                failure = t;
            }
        }
    }

    private int number() {
        return (int) (left.get() >>> Integer.SIZE);
    }

    private void work(int worker) {
        int seen = 0;
        while (true) {
            int spins = 0;
            while (number() == seen && !closed) {
                if (++spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    park(seen);
                }
            }
            if (closed) {
                return;
            }
            seen = number();
            units(seen, worker);
        }
    }

    private void park(int seen) {
        synchronized (left) {
            sleeping++;
        }
        if (number() == seen && !closed) {
            LockSupport.parkNanos(this, 1_000_000_000L);
        }
        synchronized (left) {
            sleeping--;
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (Thread t : threads) {
            LockSupport.unpark(t);
        }
        for (Thread t : threads) {
            try {
                t.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        arena.close();
    }
}

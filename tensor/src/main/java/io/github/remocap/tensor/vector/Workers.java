package io.github.remocap.tensor.vector;

import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed pool. Workers take units of a step from a counter until none is left; the calling thread is one of them. Which worker
 * runs a unit is left to chance (a busy machine then costs less than with fixed shares); what it computes is not. Between
 * steps workers spin for a moment, then park. Nothing is allocated while steps run, but for growing scratch memory once.
 */
final class Workers implements AutoCloseable {
    private static final int SPINS = 20_000;

    private final Thread[] threads;
    private final Step.Scratch[] scratch;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger pending = new AtomicInteger();
    private Arena arena = Arena.ofShared();
    private long scratchBytes;
    private @Nullable Step step;
    private volatile int epoch;
    private volatile boolean closed;
    private volatile @Nullable Throwable failure;
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

    /** Makes sure that every worker has so much scratch memory, and all together so much to share. */
    synchronized void reserve(long bytes, int floats, int sharedFloats) {
        if (sharedFloats > scratch[0].shared.length) {
            float[] shared = new float[sharedFloats];
            for (Step.Scratch s : scratch) {
                s.shared = shared;
            }
        }
        for (Step.Scratch s : scratch) {
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
            next.set(0);
            units(s, 0);
            check(s);
            return;
        }
        step = s;
        next.set(0);
        pending.set(threads.length);
        epoch++;
        if (sleeping > 0) {
            for (Thread t : threads) {
                LockSupport.unpark(t);
            }
        }
        units(s, 0);
        for (int spins = 0; pending.get() != 0; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield(); // more threads than processors: let the workers have this one
            }
        }
        check(s);
    }

    private void check(Step s) {
        Throwable t = failure;
        if (t != null) {
            failure = null;
            throw new IllegalStateException(s.label + " failed: " + t, t);
        }
    }

    private void units(Step s, int worker) {
        int units = s.units();
        try {
            for (int u = next.getAndIncrement(); u < units; u = next.getAndIncrement()) {
                s.run(u, scratch[worker]);
            }
        } catch (Throwable t) {
            next.set(units);
            failure = t;
        }
    }

    private void work(int worker) {
        int seen = 0;
        while (true) {
            int spins = 0;
            while (epoch == seen && !closed) {
                if (++spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    park(seen);
                }
            }
            if (closed) {
                return;
            }
            seen = epoch;
            Step s = step;
            if (s != null) {
                units(s, worker);
            }
            pending.decrementAndGet();
        }
    }

    private void park(int seen) {
        synchronized (next) {
            sleeping++;
        }
        if (epoch == seen && !closed) {
            LockSupport.parkNanos(this, 1_000_000_000L);
        }
        synchronized (next) {
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

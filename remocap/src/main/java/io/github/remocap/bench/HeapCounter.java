package io.github.remocap.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/** Bytes that the calling thread and the devices' workers allocate on the Java heap; other threads draw progress. */
final class HeapCounter {
    private static final String WORKERS = "remocap-worker";

    private final ThreadMXBean threads;
    private final long[] workers;

    private HeapCounter(ThreadMXBean threads) {
        this.threads = threads;
        this.workers = Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith(WORKERS)).mapToLong(Thread::threadId).toArray();
    }

    /** For the workers that there are now; null where the JVM does not count. */
    static @Nullable HeapCounter create() {
        return ManagementFactory.getThreadMXBean() instanceof ThreadMXBean t && t.isThreadAllocatedMemorySupported() && t.isThreadAllocatedMemoryEnabled()
            ? new HeapCounter(t) : null;
    }

    /** What some work allocates. */
    long during(Runnable work) {
        long others = ofWorkers();
        long own = threads.getCurrentThreadAllocatedBytes();
        work.run();
        own = threads.getCurrentThreadAllocatedBytes() - own;
        return own + ofWorkers() - others;
    }

    private long ofWorkers() {
        long sum = 0;
        for (long bytes : threads.getThreadAllocatedBytes(workers)) {
            sum += Math.max(0, bytes);
        }
        return sum;
    }
}

package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongConsumer;

/** The processor: kernels on {@code jdk.incubator.vector}, a fixed pool of workers. Results do not depend on their number. */
public final class VectorDevice implements Device, AutoCloseable {
    private final Workers workers;
    private Arena workspaceArena = Arena.ofShared();
    private long workspaceStart;
    private long workspaceBytes;
    private long workspaceUsed;

    /** A device with its own workers, the calling thread being one of them. */
    public VectorDevice(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("at least one thread, not " + threads);
        }
        this.workers = new Workers(threads);
    }

    /** The system property {@code remocap.threads}, else the number of processors. */
    public static int defaultThreads() {
        return Integer.getInteger("remocap.threads", Runtime.getRuntime().availableProcessors());
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public String description() {
        return "vector interpreter, " + Simd.description() + ", " + workers.count() + (workers.count() == 1 ? " thread" : " threads");
    }

    @Override
    public synchronized Program compile(Compilation compilation) {
        try {
            return new VectorProgram(this, compilation, true);
        } finally {
            endCompilation();
        }
    }

    Workers workers() {
        return workers;
    }

    /**
     * Computes a node that depends on constants and frozen parameters alone, without folding (that is what asks), and hands over
     * the address of its elements, which is valid during the call.
     */
    void withConstant(Tensor node, LongConsumer user) {
        if (node.inputs().isEmpty()) {
            MemorySegment values = node.values();
            if (values.isNative()) {
                user.accept(values.address());
                return;
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment copy = arena.allocate(Math.max(64, values.byteSize()), 64);
                MemorySegment.copy(values, 0, copy, 0, values.byteSize());
                user.accept(copy.address());
            }
            return;
        }
        workspaceUsed = 0;
        try (VectorProgram program = new VectorProgram(this, Compilation.frozen(List.of(node)).unoptimized(), false)) {
            program.run();
            user.accept(program.address(node));
        }
    }

    /**
     * Memory for the short-lived programs of {@link #withConstant}, used again by the next one: fresh pages for each would take
     * longer than what they compute.
     */
    long workspace(long bytes) {
        long size = (bytes + 63) / 64 * 64;
        if (workspaceUsed + size > workspaceBytes) {
            // What was handed out stays where it is; the larger piece serves from here on.
            workspaceBytes = Math.max(2 * workspaceBytes, size);
            workspaceStart = HugePages.allocate(workspaceArena, workspaceBytes).address();
            workspaceUsed = 0;
        }
        long address = workspaceStart + workspaceUsed;
        workspaceUsed += size;
        return address;
    }

    /** Gives the memory back that compiling needed. */
    private void endCompilation() {
        workspaceArena.close();
        workspaceArena = Arena.ofShared();
        workspaceBytes = 0;
        workspaceUsed = 0;
    }

    /** Runs one step outside of a program. */
    void runNow(Step step) {
        workers.reserve(step.scratchBytes(), step.scratchFloats(), new int[] {step.sharedFloats()});
        workers.run(new Step[] {step});
    }

    /** Ends the workers. Programs of this device must be closed before. */
    @Override
    public void close() {
        workers.close();
    }
}

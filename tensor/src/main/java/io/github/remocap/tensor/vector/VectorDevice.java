package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The processor: kernels on {@code jdk.incubator.vector}, a fixed pool of workers. Results do not depend on their number. */
public final class VectorDevice implements Device, AutoCloseable {
    private final Workers workers;

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
    public Program compile(Compilation compilation) {
        return new VectorProgram(this, compilation, true);
    }

    Workers workers() {
        return workers;
    }

    /** Elements of a node that depends on constants and frozen parameters alone, computed without folding: that is what asks. */
    MemorySegment constant(Tensor node) {
        if (node.op() instanceof Op.Constant || node.op() instanceof Op.Parameter) {
            return node.values();
        }
        try (VectorProgram program = new VectorProgram(this, Compilation.frozen(List.of(node)).unoptimized(), false)) {
            program.run();
            return MemorySegment.ofArray(program.read(node));
        }
    }

    /** Runs one step outside of a program. */
    void runNow(Step step) {
        workers.reserve(step.scratchBytes(), step.scratchFloats());
        workers.run(new Step[] {step});
    }

    /** Ends the workers. Programs of this device must be closed before. */
    @Override
    public void close() {
        workers.close();
    }
}

package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tensor.compiler.Optimizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/** Steps over one slab of memory. */
final class VectorProgram extends Program {
    private final Workers workers;
    private final Arena arena = Arena.ofShared();
    private final Step[] steps;
    private final Map<Tensor, Buffer> places = new HashMap<>();
    private final long memory;

    VectorProgram(VectorDevice device, Compilation compilation) {
        super(device, compilation);
        this.workers = device.workers();
        Optimizer.Result optimized = Optimizer.optimize(compilation);
        Lowering lowering;
        try {
            lowering = new Lowering(device, optimized.compilation(), arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
        this.steps = lowering.steps().toArray(new Step[0]);
        this.memory = lowering.memory();
        for (Tensor input : inputs()) {
            places.put(input, lowering.bufferOf(optimized.nodes().get(input)));
        }
        for (Tensor output : compilation.outputs()) {
            places.put(output, lowering.bufferOf(optimized.nodes().get(output)));
        }
        long bytes = 0;
        int floats = 0;
        for (Step step : steps) {
            bytes = Math.max(bytes, step.scratchBytes());
            floats = Math.max(floats, step.scratchFloats());
        }
        workers.reserve(bytes, floats);
    }

    @Override
    public long memory() {
        return memory;
    }

    /** The schedule, for reports. */
    Step[] steps() {
        return steps;
    }

    private Buffer place(Tensor tensor) {
        Buffer b = places.get(tensor);
        if (b == null) {
            throw new IllegalArgumentException(tensor + " has no place in this program");
        }
        return b;
    }

    @Override
    protected void doWrite(Tensor input, float[] elements) {
        MemorySegment.copy(elements, 0, Simd.ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, place(input).at(), elements.length);
    }

    @Override
    protected void doReadInput(Tensor input, float[] elements) {
        doRead(input, elements);
    }

    @Override
    protected void doRun() {
        workers.run(steps);
    }

    @Override
    protected void doRead(Tensor output, float[] elements) {
        MemorySegment.copy(Simd.ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, place(output).at(), elements, 0, elements.length);
    }

    @Override
    protected void doClose() {
        arena.close();
    }
}

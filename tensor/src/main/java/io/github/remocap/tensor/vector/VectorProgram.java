package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tensor.compiler.Optimizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Steps over one slab of memory. */
final class VectorProgram extends Program {
    private final Workers workers;
    private final Arena arena = Arena.ofShared();
    private final Step[] steps;
    private final Step[] waves;
    private final Map<Tensor, Buffer> inputPlaces = new HashMap<>();
    private final Map<Tensor, Buffer> outputPlaces = new HashMap<>();
    private final long memory;

    /** @param fold whether nodes that depend on constants alone are computed once */
    VectorProgram(VectorDevice device, Compilation compilation, boolean fold) {
        super(device, compilation);
        this.workers = device.workers();
        Optimizer.Result optimized = Optimizer.optimize(compilation);
        Lowering lowering;
        try {
            lowering = new Lowering(device, optimized.compilation(), arena, fold);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
        this.steps = lowering.schedule().steps().toArray(new Step[0]);
        this.waves = lowering.schedule().waves();
        this.memory = lowering.memory();
        for (Tensor input : inputs()) {
            inputPlaces.put(input, lowering.bufferOf(optimized.nodes().get(input)));
        }
        for (Tensor output : compilation.outputs()) {
            outputPlaces.put(output, lowering.resultOf(optimized.nodes().get(output)));
        }
        long bytes = 0;
        int floats = 0;
        int[] shared = new int[Arrays.stream(steps).mapToInt(step -> step.slot + 1).max().orElse(0)];
        for (Step step : steps) {
            bytes = Math.max(bytes, step.scratchBytes());
            floats = Math.max(floats, step.scratchFloats());
            shared[step.slot] = Math.max(shared[step.slot], step.sharedFloats());
        }
        workers.reserve(bytes, floats, shared);
    }

    @Override
    public long memory() {
        return memory;
    }

    /** Address of an output. */
    long address(Tensor output) {
        return place(outputPlaces, output).at();
    }

    /** The steps in an order in which they can run one by one, for reports. */
    Step[] steps() {
        return steps;
    }

    /** What runs one after the other. */
    Step[] waves() {
        return waves;
    }

    private static Buffer place(Map<Tensor, Buffer> places, Tensor tensor) {
        Buffer b = places.get(tensor);
        if (b == null) {
            throw new IllegalArgumentException(tensor + " has no place in this program");
        }
        return b;
    }

    @Override
    protected void doWrite(Tensor input, float[] elements) {
        MemorySegment.copy(elements, 0, Simd.ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, place(inputPlaces, input).at(), elements.length);
    }

    @Override
    protected void doReadInput(Tensor input, float[] elements) {
        read(place(inputPlaces, input), elements);
    }

    @Override
    protected void doRun() {
        workers.run(waves);
    }

    @Override
    protected List<StepTime> doProfile() {
        List<StepTime> times = new ArrayList<>();
        Step[] one = new Step[1];
        for (Step step : steps) {
            one[0] = step;
            long start = System.nanoTime();
            workers.run(one);
            times.add(new StepTime(step.getClass().getSimpleName(), step.label, (System.nanoTime() - start) * 1e-9, step.flops, step.bytes,
                step.layer));
        }
        return times;
    }

    @Override
    protected void doRead(Tensor output, float[] elements) {
        read(place(outputPlaces, output), elements);
    }

    private static void read(Buffer from, float[] elements) {
        MemorySegment.copy(Simd.ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, from.at(), elements, 0, elements.length);
    }

    @Override
    protected void doClose() {
        arena.close();
    }
}

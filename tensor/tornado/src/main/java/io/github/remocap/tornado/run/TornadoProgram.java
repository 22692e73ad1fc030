package io.github.remocap.tornado.run;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tensor.compiler.MemoryPlan;
import io.github.remocap.tensor.compiler.Optimizer;
import io.github.remocap.tornado.lower.Buffer;
import io.github.remocap.tornado.lower.Constants;
import io.github.remocap.tornado.lower.Lowering;
import io.github.remocap.tornado.lower.Schedule;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A graph on the device: memory, code, and task graphs that run it. */
final class TornadoProgram extends Program {
    /** Outputs of at most so many elements are copied to the host after each run, all at once; larger ones when they are read. */
    private static final long SMALL = 16_384;

    private final TornadoDevice owner;
    private final Runtime runtime;
    private final Transfers transfers;
    private final Map<Long, ParameterStore.Entry> parameters = new LinkedHashMap<>();
    private final List<ParameterStore.Entry> updated = new ArrayList<>();
    private final List<Long> regions = new ArrayList<>();
    private final List<Object> parts = new ArrayList<>(); // scripts, and calls of ops from outside
    private final List<Schedule.Task> tasks = new ArrayList<>();
    private final Map<Tensor, Buffer> inputPlaces = new HashMap<>();
    private final Map<Tensor, Buffer> outputPlaces = new HashMap<>();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment inputs; // as they are in the device's region
    private final long inputRegion;
    private MemorySegment small = MemorySegment.NULL; // small outputs of the last run
    private long smallRegion;
    private long smallCount;
    private long dirtyFrom = Long.MAX_VALUE;
    private long dirtyTo = -1;
    private long floats;
    private List<Script> single = List.of(); // a graph for each task, for profiles

    /**
     * What is to be done, before it has memory.
     *
     * @param scheduled tasks of each part of the lowering
     */
    private record Plan(Lowering lowering, List<List<Schedule.Task>> scheduled) {
        static Plan of(Compilation optimized, Folding folding, Function<Tensor, Buffer> parameters, long room, boolean library) {
            Lowering lowering = new Lowering(optimized, folding::elements, parameters, room, library);
            List<List<Schedule.Task>> scheduled = new ArrayList<>();
            int step = 0;
            for (Lowering.Part part : lowering.parts()) {
                switch (part) {
                    case Lowering.Jobs jobs -> {
                        List<Schedule.Task> own = Schedule.of(jobs.jobs());
                        scheduled.add(own);
                        for (Schedule.Task task : own) {
                            task.touch(step++);
                        }
                    }
                    case Lowering.Call call -> {
                        scheduled.add(List.of());
                        call.touch(step++);
                    }
                }
            }
            return new Plan(lowering, scheduled);
        }

        /** Buffers that share memory. */
        List<Buffer> slab() {
            return lowering.made().stream().filter(b -> b.home() == Buffer.Home.SLAB).toList();
        }

        static MemoryPlan memory(List<Buffer> slab) {
            return MemoryPlan.of(slab.stream().map(b -> new MemoryPlan.Life(4 * b.floats(), b.last() < 0 ? 0 : b.first(), b.last())).toList());
        }

        /** All that it takes but parameters. */
        long floats() {
            long own = lowering.made().stream().filter(b -> b.home() != Buffer.Home.SLAB).mapToLong(Buffer::floats).sum();
            long constants = lowering.constants().blocks().stream().mapToLong(b -> b.buffer().floats()).sum();
            return own + constants + memory(slab()).bytes() / 4;
        }
    }

    TornadoProgram(TornadoDevice device, Compilation compilation) {
        super(device, compilation);
        this.owner = device;
        this.runtime = device.runtime();
        this.transfers = device.transfers();
        Optimizer.Result optimized = Optimizer.optimize(compilation);
        try (Folding folding = new Folding(device, optimized.compilation())) {
            boolean library = device.usesLibrary(compilation);
            Plan plan = Plan.of(optimized.compilation(), folding, this::parameter, 0, library);
            if (compilation.frozen()) {
                // Half of what would be left is for weights that are larger and quicker.
                plan = Plan.of(optimized.compilation(), folding, this::parameter, Math.max(0, runtime.floats().largest() - plan.floats()) / 2, library);
            }
            Lowering lowering = plan.lowering();
            plan.scheduled().forEach(tasks::addAll);
            place(plan);
            upload(lowering.constants());
            for (Tensor input : inputs()) {
                inputPlaces.put(input, lowering.inputs().get(optimized.nodes().get(input)));
            }
            for (Tensor output : compilation.outputs()) {
                outputPlaces.put(output, lowering.results().get(optimized.nodes().get(output)));
            }
            List<Buffer> in = List.copyOf(lowering.inputs().values());
            inputRegion = in.stream().mapToLong(Buffer::at).min().orElse(0);
            long end = in.stream().mapToLong(b -> b.at() + b.floats()).max().orElse(inputRegion);
            inputs = arena.allocate(Math.max(4, 4 * (end - inputRegion)), 64);
            for (int i = 0; i < plan.scheduled().size(); i++) {
                Lowering.Part part = lowering.parts().get(i);
                parts.add(part instanceof Lowering.Call call ? call : new Script(runtime, transfers, plan.scheduled().get(i), Runtime.GRAPH));
            }
            for (Compilation.Update update : optimized.compilation().updates()) {
                parameter(update.parameter());
                updated.add(parameters.get(update.parameter().values().address()));
            }
        } catch (RuntimeException | Error e) {
            release();
            throw e;
        }
    }

    private Buffer parameter(Tensor node) {
        ParameterStore.Entry entry = parameters.get(node.values().address());
        if (entry == null) {
            entry = owner.parameters().take(node);
            parameters.put(node.values().address(), entry);
        }
        return owner.parameters().buffer(node, entry);
    }

    /** Gives all buffers their places. */
    private void place(Plan planned) {
        Lowering lowering = planned.lowering();
        List<Buffer> slab = planned.slab();
        List<Buffer> in = new ArrayList<>();
        List<Buffer> out = new ArrayList<>();
        for (Buffer b : lowering.made()) {
            switch (b.home()) {
                case INPUT -> in.add(b);
                case OUTPUT -> out.add(b);
                case SLAB -> { }
                case CONSTANT, PARAMETER -> throw new IllegalStateException("placed elsewhere");
            }
        }
        MemoryPlan plan = Plan.memory(slab);
        long base = take(plan.bytes() / 4, "values between ops", slab);
        for (int i = 0; i < slab.size(); i++) {
            slab.get(i).place(base + plan.offset(i) / 4);
        }
        row(in, "inputs");
        out.sort(Comparator.comparingLong(Buffer::floats));
        row(out, "outputs");
        row(lowering.constants().blocks().stream().map(Constants.Block::buffer).toList(), "constants");
        smallRegion = out.isEmpty() ? 0 : out.getFirst().at();
        for (Buffer b : out) {
            long end = b.at() - smallRegion + b.floats();
            smallCount = end <= SMALL ? end : smallCount;
        }
        small = arena.allocate(Math.max(4, 4 * smallCount), 64);
    }

    private void row(List<Buffer> buffers, String what) {
        long total = 0;
        for (Buffer b : buffers) {
            total += aligned(b.floats());
        }
        long at = take(total, what, buffers);
        for (Buffer b : buffers) {
            b.place(at);
            at += aligned(b.floats());
        }
    }

    private static long aligned(long n) {
        return (n + 3) / 4 * 4;
    }

    private long take(long count, String what, List<Buffer> buffers) {
        if (count == 0) {
            return 0;
        }
        long start = runtime.floats().take(count);
        if (start < 0) {
            String largest = buffers.stream().sorted(Comparator.comparingLong(b -> -b.floats())).limit(3)
                .map(b -> 4 * b.floats() / 1024 + " KiB of " + b.label()).reduce((a, b) -> a + ", " + b).orElse("");
            throw new DeviceException("out of device memory: " + what + " need " + 4 * count / 1024 + " KiB, the longest free part has "
                + 4 * runtime.floats().largest() / 1024 + " KiB of " + 4 * runtime.floats().size() / 1024 + ". The largest are " + largest + ". "
                + Advice.MEMORY, null);
        }
        regions.add(start);
        floats += count;
        return start;
    }

    private void upload(Constants constants) {
        for (Constants.Block block : constants.blocks()) {
            float[] values = block.values().get();
            if (values.length > 0) {
                transfers.load(MemorySegment.ofArray(values), block.buffer().at(), values.length, -1);
            }
        }
    }

    /** Bytes of the device's memory; parameters are not counted, which programs share. */
    @Override
    public long memory() {
        return 4 * floats;
    }

    /** The schedule, for reports and tests. */
    List<Schedule.Task> tasks() {
        return tasks;
    }

    @Override
    protected void doWrite(Tensor input, float[] elements) {
        Buffer b = inputPlaces.get(input);
        long from = b.at() - inputRegion;
        MemorySegment.copy(elements, 0, inputs, ValueLayout.JAVA_FLOAT, 4 * from, elements.length);
        dirtyFrom = Math.min(dirtyFrom, from);
        dirtyTo = Math.max(dirtyTo, from + elements.length);
    }

    @Override
    protected void doReadInput(Tensor input, float[] elements) {
        MemorySegment.copy(inputs, ValueLayout.JAVA_FLOAT, 4L * (inputPlaces.get(input).at() - inputRegion), elements, 0, elements.length);
    }

    @Override
    protected void doRun() {
        synchronized (runtime) {
            run(parts);
        }
    }

    private void run(List<Object> sequence) {
        boolean written = false;
        for (Object part : sequence) {
            if (part instanceof Script script) {
                begin(script.start(), written);
                written = true;
                script.run();
            } else {
                if (!written) {
                    begin(-1, false);
                    written = true;
                }
                Calls.run((Lowering.Call) part, transfers);
            }
        }
        if (sequence.isEmpty()) {
            begin(-1, false);
        }
        updated.forEach(ParameterStore.Entry::updated);
        finish();
    }

    /** Inputs that were written, and where the code begins. */
    private void begin(int record, boolean written) {
        boolean dirty = !written && dirtyTo > dirtyFrom;
        transfers.load(dirty ? inputs.asSlice(4 * dirtyFrom) : inputs, inputRegion + (dirty ? dirtyFrom : 0), dirty ? dirtyTo - dirtyFrom : 0, record);
        if (dirty) {
            dirtyFrom = Long.MAX_VALUE;
            dirtyTo = -1;
        }
    }

    /** Waits for the device; small outputs are what it is asked for. */
    private void finish() {
        if (smallCount > 0) {
            transfers.save(smallRegion, small, smallCount);
        } else {
            transfers.load(inputs, 0, 0, -1);
        }
    }

    @Override
    protected void doRead(Tensor output, float[] elements) {
        Buffer b = outputPlaces.get(output);
        if (elements.length == 0) {
            return;
        }
        long from = b.at() - smallRegion;
        if (b.home() == Buffer.Home.OUTPUT && from + elements.length <= smallCount) {
            MemorySegment.copy(small, ValueLayout.JAVA_FLOAT, 4 * from, elements, 0, elements.length);
            return;
        }
        synchronized (runtime) {
            transfers.save(b.at(), MemorySegment.ofArray(elements), elements.length);
        }
    }

    @Override
    protected List<StepTime> doProfile() {
        synchronized (runtime) {
            if (single.isEmpty()) {
                List<Script> made = new ArrayList<>();
                for (Schedule.Task task : tasks) {
                    made.add(new Script(runtime, transfers, List.of(task), 1));
                }
                single = made;
                for (Script script : single) { // the first time is slower
                    transfers.load(inputs, 0, 0, script.start());
                    script.run();
                }
            }
            List<StepTime> times = new ArrayList<>();
            for (int i = 0; i < single.size(); i++) {
                Script script = single.get(i);
                transfers.load(inputs, 0, 0, script.start());
                long begin = System.nanoTime();
                script.run();
                transfers.load(inputs, 0, 0, -1);
                double seconds = (System.nanoTime() - begin) * 1e-9;
                Schedule.Task task = tasks.get(i);
                long flops = task.jobs().stream().mapToLong(j -> j.flops()).sum();
                long bytes = task.jobs().stream().mapToLong(j -> j.bytes()).sum();
                times.add(new StepTime(task.kind().name(), Script.name(task), seconds, flops, bytes, task.kind().name()));
            }
            return times;
        }
    }

    @Override
    protected void doClose() {
        synchronized (runtime) {
            release();
        }
    }

    private void release() {
        for (Object part : parts) {
            if (part instanceof Script script) {
                script.close();
            }
        }
        single.forEach(Script::close);
        regions.forEach(runtime.floats()::give);
        parameters.values().forEach(owner.parameters()::give);
        arena.close();
    }
}

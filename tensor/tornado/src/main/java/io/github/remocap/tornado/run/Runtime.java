package io.github.remocap.tornado.run;

import io.github.remocap.tornado.kernel.TransferKernels;
import io.github.remocap.tornado.lower.Kind;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TornadoTaskGraphInterface;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.common.TaskPackage;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.runtime.ExecutorFrame;
import uk.ac.manchester.tornado.api.runtime.TornadoAPIProvider;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;

/**
 * What all programs of a device share: one array of floats and one of code on the device, one queue, and task graphs. A graph is known by the kinds of
 * its tasks alone, for tasks find their work in the code; so programs, and repetitions within one, share graphs and what was compiled for them.
 *
 * <p>It works on TornadoVM's task graphs themselves rather than through {@code TornadoExecutionPlan}, whose plans share neither buffers nor
 * compiled kernels nor a queue. Calls are serialised by the device.
 */
final class Runtime {
    /** Tasks of a graph at most, and so kernels of a kind to compile. TornadoVM's limit is 256. */
    static final int GRAPH = 32;
    /** Words of a record before the slots: where the next record is. */
    static final int RECORD = 1 + Kind.values().length * GRAPH;
    /** The name of all graphs: compiled kernels are found by it and the task's name. */
    private static final String NAME = "remocap";

    /** A graph and how many tasks of which kinds it has. */
    record Shared(TornadoTaskGraphInterface graph, int tasks) {
    }

    private final TornadoDevice device;
    private final KernelContext context = new KernelContext();
    private final FloatArray arena;
    private final IntArray code;
    private final Regions floats;
    private final Regions words;
    private final ExecutorFrame frame;
    private final TornadoTaskGraphInterface first;
    private final Map<List<Kind>, Shared> graphs = new HashMap<>();
    private final @Nullable Blas blas;
    private String broken = "";

    /**
     * Allocates the device's arrays.
     *
     * @param plan the number of TornadoVM's plan, which has a queue and compiled kernels of its own
     * @param elements of the array of floats
     * @param codeWords of the array of code
     * @param blas computes products of programs that ask for it; null for none
     */
    Runtime(TornadoDevice device, long plan, int elements, int codeWords, @Nullable TornadoLibraryProvider blas) {
        this.device = device;
        this.blas = blas == null ? null : new Blas(blas);
        this.arena = FloatArray.fromSegmentShallow(reserve(4L * elements));
        this.code = IntArray.fromSegmentShallow(reserve(4L * codeWords));
        this.floats = new Regions(1, elements);
        this.words = new Regions(1, codeWords);
        this.frame = new ExecutorFrame(plan);
        TornadoTaskGraphInterface begin = TornadoAPIProvider.loadScheduleRuntime(NAME + "begin");
        begin.addTask(TaskPackage.createPackage("begin", TransferKernels::begin, context, arena, code));
        begin.transferToHost(DataTransferMode.UNDER_DEMAND, arena, code);
        this.first = ready(begin);
        GridScheduler grid = new GridScheduler();
        grid.addWorkerGrid(NAME + "begin.begin", grid(1, TransferKernels.THREADS));
        first.withGridScheduler(grid);
        first.execute(frame);
    }

    /** Memory that is not touched before it is used: the host's side of the device's arrays never is. */
    private static MemorySegment reserve(long bytes) {
        try {
            Linker linker = Linker.nativeLinker();
            MethodHandle malloc = linker.downcallHandle(linker.defaultLookup().find("malloc").orElseThrow(),
                FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
            long size = bytes + 128;
            MemorySegment all = ((MemorySegment) malloc.invokeExact(size)).reinterpret(size);
            long start = Math.floorMod(-all.address(), 64) + 64L;
            return all.asSlice(start - TornadoNativeArray.ARRAY_HEADER, TornadoNativeArray.ARRAY_HEADER + bytes);
        } catch (Throwable e) {
            throw new IllegalStateException("no address space for " + bytes + " bytes", e);
        }
    }

    private TornadoTaskGraphInterface ready(TornadoTaskGraphInterface graph) {
        TornadoTaskGraphInterface ready = graph.createImmutableTaskGraph();
        ready.updateObjectAccess();
        ready.setDevice(device);
        ready.withCompilerFlags(TornadoVMBackendType.OPENCL, "-w -cl-mad-enable");
        ready.withStagedTransfers();
        return ready;
    }

    /** Whether nothing runs any more. */
    boolean isBroken() {
        return !broken.isEmpty();
    }

    Regions floats() {
        return floats;
    }

    Regions words() {
        return words;
    }

    /** The library of matrix products. */
    @Nullable Blas blas() {
        return blas;
    }

    KernelContext context() {
        return context;
    }

    FloatArray arena() {
        return arena;
    }

    IntArray code() {
        return code;
    }

    static WorkerGrid1D grid(int groups, int threads) {
        WorkerGrid1D grid = new WorkerGrid1D(groups * threads);
        grid.setLocalWork(threads, 1, 1);
        return grid;
    }

    /** A graph that works on the device's arrays. */
    TornadoTaskGraphInterface open(String name) {
        TornadoTaskGraphInterface graph = TornadoAPIProvider.loadScheduleRuntime(name);
        graph.consumeFromDevice(arena, code);
        return graph;
    }

    /** Ends the definition of a graph. */
    TornadoTaskGraphInterface close(TornadoTaskGraphInterface graph) {
        graph.transferToHost(DataTransferMode.UNDER_DEMAND, arena, code);
        TornadoTaskGraphInterface ready = ready(graph);
        ready.setLastExecutedTaskGraph(first);
        return ready;
    }

    /** Runs a graph. After a failure nothing runs any more: what TornadoVM has half done would give wrong numbers later. */
    void execute(TornadoTaskGraphInterface graph, GridScheduler grids) {
        if (!broken.isEmpty()) {
            throw new DeviceException("the device failed before and cannot be used until the program is started again: " + broken, null);
        }
        try {
            graph.withGridScheduler(grids);
            graph.execute(frame);
        } catch (RuntimeException | Error e) {
            broken = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw e;
        }
    }

    /** The graph of tasks of the given kinds. */
    Shared graph(List<Kind> kinds) {
        return graphs.computeIfAbsent(kinds, this::build);
    }

    private Shared build(List<Kind> kinds) {
        TornadoTaskGraphInterface graph = open(NAME);
        List<String> names = names(kinds);
        int[] slots = slots(kinds);
        for (int i = 0; i < kinds.size(); i++) {
            if (kinds.get(i).isLibrary()) {
                graph.addLibraryTask(names.get(i), Objects.requireNonNull(blas).task(arena, i));
            } else {
                graph.addTask(TaskPackage.createPackage(names.get(i), kinds.get(i).kernel(), context, arena, code, slots[i]));
            }
        }
        // TornadoVM compiles the last task of every graph anew: this one is small.
        graph.addTask(TaskPackage.createPackage("next", TransferKernels::next, context, code));
        return new Shared(close(graph), kinds.size());
    }

    /** Names of tasks: their kind and which of that kind they are. */
    static List<String> names(List<Kind> kinds) {
        Map<Kind, Integer> seen = new EnumMap<>(Kind.class);
        List<String> names = new ArrayList<>();
        for (Kind kind : kinds) {
            names.add(kind.name().toLowerCase(java.util.Locale.ROOT) + (seen.merge(kind, 1, Integer::sum) - 1));
        }
        return names;
    }

    /** Which word of the graph's record says where each task's jobs are. */
    static int[] slots(List<Kind> kinds) {
        Map<Kind, Integer> seen = new EnumMap<>(Kind.class);
        int[] slots = new int[kinds.size()];
        for (int i = 0; i < slots.length; i++) {
            Kind kind = kinds.get(i);
            slots[i] = 1 + kind.ordinal() * GRAPH + seen.merge(kind, 1, Integer::sum) - 1;
        }
        return slots;
    }

    /** Work-groups of a graph's tasks. */
    GridScheduler grids(List<Kind> kinds, int[] groups) {
        GridScheduler grids = new GridScheduler();
        List<String> names = names(kinds);
        for (int i = 0; i < groups.length; i++) {
            if (!kinds.get(i).isLibrary()) {
                grids.addWorkerGrid(NAME + "." + names.get(i), grid(groups[i], kinds.get(i).threads()));
            }
        }
        grids.addWorkerGrid(NAME + ".next", grid(1, TransferKernels.THREADS));
        return grids;
    }
}

package io.github.remocap.tensor.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Compilation.Update;
import io.github.remocap.tensor.CustomOp;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.IntList;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.ReduceFn;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.OpCase;
import io.github.remocap.tensor.OpCases;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Running allocates nothing on the heap, neither on the calling thread nor on a worker. */
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long PATIENCE = 300_000_000_000L;

    /** Ids of the calling thread and of the workers that were started since. */
    private static long[] threads(Set<Long> before) {
        List<Long> ids = new ArrayList<>(List.of(Thread.currentThread().threadId()));
        for (Thread t : Thread.getAllStackTraces().keySet()) {
            if (t.getName().startsWith("remocap-worker") && !before.contains(t.threadId())) {
                ids.add(t.threadId());
            }
        }
        return ids.stream().mapToLong(id -> id).toArray();
    }

    private static Set<Long> running() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::threadId).collect(Collectors.toSet());
    }

    private static long[] allocated(long[] ids) {
        long[] own = THREADS.getThreadAllocatedBytes(ids);
        own[0] = THREADS.getCurrentThreadAllocatedBytes();
        return own;
    }

    /** Bytes that all threads allocated during some runs; the measurement's own are outside. */
    private static long bytes(Program program, int runs, long[] ids) {
        allocated(ids);
        long[] before = allocated(ids);
        long mine = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < runs; i++) {
            program.run();
        }
        mine = THREADS.getCurrentThreadAllocatedBytes() - mine;
        long[] after = allocated(ids);
        long sum = mine;
        for (int i = 1; i < ids.length; i++) {
            sum += after[i] - before[i];
        }
        return sum;
    }

    private static Tensor parameter(Graph graph, String name, int... dims) {
        float[] values = new float[(int) Shape.of(dims).size()];
        Arrays.fill(values, 0.1f);
        return graph.parameter(name, Shape.of(dims), OpCase.nativeCopy(values));
    }

    /** Every op but the leaves, in one graph. */
    static Compilation everything(Graph graph) {
        Tensor x = graph.input("x", Shape.of(2, 6, 6, 20));
        List<Tensor> out = new ArrayList<>();
        for (UnaryFn fn : UnaryFn.values()) {
            out.add(x.unary(fn));
        }
        for (BinaryFn fn : BinaryFn.values()) {
            out.add(x.binary(fn, graph.scalar(0.5)));
            out.add(x.binary(fn, x.affine(2, 1)));
            out.add(parameter(graph, "row", 20).binary(fn, x));
        }
        for (ReduceFn fn : ReduceFn.values()) {
            out.add(x.reduce(fn, 3, 3));
            out.add(x.reduce(fn, 0, 2));
            out.add(x.reduce(fn, 0, 3));
        }
        out.add(x.detach());
        out.add(x.softmax());
        out.add(graph.apply(new Op.Dropout(0.3, 5), x, graph.input("step", Shape.SCALAR)));
        out.add(x.permute(0, 3, 1, 2));
        out.add(x.reshape(2, 720).permute(1, 0));
        out.add(x.broadcast(Shape.of(2, 2, 6, 6, 20)));
        out.add(x.slice(3, 3, 11));
        out.add(x.pad(1, 1, 2));
        out.add(graph.concat(3, x, x));
        out.add(x.gather(2, 5, 0, 0));
        out.add(graph.apply(new Op.ScatterAdd(2, IntList.of(1, 1, 0, 2, 4, 4), 6), x));
        Tensor w = parameter(graph, "w", 33, 20);
        out.add(graph.apply(new Op.MatMul(false, true, new Epilogue(true, false, true)), x, w, parameter(graph, "bias", 33)));
        out.add(x.reshape(2, 36, 20).matmul(x.reshape(2, 36, 20), true, false));
        Tensor k = parameter(graph, "k", 19, 20, 3, 3);
        Tensor conv = x.conv2d(k, 2, 1);
        out.add(conv);
        out.add(graph.apply(new Op.Conv2dInputGradient(2, 1, 6, 6), conv, k));
        Tensor gradient = graph.apply(new Op.Conv2dWeightGradient(2, 1, 3, 3), x, conv);
        Tensor wide = graph.input("wide", Shape.of(1, 8, 8, 32));
        Tensor kernel = parameter(graph, "kernel", 32, 32, 3, 3);
        out.add(wide.conv2d(kernel, 1, 1));
        out.add(graph.apply(new Op.Conv2dInputGradient(1, 1, 8, 8), wide, kernel));
        out.add(graph.apply(new Op.Conv2dWeightGradient(1, 1, 3, 3), wide, wide));
        out.add(graph.apply(new Op.SparseMatMul(SparseMatrix.fromDense(2, 6, new double[] {1, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1})), x));
        Tensor q = x.reshape(2, 36, 20);
        boolean[][] allowed = new boolean[36][36];
        for (int i = 0; i < 36; i++) {
            Arrays.fill(allowed[i], 0, 1 + i, true);
        }
        for (AttentionMask mask : new AttentionMask[] {null, AttentionMask.of(allowed)}) {
            out.add(graph.apply(new Op.Attention(2, mask), q, q, q));
            out.add(graph.apply(new Op.AttentionGradient(2, mask), q, q, q, q));
        }
        boolean[][] few = new boolean[36][36];
        for (int i = 0; i < 36; i++) {
            Arrays.fill(few[i], i / 6 * 6, i / 6 * 6 + 6, true);
        }
        out.add(graph.apply(new Op.Attention(4, AttentionMask.of(few)), q, q, q));
        MultiScaleGraph multiScale = new MultiScaleGraph(graph);
        Tensor clip = graph.input("clip", Shape.of(4, 6, 5, 4 * Simd.LANES));
        out.add(multiScale.ofFrames(clip, 2).value());
        out.add(multiScale.ofChannels(clip, 2).value());
        Tensor channel = parameter(graph, "channel", 20);
        out.add(graph.apply(new Op.Normalize(3, 3, 1e-5, true), x, channel, channel));
        out.add(graph.apply(new Op.Normalize(1, 2, 1e-5, true), x, channel, channel));
        out.add(graph.apply(new Op.Normalize(0, 2, 1e-5, true), x, channel, channel));
        out.add(graph.apply(new Op.Moments(), x));
        out.add(graph.apply(new Op.BatchNormGradient(1e-5), x, channel, x));
        out.add(graph.apply(new Op.NormalizeGradient(3, 3, 1e-5), x, x));
        out.add(graph.apply(new Op.NormalizeGradient(0, 2, 1e-5), x, x));
        out.add(graph.apply(new Op.BatchNorm(1e-5), x, channel, channel, channel, channel));
        out.add(graph.apply(new Op.Upsample(2, new Epilogue(false, false, true)), x));
        out.add(graph.apply(new Op.Downsum(2), x));
        out.add(graph.apply(new Op.Custom(new OpCases.Minus()), x.reshape(36, 40), x.reshape(36, 40)));
        return Compilation.training(out, List.of(new Update(k, k.sub(gradient.mul(1e-6)))));
    }

    static void write(Program program) {
        for (Tensor input : program.inputs()) {
            float[] values = new float[(int) input.shape().size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = 1 + (i % 13) / 8f;
            }
            program.write(input, values);
        }
    }

    @Test
    void everyOpIsMeasured() {
        Graph graph = new Graph();
        everything(graph);
        Set<Class<?>> missing = Arrays.stream(Op.class.getPermittedSubclasses()).collect(Collectors.toSet());
        graph.nodes().forEach(node -> missing.remove(node.op().getClass()));
        assertEquals(Set.of(), missing);
    }

    @Test
    void runningAllocatesNothing() {
        Set<Long> before = running();
        try (VectorDevice device = new VectorDevice(2); Program program = device.compile(everything(new Graph()))) {
            long[] ids = threads(before);
            assertEquals(2, ids.length);
            write(program);
            // Until a kernel is compiled, its vectors are objects.
            long start = System.nanoTime();
            int still = 0;
            while (still < 3 && System.nanoTime() - start < PATIENCE) {
                still = bytes(program, 20, ids) == 0 ? still + 1 : 0;
            }
            assertEquals(3, still, () -> "bytes in a run of each step: " + guilty(device, program, ids));
        }
    }

    /** The steps that allocate when each runs by itself. */
    private static Map<String, Long> guilty(VectorDevice device, Program program, long[] ids) {
        Map<String, Long> found = new LinkedHashMap<>();
        for (Step step : ((VectorProgram) program).steps()) {
            Step[] alone = {step};
            allocated(ids);
            long before = Arrays.stream(allocated(ids)).sum();
            for (int i = 0; i < 20; i++) {
                device.workers().run(alone);
            }
            long bytes = (Arrays.stream(allocated(ids)).sum() - before) / 20;
            if (bytes > 100) { // the measurement's own
                found.merge(step.getClass().getSimpleName() + ", " + step.label, bytes, Long::sum);
            }
        }
        return found;
    }

    /** Allocates on purpose. */
    private record Wasteful() implements CustomOp {
        static volatile byte[] kept = new byte[0];

        @Override
        public String name() {
            return "Wasteful";
        }

        @Override
        public Shape infer(List<Shape> inputs) {
            return inputs.getFirst();
        }

        @Override
        public int parts(List<Shape> inputs) {
            return 1000;
        }

        @Override
        public void compute(int part, List<Elements> inputs, Elements output) {
            kept = new byte[10_000];
        }
    }

    @Test
    void theMeasurementSeesAllocations() {
        Set<Long> before = running();
        try (VectorDevice device = new VectorDevice(2)) {
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(3));
            try (Program program = device.compile(Compilation.of(graph.apply(new Op.Custom(new Wasteful()), x)))) {
                write(program);
                long[] ids = threads(before);
                long workers = THREADS.getThreadAllocatedBytes(ids)[1];
                long bytes = bytes(program, 3, ids);
                assertTrue(bytes >= 3 * 10_000_000, "both threads together: " + bytes);
                for (int i = 0; i < 1000 && THREADS.getThreadAllocatedBytes(ids)[1] == workers; i++) {
                    program.run(); // until the worker wakes up in time
                }
                assertTrue(THREADS.getThreadAllocatedBytes(ids)[1] - workers >= 10_000, "the worker did its share");
            }
        }
    }
}

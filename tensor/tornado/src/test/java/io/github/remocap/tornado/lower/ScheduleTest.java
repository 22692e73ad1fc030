package io.github.remocap.tornado.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.bench.GeneratedMesh;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.ModelGraph;
import io.github.remocap.model.RemoCap;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tensor.compiler.Optimizer;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What becomes a task, without a device. */
class ScheduleTest {
    private static List<Schedule.Task> tasks(Compilation compilation) {
        return tasks(compilation, Long.MAX_VALUE);
    }

    private static List<Schedule.Task> tasks(Compilation compilation, long room) {
        return tasks(compilation, room, false);
    }

    private static List<Schedule.Task> tasks(Compilation compilation, long room, boolean library) {
        Compilation optimized = Optimizer.optimize(compilation).compilation();
        Lowering lowering = new Lowering(optimized, node -> new float[0], node -> Buffer.parameter(node.shape().size(), "", 0), room, library);
        return lowering.parts().stream().filter(p -> p instanceof Lowering.Jobs).flatMap(p -> Schedule.of(((Lowering.Jobs) p).jobs()).stream()).toList();
    }

    private static Tensor convolution(int images, int side, int channels) {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(images, side, side, channels));
        Shape w = Shape.of(channels, channels, 3, 3);
        // Nobody reads the weights.
        Tensor weight = graph.parameter("w", w, MemorySegment.ofAddress(64).reinterpret(4 * w.size()));
        return graph.apply(new Op.Conv2d(1, 1, Op.Epilogue.NONE), x, weight);
    }

    private static List<Kind> kinds(Compilation compilation, long room) {
        return tasks(compilation, room).stream().map(Schedule.Task::kind).toList();
    }

    @Test
    void convolutionsGoWinogradsWayWhereItPays() {
        List<Kind> winograd = List.of(Kind.WINOGRAD_INPUT, Kind.PRODUCT, Kind.WINOGRAD_OUTPUT);
        List<Kind> direct = List.of(Kind.CONVOLUTION);
        Compilation large = Compilation.frozen(List.of(convolution(8, 56, 64)));
        assertEquals(winograd, kinds(large, Long.MAX_VALUE));
        assertEquals(winograd, kinds(large, 27 * 64 * 64));
        assertEquals(direct, kinds(large, 27 * 64 * 64 - 1), "there is no room for the transformed weights");
        assertEquals(direct, kinds(Compilation.frozen(List.of(convolution(8, 56, 4))), Long.MAX_VALUE), "few channels");
        assertEquals(direct, kinds(Compilation.frozen(List.of(convolution(1, 7, 64))), Long.MAX_VALUE), "few pixels");
        assertEquals(direct, kinds(Compilation.of(convolution(8, 56, 64)), Long.MAX_VALUE), "weights that may change");
    }

    @Test
    void branchesShareTasks() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(8, 8));
        Tensor y = graph.input("y", Shape.of(4, 4));
        Tensor a = x;
        Tensor b = y;
        for (int i = 0; i < 3; i++) {
            a = a.matmul(x).softmax();
            b = b.matmul(y).softmax();
        }
        List<Schedule.Task> tasks = tasks(Compilation.of(a, b));
        assertEquals(List.of(Kind.PRODUCT, Kind.SOFTMAX, Kind.PRODUCT, Kind.SOFTMAX, Kind.PRODUCT, Kind.SOFTMAX), tasks.stream().map(Schedule.Task::kind).toList());
        assertTrue(tasks.stream().allMatch(t -> t.jobs().size() == 2));
    }

    @Test
    void chainsOfElementsAreOneJob() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(8, 5));
        Tensor bias = graph.input("bias", Shape.of(5));
        Tensor y = x.permute(1, 0).sigmoid().mul(3).add(x.reshape(5, 8)).permute(1, 0).add(bias).relu();
        List<Schedule.Task> tasks = tasks(Compilation.of(y));
        assertEquals(2, tasks.size()); // up to the second permutation, which reads other elements, and from it
    }

    @Test
    void aJobWaitsForWhatItReads() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(6, 6));
        Tensor[] all = new Tensor[40];
        for (int i = 0; i < all.length; i++) {
            Tensor from = i < 2 ? x : all[(i * 7) % i];
            all[i] = switch (i % 4) {
                case 0 -> from.matmul(x);
                case 1 -> from.softmax();
                case 2 -> from.sum(0, 0).add(x);
                default -> from.matmul(from, false, true);
            };
        }
        Set<Buffer> written = new HashSet<>();
        Map<Buffer, Integer> by = new HashMap<>();
        int time = 0;
        for (Schedule.Task task : tasks(new Compilation(List.of(all), List.of(), false, false))) {
            for (Job job : task.jobs()) {
                for (Buffer b : job.reads()) {
                    boolean known = b.home() == Buffer.Home.INPUT || b.home() == Buffer.Home.CONSTANT || by.getOrDefault(b.root(), time) < time;
                    assertTrue(known, job.label() + " reads too early");
                }
            }
            for (Job job : task.jobs()) {
                for (Buffer b : job.writes()) {
                    by.put(b.root(), time);
                    written.add(b.root());
                }
            }
            time++;
        }
        assertTrue(written.size() >= all.length);
    }

    /** The calls of all tasks; buffers lie one behind the other, in the order in which they are used. */
    private static List<Gemm> calls(List<Schedule.Task> tasks) {
        Set<Buffer> placed = new HashSet<>();
        long at = 0;
        for (Schedule.Task task : tasks) {
            for (Job job : task.jobs()) {
                for (Buffer b : Stream.concat(job.reads().stream(), job.writes().stream()).toList()) {
                    if (placed.add(b.root())) {
                        b.place(at);
                        at += b.root().floats();
                    }
                }
            }
        }
        return tasks.stream().filter(t -> t.kind().isLibrary()).flatMap(t -> t.jobs().stream()).flatMap(j -> Gemm.read(j).stream()).toList();
    }

    private static List<Kind> kinds(List<Schedule.Task> tasks) {
        return tasks.stream().map(Schedule.Task::kind).toList();
    }

    @Test
    void aLibraryIsAskedForTheTransposedProduct() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(3, 2, 4, 5));
        Tensor shared = graph.input("shared", Shape.of(5, 6));
        List<Schedule.Task> tall = tasks(Compilation.of(x.matmul(shared)), 0, true);
        assertEquals(List.of(Kind.LIBRARY_PRODUCT), kinds(tall));
        assertEquals(List.of(new Gemm(false, false, 6, 24, 5, 120, 6, 0, 0, 5, 0, 150, 6, 0, 1)), calls(tall), "one tall product");
        Tensor y = graph.input("y", Shape.of(3, 2, 6, 5));
        List<Schedule.Task> batch = tasks(Compilation.of(x.matmul(y, false, true)), 0, true);
        assertEquals(List.of(new Gemm(true, false, 6, 4, 5, 120, 5, 30, 0, 5, 20, 300, 6, 24, 6)), calls(batch), "one batch of both axes");
        Tensor z = graph.input("z", Shape.of(3, 1, 5, 6));
        List<Schedule.Task> mixed = tasks(Compilation.of(x.matmul(z)), 0, true);
        assertEquals(List.of(new Gemm(false, false, 6, 4, 5, 120, 6, 30, 0, 5, 40, 210, 6, 48, 3),
            new Gemm(false, false, 6, 4, 5, 120, 6, 30, 20, 5, 40, 234, 6, 48, 3)), calls(mixed), "a call for each place in the shorter axis");
    }

    @Test
    void whatFollowsALibrarysProductIsAJobOfItsOwn() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(2, 3, 4, 8));
        Tensor bias = graph.input("bias", Shape.of(6));
        Tensor w = graph.parameter("w", Shape.of(6, 8, 1, 1), MemorySegment.ofAddress(64).reinterpret(4 * 6 * 8));
        Tensor y = graph.apply(new Op.Conv2d(1, 0, new Op.Epilogue(true, false, true)), x, w, bias);
        List<Schedule.Task> tasks = tasks(Compilation.of(y), 0, true);
        assertEquals(List.of(Kind.LIBRARY_PRODUCT, Kind.ELEMENTWISE), kinds(tasks));
        assertEquals(tasks.get(0).jobs().getFirst().writes().getFirst(), tasks.get(1).jobs().getFirst().writes().getFirst());
        assertEquals(List.of(Kind.CONVOLUTION), kinds(tasks(Compilation.of(y), 0, false)));
        Tensor strided = graph.apply(new Op.Conv2d(2, 0, Op.Epilogue.NONE), x, w);
        assertEquals(List.of(Kind.CONVOLUTION), kinds(tasks(Compilation.of(strided), 0, true)), "its rows are not evenly spaced");
        Compilation large = Compilation.frozen(List.of(convolution(8, 56, 64)));
        assertEquals(List.of(Kind.WINOGRAD_INPUT, Kind.LIBRARY_PRODUCT, Kind.WINOGRAD_OUTPUT), kinds(tasks(large, Long.MAX_VALUE, true)));
    }

    @Test
    void theFullForwardPassIsFewTasks() {
        List<Schedule.Task> tasks = full(false);
        assertTrue(tasks.size() <= 700, () -> tasks.size() + " tasks");
        assertTrue(tasks.stream().mapToInt(t -> t.jobs().size()).sum() > tasks.size());
        long winograd = tasks.stream().filter(t -> t.kind() == Kind.WINOGRAD_OUTPUT).mapToLong(t -> t.jobs().size()).sum();
        assertTrue(winograd > 200, () -> winograd + " of Winograd's convolutions");
    }

    @Test
    void theFullForwardPassAsksALibraryForAllItsProducts() {
        List<Schedule.Task> tasks = full(true);
        assertTrue(tasks.stream().noneMatch(t -> t.kind() == Kind.PRODUCT));
        assertTrue(tasks.size() <= 700, () -> tasks.size() + " tasks");
        int calls = calls(tasks).size();
        assertTrue(calls >= 300 && calls <= 1000, () -> calls + " calls");
    }

    private static List<Schedule.Task> full(boolean library) {
        Config config = Config.RELEASED;
        RemoCap network = new RemoCap(config);
        Weights weights = Weights.unbound(network); // nobody reads them
        weights.specs().forEach((name, spec) -> weights.bind(name, MemorySegment.ofAddress(64).reinterpret(spec.shape().size() * spec.dtype().bytes())));
        ModelGraph graph = ModelGraph.of(network, weights, GeneratedMesh.of(config), 8, 224, 224, false, List.of());
        return tasks(Compilation.frozen(List.copyOf(graph.outputs().values())), Long.MAX_VALUE, library);
    }
}

package io.github.remocap.tornado.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tornado.Gpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Lives of programs on the device: what moves, what is shared, what is freed. */
class ProgramOnDeviceTest {
    private static final int WIDTH = 256;
    private static TornadoDevice device;

    @BeforeAll
    static void find() {
        device = Gpu.device();
    }

    private static MemorySegment filled(Arena arena, int count, double value) {
        MemorySegment segment = arena.allocate(4L * count, 64);
        for (int i = 0; i < count; i++) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (value + (i % 7) * 0.01));
        }
        return segment;
    }

    private static float[] floats(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_FLOAT);
    }

    /** {@code w := w - 0.1 x^T (x w)}, and the sum of what it multiplied. */
    private record Training(Graph graph, Tensor x, Tensor w, Tensor sum, Tensor next) {
        static Training of(MemorySegment weights) {
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(4, WIDTH));
            Tensor w = graph.parameter("w", Shape.of(WIDTH, WIDTH), weights);
            Tensor y = x.matmul(w);
            Tensor next = w.sub(x.matmul(y, true, false).mul(0.1));
            return new Training(graph, x, w, y.sum(), next);
        }

        Compilation compilation() {
            return Compilation.training(List.of(sum), List.of(new Compilation.Update(w, next)));
        }
    }

    private static float[] input(int step) {
        float[] x = new float[4 * WIDTH];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) Math.sin(i + step) * 0.05f;
        }
        return x;
    }

    @Test
    void aStepMovesItsInputsAndOutputsAlone() {
        try (Arena arena = Arena.ofShared()) {
            Training t = Training.of(filled(arena, WIDTH * WIDTH, 0.1));
            try (Program program = device.compile(t.compilation())) {
                program.write(t.x(), input(0));
                program.run();
                for (int step = 1; step < 5; step++) {
                    long in = device.bytesIn();
                    long out = device.bytesOut();
                    program.write(t.x(), input(step));
                    program.run();
                    program.read(t.sum());
                    long inputs = 4L * 4 * WIDTH;
                    assertTrue(device.bytesIn() - in >= inputs && device.bytesIn() - in <= inputs + 64, () -> "in: " + (device.bytesIn() - in));
                    assertTrue(device.bytesOut() - out >= 4 && device.bytesOut() - out <= 256, () -> "out: " + (device.bytesOut() - out));
                }
            }
        }
    }

    @Test
    void programsShareParametersAndTheHostSeesThemWhenItAsks() {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment weights = filled(arena, WIDTH * WIDTH, 0.1);
            Training t = Training.of(weights);
            Tensor twice = t.w().mul(2);
            float[] before = floats(weights);
            try (Program step = device.compile(t.compilation()); Program reader = device.compile(Compilation.of(twice))) {
                step.write(t.x(), input(0));
                step.run();
                assertArrayEquals(before, floats(weights), "the host's array stays as it is until somebody asks");
                reader.run();
                float[] doubled = reader.read(twice);
                device.parametersToHost();
                float[] now = floats(weights);
                assertTrue(Math.abs(now[0] - before[0]) > 1e-6);
                for (int i = 0; i < now.length; i++) {
                    assertEquals(2 * now[i], doubled[i]);
                }
                weights.setAtIndex(ValueLayout.JAVA_FLOAT, 3, 42);
                device.parametersFromHost();
                reader.run();
                assertEquals(84, reader.read(twice)[3]);
                step.run();
            }
            assertTrue(floats(weights)[3] != 42, "closing the last program copies its updates back");
        }
    }

    @Test
    void alternatingProgramsDoNotDisturbEachOtherAndFreeWhatTheyTook() {
        long before = device.memoryInUse();
        Graph first = new Graph();
        Tensor a = first.input("a", Shape.of(64, 64));
        Tensor b = a.matmul(a).add(1).relu();
        Graph second = new Graph();
        Tensor c = second.input("c", Shape.of(1000, 50));
        Tensor d = c.softmax().mul(3);
        float[] some = new float[64 * 64];
        float[] other = new float[1000 * 50];
        for (int i = 0; i < other.length; i++) {
            other[i] = (float) Math.cos(i);
            some[i % some.length] = (float) Math.sin(i);
        }
        try (Program q = device.compile(Compilation.of(d))) {
            float[] expected;
            try (Program p = device.compile(Compilation.of(b))) {
                p.write(a, some);
                q.write(c, other);
                p.run();
                q.run();
                expected = q.read(d);
                float[] product = p.read(b);
                for (int i = 0; i < 3; i++) {
                    q.run();
                    p.run();
                    assertArrayEquals(product, p.read(b));
                    assertArrayEquals(expected, q.read(d));
                }
                long both = device.memoryInUse();
                p.close();
                assertTrue(device.memoryInUse() < both);
                p.close(); // does nothing
                assertEquals("this program is closed", assertThrows(IllegalStateException.class, p::run).getMessage());
                assertEquals("this program is closed", assertThrows(IllegalStateException.class, () -> p.read(b)).getMessage());
            }
            q.run();
            assertArrayEquals(expected, q.read(d));
        }
        assertEquals(before, device.memoryInUse());
    }

    @Test
    void tooLittleMemoryNamesTheOpAndItsModule() {
        long before = device.memoryInUse();
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(40_000, 1));
        Tensor y;
        try (Graph.Scope outer = graph.scope("decoder"); Graph.Scope inner = graph.scope("attention")) {
            y = x.matmul(x, false, true).softmax().sum();
        }
        DeviceException e = assertThrows(DeviceException.class, () -> device.compile(Compilation.of(y)));
        assertTrue(e.getMessage().startsWith("out of device memory"), e.getMessage());
        assertTrue(e.getMessage().contains("MatMul at decoder.attention"), e.getMessage());
        assertTrue(e.getMessage().contains("remocap.tornado.memory"), e.getMessage());
        assertEquals(before, device.memoryInUse(), "what was taken before the failure is given back");
    }

    @Test
    void manyStepsTakeNoMoreMemory() {
        try (Arena arena = Arena.ofShared()) {
            Training t = Training.of(filled(arena, WIDTH * WIDTH, 0.1));
            try (Program program = device.compile(t.compilation())) {
                program.write(t.x(), input(0));
                program.run();
                long device0 = device.memoryInUse();
                long heap0 = heap();
                for (int step = 0; step < 500; step++) {
                    program.write(t.x(), input(step));
                    program.run();
                }
                assertEquals(device0, device.memoryInUse());
                long grown = heap() - heap0;
                assertTrue(grown < 16 << 20, () -> "the heap grew by " + grown + " bytes");
            }
        }
    }

    private static long heap() {
        System.gc();
        java.lang.Runtime runtime = java.lang.Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @Test
    void probesAndProfilesShowWhatHappens() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(8, 16));
        Tensor h;
        try (Graph.Scope scope = graph.scope("hidden")) {
            h = graph.moduleOutput(x.matmul(x, false, true).relu());
        }
        Tensor y = h.softmax();
        float[] elements = new float[8 * 16];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = (float) Math.sin(i);
        }
        try (Program program = device.compile(Compilation.of(y))) {
            program.write(x, elements);
            List<Program.StepTime> steps = program.profile();
            assertEquals(List.of("PRODUCT", "SOFTMAX"), steps.stream().map(Program.StepTime::kernel).toList());
            assertTrue(steps.getFirst().label().contains("MatMul at hidden"), steps.getFirst().label());
            assertTrue(steps.getFirst().flops() == 2L * 8 * 8 * 16 && steps.getFirst().seconds() > 0);
            assertEquals(64, program.probe("hidden").length);
            assertEquals(1, sum(program.read(y), 0, 8), 1e-5);
        }
    }

    private static double sum(float[] values, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += values[i];
        }
        return sum;
    }
}

package io.github.remocap.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Compilation.Update;
import io.github.remocap.tensor.vector.VectorDevice;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every program promises, on every device. */
@Timeout(60)
class ProgramTest {
    private static final VectorDevice THREE = new VectorDevice(3);

    private final Graph graph = new Graph();

    static Stream<Device> devices() {
        return Stream.of(Devices.reference(), THREE);
    }

    @AfterAll
    static void close() {
        THREE.close();
    }

    private static float[] ramp(int n, float scale) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = scale * (float) Math.sin(i + 1);
        }
        return values;
    }

    private Tensor parameter(String name, float... values) {
        return graph.parameter(name, Shape.of(values.length), OpCase.nativeCopy(values));
    }

    private static float[] stored(Tensor parameter) {
        return parameter.values().toArray(ValueLayout.JAVA_FLOAT);
    }

    // -- reading and writing ------------------------------------------------------------------------------------------

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void inputsMustBeSet(Device device) {
        Tensor x = graph.input("left", Shape.of(2));
        Tensor y = graph.input("right", Shape.of(2));
        try (Program program = device.compile(Compilation.of(x.add(y)))) {
            program.write(x, new float[2]);
            IllegalStateException e = assertThrows(IllegalStateException.class, program::run);
            assertTrue(e.getMessage().contains("'right'") && !e.getMessage().contains("'left'"), e.getMessage());
            program.write(y, new float[2]);
            program.run();
            program.run();
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void sizesAndTensorsAreChecked(Device device) {
        Tensor x = graph.input("x", Shape.of(2));
        Tensor other = graph.input("other", Shape.of(2));
        Tensor y = x.mul(2);
        Tensor z = y.add(1);
        try (Program program = device.compile(Compilation.of(z))) {
            assertThrows(IllegalArgumentException.class, () -> program.write(x, new float[3]));
            assertThrows(IllegalArgumentException.class, () -> program.write(x, new double[1]));
            assertThrows(IllegalArgumentException.class, () -> program.write(other, new float[2]));
            assertThrows(IllegalArgumentException.class, () -> program.write(y, new float[2]));
            assertThrows(IllegalStateException.class, () -> program.read(z), "before the first run");
            program.write(x, new float[] {1, 2});
            program.run();
            assertThrows(IllegalArgumentException.class, () -> program.read(y));
            assertThrows(IllegalArgumentException.class, () -> program.read(z, new float[1]));
            assertArrayEquals(new float[] {3, 5}, program.read(z));
            assertArrayEquals(new double[] {3, 5}, program.readDoubles(z));
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void closedIsClosed(Device device) {
        Tensor x = graph.input("x", Shape.of(2));
        Tensor y = graph.moduleOutput(x.mul(2));
        Program program = device.compile(Compilation.of(y));
        program.write(x, new float[2]);
        program.run();
        program.probe("");
        program.close();
        program.close();
        assertThrows(IllegalStateException.class, program::run);
        assertThrows(IllegalStateException.class, () -> program.write(x, new float[2]));
        assertThrows(IllegalStateException.class, () -> program.read(y));
        assertThrows(IllegalStateException.class, () -> program.probe(""));
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void inputsStayAndResultsComeAgain(Device device) {
        Tensor x = graph.input("x", Shape.of(2, 8, 8, 4));
        Tensor y = x;
        for (int i = 0; i < 5; i++) {
            Tensor w = graph.constant(Shape.of(4, 4, 3, 3), ramp(144, 0.3f));
            y = y.conv2d(w, 1, 1).relu().add(y).affine(0.5, 0.1);
        }
        Tensor end = y.softmax();
        Tensor sum = end.sum();
        float[] values = ramp(512, 1);
        try (Program program = device.compile(Compilation.of(end, sum))) {
            program.write(x, values);
            values[0] = 99; // the program has its own copy
            program.run();
            float[] first = program.read(end);
            for (int i = 0; i < 30; i++) {
                program.run();
                assertArrayEquals(first, program.read(end));
            }
            assertEquals(128, program.read(sum)[0], 1e-3);
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void leavesCanBeOutputs(Device device) {
        Tensor x = graph.input("x", Shape.of(2));
        Tensor w = parameter("w", 3, 4);
        Tensor c = graph.constant(Shape.of(2), 5, 6);
        Tensor view = x.reshape(1, 2);
        try (Program program = device.compile(Compilation.of(x, w, c, view))) {
            program.write(x, new float[] {1, 2});
            program.run();
            assertArrayEquals(new float[] {1, 2}, program.read(x));
            assertArrayEquals(new float[] {3, 4}, program.read(w));
            assertArrayEquals(new float[] {5, 6}, program.read(c));
            program.write(x, new float[] {7, 8});
            w.values().set(ValueLayout.JAVA_FLOAT, 0, 9);
            assertArrayEquals(new float[] {1, 2}, program.read(x), "of the last run");
            assertArrayEquals(new float[] {1, 2}, program.read(view), "of the last run");
            assertArrayEquals(new float[] {3, 4}, program.read(w), "of the last run");
            program.run();
            assertArrayEquals(new float[] {7, 8}, program.read(view));
            assertArrayEquals(new float[] {9, 4}, program.read(w));
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void parametersAreReadAtEveryRunUnlessFrozen(Device device) {
        Tensor w = parameter("w", 1, 2);
        Tensor x = graph.input("x", Shape.of(2));
        Tensor y = w.mul(10).add(x);
        try (Program live = device.compile(Compilation.of(y)); Program frozen = device.compile(Compilation.frozen(List.of(y)))) {
            w.values().set(ValueLayout.JAVA_FLOAT, 4, 5);
            live.write(x, new float[2]);
            frozen.write(x, new float[2]);
            live.run();
            frozen.run();
            assertArrayEquals(new float[] {10, 50}, live.read(y));
            assertArrayEquals(new float[] {10, 20}, frozen.read(y));
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void frozenParametersMayLieOnTheHeap(Device device) {
        Tensor w = graph.parameter("w", Shape.of(2, 2), MemorySegment.ofArray(new float[] {1, 2, 3, 4}));
        Tensor x = graph.input("x", Shape.of(1, 2));
        Tensor y = x.matmul(w.mul(2)).add(w.sum(0, 0));
        try (Program program = device.compile(Compilation.frozen(List.of(y)))) {
            program.write(x, new float[] {1, 1});
            program.run();
            assertArrayEquals(new float[] {12, 18}, program.read(y));
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void memoryIsPlausible(Device device) {
        Tensor x = graph.input("x", Shape.of(1000));
        Tensor y = x;
        for (int i = 0; i < 50; i++) {
            y = y.relu().affine(1, 1);
        }
        try (Program program = device.compile(Compilation.of(y))) {
            program.write(x, new float[1000]);
            program.run();
            assertTrue(program.memory() >= 4000 && program.memory() <= 4 * 8000, program.memory() + " bytes for three arrays of 1000");
        }
    }

    // -- several programs ---------------------------------------------------------------------------------------------

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void programsAlternateOnOneDevice(Device device) {
        Tensor x = graph.input("x", Shape.of(40, 50));
        Tensor a = x.matmul(x, false, true).softmax();
        Tensor b = x.softmax().matmul(x, true, false).relu();
        try (Program p = device.compile(Compilation.of(a)); Program q = device.compile(Compilation.of(b))) {
            p.write(x, ramp(2000, 1));
            q.write(x, ramp(2000, 2));
            p.run();
            q.run();
            float[] first = p.read(a);
            float[] second = q.read(b);
            for (int i = 0; i < 10; i++) {
                q.run();
                p.run();
                assertArrayEquals(first, p.read(a));
                assertArrayEquals(second, q.read(b));
            }
        }
    }

    @Test
    void twoThreadsTwoProgramsOneDevice() throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            int seed = t + 1;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    Graph own = new Graph();
                    Tensor x = own.input("x", Shape.of(60, 70));
                    Tensor y = own.apply(new Op.Attention(7, null), x.reshape(2, 30, 70), x.reshape(2, 30, 70), x.reshape(2, 30, 70)).sigmoid();
                    for (int round = 0; round < 5; round++) {
                        try (Program program = THREE.compile(Compilation.of(y))) {
                            program.write(x, ramp(4200, seed));
                            program.run();
                            float[] first = program.read(y);
                            for (int i = 0; i < 40; i++) {
                                program.run();
                                assertArrayEquals(first, program.read(y));
                            }
                        }
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertNull(failure.get());
    }

    // -- probes and evaluation ----------------------------------------------------------------------------------------

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void probeShowsModules(Device device) {
        Tensor x = graph.input("x", Shape.of(2));
        Tensor aside = graph.input("aside", Shape.of(2));
        Tensor w = parameter("w", 10, 20);
        Tensor middle;
        Tensor end;
        try (Graph.Scope net = graph.scope("net")) {
            try (Graph.Scope layer = graph.scope("layer1")) {
                middle = graph.moduleOutput(x.mul(w));
            }
            try (Graph.Scope layer = graph.scope("layer2")) {
                end = graph.moduleOutput(middle.relu());
            }
            try (Graph.Scope layer = graph.scope("unused")) {
                graph.moduleOutput(aside.relu());
            }
        }
        try (Program program = device.compile(Compilation.of(end))) {
            assertThrows(IllegalStateException.class, () -> program.probe("net.layer1"));
            program.write(x, new float[] {1, -1});
            assertArrayEquals(new float[] {10, -20}, program.probe("net.layer1"));
            assertArrayEquals(new float[] {10, 0}, program.probe("net.layer2"));
            program.write(x, new float[] {-1, 2});
            w.values().set(ValueLayout.JAVA_FLOAT, 0, 100);
            assertArrayEquals(new float[] {-100, 40}, program.probe("net.layer1"));
            program.run();
            assertArrayEquals(new float[] {0, 40}, program.read(end));
            IllegalArgumentException unknown = assertThrows(IllegalArgumentException.class, () -> program.probe("layer2"));
            assertTrue(unknown.getMessage().contains("no module 'layer2'") && unknown.getMessage().contains("net.layer2"), unknown.getMessage());
            IllegalArgumentException foreign = assertThrows(IllegalArgumentException.class, () -> program.probe("net.unused"));
            assertTrue(foreign.getMessage().contains("'aside'"), foreign.getMessage());
        }
    }

    @Test
    void evalComputesWhatLeadsToANode() {
        Tensor x = graph.input("x", Shape.of(2));
        Tensor y = x.add(parameter("w", 1, 2)).mul(graph.scalar(3));
        assertArrayEquals(new float[] {33, 66}, y.eval(Map.of(x, new float[] {10, 20})));
        assertTrue(assertThrows(IllegalArgumentException.class, y::eval).getMessage().contains("'x'"));
        assertArrayEquals(new float[] {7}, graph.scalar(3).add(graph.scalar(4)).eval());
        assertArrayEquals(new float[] {3, 6}, graph.constant(Shape.of(2), 1, 2).mul(graph.scalar(3)).eval());
    }

    // -- updates ------------------------------------------------------------------------------------------------------

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void updatesUseOldValues(Device device) {
        Tensor p = parameter("p", 1, 2);
        Tensor q = parameter("q", 10, 20);
        Tensor r = parameter("r", 5, 5);
        Tensor x = graph.input("x", Shape.of(2));
        List<Update> updates = List.of(new Update(p, p.add(q).add(x)), new Update(q, p.mul(2)), new Update(r, p.reshape(2, 1).reshape(2)));
        Tensor out = p.mul(1);
        try (Program program = device.compile(Compilation.training(List.of(out, p), updates))) {
            program.write(x, new float[] {100, 200});
            program.run();
            assertArrayEquals(new float[] {111, 222}, stored(p));
            assertArrayEquals(new float[] {2, 4}, stored(q));
            assertArrayEquals(new float[] {1, 2}, stored(r));
            assertArrayEquals(new float[] {1, 2}, program.read(out));
            assertArrayEquals(new float[] {1, 2}, program.read(p), "an output is computed with the old values");
            program.run();
            assertArrayEquals(new float[] {213, 426}, stored(p));
            assertArrayEquals(new float[] {222, 444}, stored(q));
            assertArrayEquals(new float[] {111, 222}, stored(r));
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void parametersCanBeExchanged(Device device) {
        Tensor p = parameter("p", 1, 2);
        Tensor q = parameter("q", 10, 20);
        Tensor r = parameter("r", 0, 0);
        List<Update> updates = List.of(new Update(p, q), new Update(q, r), new Update(r, p));
        try (Program program = device.compile(Compilation.training(List.of(), updates))) {
            program.run();
            assertArrayEquals(new float[] {10, 20}, stored(p));
            assertArrayEquals(new float[] {0, 0}, stored(q));
            assertArrayEquals(new float[] {1, 2}, stored(r));
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void weightsThatAreUpdatedAreUsedFresh(Device device) {
        Tensor w = graph.parameter("w", Shape.of(2, 2), OpCase.nativeCopy(new float[] {1, 0, 0, 1}));
        Tensor x = graph.input("x", Shape.of(1, 2));
        Tensor y = x.matmul(w);
        try (Program program = device.compile(Compilation.training(List.of(y), List.of(new Update(w, w.mul(2)))))) {
            program.write(x, new float[] {3, 4});
            for (float scale = 1; scale < 10; scale *= 2) {
                program.run();
                assertArrayEquals(new float[] {3 * scale, 4 * scale}, program.read(y));
            }
        }
    }

    @Test
    void compilationsAreChecked() {
        Tensor w = parameter("w", 1, 2);
        Tensor x = graph.input("x", Shape.of(2));
        assertThrows(IllegalArgumentException.class, () -> new Update(x, w));
        assertThrows(IllegalArgumentException.class, () -> new Update(w, w.sum()));
        assertThrows(IllegalArgumentException.class, () -> Compilation.of(List.of()));
        assertThrows(IllegalArgumentException.class, () -> new Compilation(List.of(x), List.of(new Update(w, x)), true, true));
        assertThrows(IllegalArgumentException.class, () -> Compilation.training(List.of(), List.of(new Update(w, x), new Update(w, w))));
    }

    // -- failures -----------------------------------------------------------------------------------------------------

    private record Failing(int parts, boolean always) implements CustomOp {
        @Override
        public String name() {
            return "Failing";
        }

        @Override
        public Shape infer(List<Shape> inputs) {
            return inputs.getFirst();
        }

        @Override
        public int parts(List<Shape> inputs) {
            return parts;
        }

        @Override
        public void compute(int part, List<Elements> inputs, Elements output) {
            boolean worker = Thread.currentThread().getName().startsWith("remocap-worker");
            if (inputs.getFirst().get(0) > 0 && (always || worker)) {
                throw new ArithmeticException("no luck with part " + part);
            }
            if (!always && inputs.getFirst().get(0) > 0) {
                Thread.yield();
            }
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void failuresNameOpAndModule(Device device) {
        for (int parts : new int[] {1, 50}) {
            failure(device, new Failing(parts, true));
        }
    }

    @Test
    void failureOfAWorkerSurfaces() {
        failure(THREE, new Failing(2_000_000, false));
    }

    private static void failure(Device device, Failing op) {
        Graph graph = new Graph();
        Tensor x = graph.input("x", Shape.of(1));
        Tensor y;
        try (Graph.Scope ignored = graph.scope("some.head")) {
            y = graph.apply(new Op.Custom(op), x);
        }
        try (Program program = device.compile(Compilation.of(y))) {
            program.write(x, new float[] {-1});
            program.run();
            program.write(x, new float[] {1});
            IllegalStateException e = assertThrows(IllegalStateException.class, program::run);
            assertTrue(e.getMessage().contains("Failing") && e.getMessage().contains("some.head") && e.getMessage().contains("no luck"), e.getMessage());
            assertTrue(e.getCause() instanceof ArithmeticException);
            assertThrows(IllegalStateException.class, () -> program.read(y), "nothing was computed");
            program.write(x, new float[] {-1});
            program.run();
            assertArrayEquals(new float[1], program.read(y));
        }
    }

    private record OutOfBounds(long index, boolean write) implements CustomOp {
        @Override
        public String name() {
            return "OutOfBounds";
        }

        @Override
        public Shape infer(List<Shape> inputs) {
            return inputs.getFirst();
        }

        @Override
        public void compute(int part, List<Elements> inputs, Elements output) {
            if (write) {
                inputs.getFirst().set(index, 1);
            } else {
                inputs.getFirst().get(index);
            }
        }
    }

    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("devices")
    void customOpsAreKeptWithinTheirMemory(Device device) {
        for (OutOfBounds op : List.of(new OutOfBounds(2, false), new OutOfBounds(-1, false), new OutOfBounds(0, true))) {
            Tensor x = graph.input("x", Shape.of(2));
            try (Program program = device.compile(Compilation.of(graph.apply(new Op.Custom(op), x)))) {
                program.write(x, new float[2]);
                RuntimeException cause = (RuntimeException) assertThrows(IllegalStateException.class, program::run).getCause();
                assertTrue(op.write() ? cause instanceof UnsupportedOperationException : cause instanceof IndexOutOfBoundsException, "" + cause);
            }
        }
    }

    @Test
    void closedDeviceRefuses() {
        VectorDevice device = new VectorDevice(2);
        Tensor x = graph.input("x", Shape.of(100_000));
        Program program = device.compile(Compilation.of(x.relu()));
        program.write(x, new float[100_000]);
        device.close();
        assertThrows(IllegalStateException.class, program::run);
        program.close();
        device.close();
    }

    @Test
    void devicesByName() {
        assertEquals("reference", Devices.byName("reference").name());
        assertEquals("cpu", Devices.byName("cpu").name());
        assertTrue(Devices.cpu().description().contains("vector"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Devices.byName("gpu:3")).getMessage().contains("cpu, reference"));
        assertThrows(IllegalArgumentException.class, () -> new VectorDevice(0));
        assertFalse(Devices.reference().description().isEmpty());
    }
}

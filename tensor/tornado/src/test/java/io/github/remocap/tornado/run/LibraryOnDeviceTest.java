package io.github.remocap.tornado.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.OpCheck;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tornado.Gpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs on a device with a library. */
class LibraryOnDeviceTest {
    private static final double TOLERANCE = 1e-5;

    /** Branches whose products can share tasks, an epilogue, and more graphs than one. */
    private record Network(Tensor x, Tensor y) {
        static Network of(int width, int layers) {
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(6, width));
            Tensor left = x;
            Tensor right = x.mul(0.5);
            for (int i = 0; i < layers; i++) {
                try (Graph.Scope scope = graph.scope("layer" + i)) {
                    left = left.matmul(left, false, true).softmax().matmul(left);
                    right = right.matmul(right, true, false).softmax().matmul(right, false, true).permute(1, 0).relu();
                }
            }
            return new Network(x, left.add(right));
        }

        float[] values(int seed) {
            float[] values = new float[Math.toIntExact(x.shape().size())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) Math.sin(i * 0.7 + seed);
            }
            return values;
        }

        double[] expected(int seed) {
            try (Program program = Devices.reference().compile(Compilation.of(y))) {
                program.write(x, values(seed));
                program.run();
                return program.readDoubles(y);
            }
        }
    }

    private static List<String> kinds(Program program) {
        return ((TornadoProgram) program).tasks().stream().map(task -> task.kind().name()).distinct().sorted().toList();
    }

    @Test
    void programsOfOtherShapesShareGraphsAndKeepTheirProducts() {
        LibraryDevice library = LibraryDevice.shared();
        List<Network> networks = List.of(Network.of(9, 20), Network.of(14, 20), Network.of(5, 3));
        List<Program> programs = new ArrayList<>();
        try {
            for (Network network : networks) {
                programs.add(library.device().compile(Compilation.of(network.y())));
            }
            assertTrue(kinds(programs.getFirst()).contains("LIBRARY_PRODUCT") && !kinds(programs.getFirst()).contains("PRODUCT"));
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < programs.size(); i++) {
                    library.blas().called();
                    programs.get(i).write(networks.get(i).x(), networks.get(i).values(round));
                    programs.get(i).run();
                    OpCheck.same("network " + i, networks.get(i).expected(round), programs.get(i).read(networks.get(i).y()), TOLERANCE);
                    int layers = i == 2 ? 3 : 20;
                    assertEquals(Collections.nCopies(4 * layers, "cublasSgemm"), library.blas().called(), "each product once");
                }
            }
            assertEquals(1, library.blas().handles());
        } finally {
            programs.forEach(Program::close);
        }
    }

    @Test
    void profilesNameTheLibrarysProducts() {
        Network network = Network.of(8, 1);
        try (Program program = LibraryDevice.shared().device().compile(Compilation.of(network.y()))) {
            program.write(network.x(), network.values(0));
            List<Program.StepTime> products = program.profile().stream().filter(s -> s.kernel().equals("LIBRARY_PRODUCT")).toList();
            assertEquals(4, products.size() + products.stream().mapToInt(s -> s.label().contains(" and 1 more") ? 1 : 0).sum(), products.toString());
            assertTrue(products.stream().allMatch(s -> s.label().contains("MatMul at layer0") && s.flops() > 0), products.toString());
        }
    }

    @Test
    void withoutALibraryKernelsDoIt() {
        Network network = Network.of(8, 1);
        try (Program program = Gpu.device().compile(Compilation.of(network.y()))) {
            assertTrue(kinds(program).contains("PRODUCT") && !kinds(program).contains("LIBRARY_PRODUCT"), kinds(program).toString());
        }
    }

    @Test
    void trainingKeepsItsKernelsUnlessItIsAskedFor() {
        LibraryDevice inference = LibraryDevice.of(false);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment weights = arena.allocate(4L * 8 * 8, 64);
            for (int i = 0; i < 64; i++) {
                weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) Math.cos(i));
            }
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(4, 8));
            Tensor w = graph.parameter("w", Shape.of(8, 8), weights);
            Tensor y = x.matmul(w);
            Tensor next = w.sub(x.matmul(y, true, false).mul(0.1));
            Compilation training = Compilation.training(List.of(y.sum()), List.of(new Compilation.Update(w, next)));
            try (Program step = inference.device().compile(training); Program forward = inference.device().compile(Compilation.frozen(List.of(y)));
                Program asked = LibraryDevice.shared().device().compile(training)) {
                assertTrue(kinds(step).contains("PRODUCT") && !kinds(step).contains("LIBRARY_PRODUCT"), kinds(step).toString());
                assertTrue(kinds(forward).contains("LIBRARY_PRODUCT") && !kinds(forward).contains("PRODUCT"), kinds(forward).toString());
                assertTrue(kinds(asked).contains("LIBRARY_PRODUCT") && !kinds(asked).contains("PRODUCT"), kinds(asked).toString());
            }
        }
    }

    @Test
    void aFailingCallNamesItsOpAndTheDeviceStops() {
        LibraryDevice library = LibraryDevice.of(true);
        Network network = Network.of(8, 2);
        try (Program program = library.device().compile(Compilation.of(network.y()))) {
            program.write(network.x(), network.values(0));
            program.run();
            library.blas().fail();
            String said = assertThrows(DeviceException.class, program::run).getMessage();
            assertTrue(said.startsWith("this task failed: LIBRARY_PRODUCT for MatMul at layer"), said);
            assertTrue(said.contains("CUBLAS_STATUS_EXECUTION_FAILED") && said.contains("cublasSgemm of "), said);
            assertTrue(said.contains("-Dremocap.tornado.libraries=never"), said);
            String again = assertThrows(DeviceException.class, program::run).getMessage();
            assertTrue(again.contains("the device failed before"), again);
        }
    }
}

package io.github.remocap.bench.jmh;

import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tensor.vector.VectorDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A graph of one op or a few, compiled and fed. */
final class Case implements AutoCloseable {
    /** What builds a graph. */
    interface Builder {
        Tensor build(Case c);
    }

    private final Graph graph = new Graph();
    private final Arena arena = Arena.ofShared();
    private final VectorDevice device;
    private final Program program;

    /** @param frozen parameters are constants: weights are packed once, as in inference */
    Case(int threads, boolean frozen, Builder builder) {
        device = new VectorDevice(threads);
        Tensor output = builder.build(this);
        program = device.compile(frozen ? Compilation.frozen(List.of(output)) : Compilation.of(output));
        for (Tensor input : program.inputs()) {
            program.write(input, numbers(input.shape()));
        }
    }

    private static float[] numbers(Shape shape) {
        return DeterministicNumbers.uniform(shape.toString(), Math.toIntExact(shape.size()), -1, 1);
    }

    Graph graph() {
        return graph;
    }

    Tensor input(String name, int... dims) {
        return graph.input(name, Shape.of(dims));
    }

    Tensor parameter(String name, int... dims) {
        Shape shape = Shape.of(dims);
        MemorySegment values = arena.allocate(4 * shape.size(), 64);
        MemorySegment.copy(numbers(shape), 0, values, ValueLayout.JAVA_FLOAT, 0, Math.toIntExact(shape.size()));
        return graph.parameter(name, shape, values);
    }

    void run() {
        program.run();
    }

    @Override
    public void close() {
        program.close();
        device.close();
        arena.close();
    }
}

package io.github.remocap.autograd;

import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Deterministic numbers for tests. */
final class Numbers {
    private Numbers() {
    }

    /** Uniform numbers that depend on the name alone. */
    static double[] uniform(String name, long size, double low, double high) {
        double[] values = new double[Math.toIntExact(size)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (low + (high - low) * CounterRandom.uniform(CounterRandom.key(name), i));
        }
        return values;
    }

    static float[] floats(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** A parameter that holds given numbers. */
    static Tensor parameter(Graph graph, Arena arena, String name, Shape shape, double... values) {
        MemorySegment memory = arena.allocate(4L * values.length, 64);
        MemorySegment.copy(floats(values), 0, memory, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
        return graph.parameter(name, shape, memory);
    }

    /** What a parameter holds. */
    static float[] read(Tensor parameter) {
        return parameter.values().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
}

package io.github.remocap.autograd;

import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named arrays that training adds to a model's parameters: momenta, averages, accumulated gradients. They are parameters of the
 * graph, so that programs update them and checkpoints store them. This object owns their memory and outlives graphs and programs:
 * a graph that is built anew, for another batch size, finds the same arrays. Not safe for use by several threads.
 */
public final class State implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final Map<String, MemorySegment> arrays = new LinkedHashMap<>();

    /**
     * The parameter of the graph that shows an array. The array is made, of zeros, when its name is used first.
     *
     * @throws IllegalArgumentException if the name exists with another size or shape
     */
    public Tensor get(Graph graph, String name, Shape shape) {
        MemorySegment array = arrays.computeIfAbsent(name, n -> arena.allocate(Math.max(1, shape.size() * Float.BYTES), 64)
            .asSlice(0, shape.size() * Float.BYTES)); // zeros
        return graph.parameter(name, shape, array);
    }

    /** As {@link #get}, but a new array begins as a copy of a parameter's present elements. */
    Tensor copyOf(String name, Tensor parameter) {
        boolean isNew = !arrays.containsKey(name);
        Tensor copy = get(parameter.graph(), name, parameter.shape());
        if (isNew) {
            copy.values().copyFrom(parameter.values());
        }
        return copy;
    }

    /** All arrays by name, in the order of their first use: float32 elements, row-major. */
    public Map<String, MemorySegment> arrays() {
        return Collections.unmodifiableMap(arrays);
    }

    /** Frees the arrays. Programs that use them must not run any more. */
    @Override
    public void close() {
        arena.close();
    }
}

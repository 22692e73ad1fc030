package io.github.remocap.layers;

import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The numbers of a module's parameters and buffers, float32 in native memory (counters: int64), by full name. Memory is its own
 * (allocated, freed by {@link #close}) or somebody else's (bound to a mapped checkpoint, which must stay open as long as this is
 * used).
 */
public final class Weights implements AutoCloseable {
    private final Map<String, ParameterSpec> specs;
    private final Map<String, MemorySegment> values = new LinkedHashMap<>();
    private final Arena arena = Arena.ofShared();

    private Weights(Map<String, ParameterSpec> specs) {
        this.specs = specs;
    }

    /** Weights whose values are all still to be given by {@link #bind} or {@link #allocate}. */
    public static Weights unbound(Module module) {
        return new Weights(module.specs());
    }

    /** New weights with their initial values. The same seed gives the same numbers everywhere. */
    public static Weights initialized(Module module, long seed) {
        Weights weights = new Weights(module.specs());
        for (ParameterSpec spec : weights.specs.values()) {
            MemorySegment to = weights.allocate(spec.name());
            long stream = CounterRandom.stream(CounterRandom.key(spec.name()), seed);
            if (spec.dtype() == DType.F32) {
                for (long i = 0; i < spec.shape().size(); i++) {
                    to.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, spec.initializer().value(spec.shape(), stream, i));
                }
            }
        }
        return weights;
    }

    /** What arrays there are, by full name, in the order of PyTorch's state dict. */
    public Map<String, ParameterSpec> specs() {
        return specs;
    }

    private ParameterSpec spec(String name) {
        ParameterSpec spec = specs.get(name);
        if (spec == null) {
            throw new IllegalArgumentException("no parameter '" + name + "'");
        }
        return spec;
    }

    /** Extents of an array. */
    public Shape shape(String name) {
        return spec(name).shape();
    }

    /** Elements of an array, row-major. */
    public MemorySegment values(String name) {
        MemorySegment segment = values.get(spec(name).name());
        if (segment == null) {
            throw new IllegalStateException("parameter '" + name + "' has no values yet");
        }
        return segment;
    }

    /** Gives an array memory of its own, zeros, 64-byte aligned. */
    public MemorySegment allocate(String name) {
        ParameterSpec spec = spec(name);
        MemorySegment segment = arena.allocate(Math.max(4, spec.shape().size() * spec.dtype().bytes()), 64)
            .asSlice(0, spec.shape().size() * spec.dtype().bytes());
        values.put(name, segment);
        return segment;
    }

    /**
     * Uses somebody else's memory for an array, for instance a part of a mapped file.
     *
     * @throws IllegalArgumentException if its size does not fit
     */
    public void bind(String name, MemorySegment segment) {
        ParameterSpec spec = spec(name);
        long bytes = spec.shape().size() * spec.dtype().bytes();
        if (segment.byteSize() != bytes) {
            throw new IllegalArgumentException("parameter '" + name + "' " + spec.shape() + " takes " + bytes + " bytes, not " + segment.byteSize());
        }
        values.put(name, segment);
    }

    /** Frees the memory that was allocated here. */
    @Override
    public void close() {
        arena.close();
    }
}

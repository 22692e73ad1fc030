package io.github.remocap.parity;

import io.github.remocap.layers.ParameterSpec;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.RemoCap;
import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/**
 * Numbers made from a name alone, the same in any language, so that models of full size can be compared without shipping their
 * weights: element i is {@code mix64(fnv1a(name) + (i + 1) * 0x9E3779B97F4A7C15) >>> 40}, scaled from [0, 2^24) to [low, high).
 */
public final class DeterministicNumbers {
    private DeterministicNumbers() {
    }

    private static float element(long key, long i, double low, double high) {
        return (float) (low + (high - low) * (CounterRandom.bits(key, i) * 0x1p-24));
    }

    /** An array filled from its name, row-major. */
    public static float[] uniform(String name, int size, double low, double high) {
        long key = CounterRandom.key(name);
        float[] out = new float[size];
        for (int i = 0; i < size; i++) {
            out[i] = element(key, i, low, high);
        }
        return out;
    }

    /** Weights whose every array is filled from {@code seed/name}, scaled so that a deep network stays well conditioned. */
    public static Weights fill(RemoCap network, String seed) {
        Weights weights = Weights.unbound(network);
        for (ParameterSpec spec : weights.specs().values()) {
            MemorySegment to = weights.allocate(spec.name());
            if (spec.dtype() == DType.F32) {
                double[] range = range(spec.name(), spec.shape());
                long key = CounterRandom.key(seed + "/" + spec.name());
                LongConsumer set = i -> to.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, element(key, i, range[0], range[1]));
                LongStream.range(0, spec.shape().size()).parallel().forEach(set);
            }
        }
        return weights;
    }

    private static double[] range(String name, Shape shape) {
        if (name.endsWith("running_var")) {
            return new double[] {0.8, 1.2};
        }
        if (name.endsWith("running_mean")) {
            return new double[] {-0.1, 0.1};
        }
        if (shape.rank() == 1) {
            return name.endsWith("weight") ? new double[] {0.5, 0.9} : new double[] {-0.1, 0.1};
        }
        if (name.contains("embed")) {
            return new double[] {-1, 1};
        }
        double bound = Math.sqrt(3.0 / ((double) shape.size() / shape.dim(0)));
        return new double[] {-bound, bound};
    }
}

package io.github.remocap.layers;

import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.Shape;

/** First values of a parameter. Random numbers depend on the stream and the element's index alone. */
public interface Initializer {
    /** Value of an element. */
    float value(Shape shape, long stream, long index);

    /** The same value everywhere. */
    static Initializer constant(double value) {
        return (shape, stream, index) -> (float) value;
    }

    /** Uniform in [-bound, bound). */
    static Initializer uniform(double bound) {
        return (shape, stream, index) -> (float) (bound * (2 * CounterRandom.uniform(stream, index) - 1));
    }

    /** Normal with mean 0, by Box and Muller's transform. */
    static Initializer normal(double deviation) {
        return (shape, stream, index) -> {
            double u = (CounterRandom.bits(stream, 2 * index) + 1) * 0x1p-24;
            double v = CounterRandom.uniform(stream, 2 * index + 1);
            return (float) (deviation * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v));
        };
    }

    /** He's normal initialisation for ReLU with the number of outputs: deviation sqrt(2 / (O kh kw)) for {@code [O,I,kh,kw]}. */
    static Initializer kaimingFanOut() {
        return (shape, stream, index) ->
            normal(Math.sqrt(2.0 * shape.dim(1) / shape.size())).value(shape, stream, index);
    }

    /** Glorot's uniform initialisation for {@code [out, in]}: bound sqrt(6 / (in + out)). */
    static Initializer xavierUniform() {
        return (shape, stream, index) -> {
            double receptive = (double) shape.size() / shape.dim(0) / shape.dim(1);
            return uniform(Math.sqrt(6 / ((shape.dim(0) + shape.dim(1)) * receptive))).value(shape, stream, index);
        };
    }
}

package io.github.remocap.tornado.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What a program reads and never changes: numbers of its ops, weights that are frozen, values that depend on these alone. */
public final class Constants {
    /** A buffer and what it is filled with. */
    public record Block(Buffer buffer, Supplier<float[]> values) {
    }

    private final List<Block> blocks = new ArrayList<>();
    private final Map<Integer, Buffer> numbers = new HashMap<>();

    /** A single number. */
    Buffer number(float value) {
        return numbers.computeIfAbsent(Float.floatToRawIntBits(value), bits -> add(1, "a number", () -> new float[] {value}));
    }

    /** An array, asked for when it is copied to the device. */
    Buffer add(long floats, String label, Supplier<float[]> values) {
        Buffer buffer = Buffer.of(Buffer.Home.CONSTANT, floats, label);
        blocks.add(new Block(buffer, values));
        return buffer;
    }

    /** All of them. */
    public List<Block> blocks() {
        return blocks;
    }
}

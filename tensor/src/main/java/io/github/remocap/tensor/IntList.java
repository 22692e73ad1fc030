package io.github.remocap.tensor;

import java.util.Arrays;

/** Immutable integers, compared by content. */
public final class IntList {
    private final int[] values;

    private IntList(int[] values) {
        this.values = values;
    }

    /** Of the given values. */
    public static IntList of(int... values) {
        return new IntList(values.clone());
    }

    /** Number of values. */
    public int size() {
        return values.length;
    }

    /** The i-th value. */
    public int get(int i) {
        return values[i];
    }

    /** Whether all values are in [0, extent). */
    public boolean within(int extent) {
        return Arrays.stream(values).allMatch(v -> v >= 0 && v < extent);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IntList l && Arrays.equals(values, l.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return values.length <= 8 ? Arrays.toString(values) : "[" + values.length + " indices]";
    }
}

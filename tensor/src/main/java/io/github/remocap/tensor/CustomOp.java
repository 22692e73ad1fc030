package io.github.remocap.tensor;

import java.util.List;

/**
 * An op defined outside this library: its shape rule and a scalar kernel that every device can call. Implementations should be
 * records, so that equal attributes compare equal. The kernel runs in double precision on the reference interpreter and on
 * float32 memory elsewhere.
 */
public interface CustomOp {
    /** Name shown in errors. */
    String name();

    /**
     * Shape of the output.
     *
     * @throws IllegalArgumentException saying which rule the inputs violate
     */
    Shape infer(List<Shape> inputs);

    /**
     * Computes a part of the output, whose elements are zero before. Parts are disjoint and may run on several threads at once; a part is the same whatever
     * the number of threads.
     *
     * @param part which part, from 0 to {@link #parts} - 1
     */
    void compute(int part, List<Elements> inputs, Elements output);

    /** Number of independent parts, 1 by default. */
    default int parts(List<Shape> inputs) {
        return 1;
    }

    /** Read and write access to an array by row-major index. */
    interface Elements {
        /** Extents. */
        Shape shape();

        /** Element at a row-major index. */
        double get(long index);

        /** Sets the element at a row-major index; on inputs this fails. */
        void set(long index, double value);
    }
}

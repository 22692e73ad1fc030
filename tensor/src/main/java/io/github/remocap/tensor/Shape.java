package io.github.remocap.tensor;

import java.util.Arrays;

/** The extents of an array, row-major: the last axis is contiguous. Immutable; a scalar has rank 0 and size 1. */
public final class Shape {
    /** The shape of a scalar. */
    public static final Shape SCALAR = new Shape(new int[0]);

    private final int[] dims;
    private final long size;

    private Shape(int[] dims) {
        long product = 1;
        for (int d : dims) {
            if (d < 0) {
                throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(dims));
            }
            product = Math.multiplyExact(product, (long) d);
        }
        this.dims = dims;
        this.size = product;
    }

    /**
     * A shape of the given extents.
     *
     * @throws IllegalArgumentException if one is negative
     * @throws ArithmeticException if the number of elements exceeds a long
     */
    public static Shape of(int... dims) {
        return dims.length == 0 ? SCALAR : new Shape(dims.clone());
    }

    /** Number of axes. */
    public int rank() {
        return dims.length;
    }

    /** Extent of an axis; negative axes count from the end, -1 is the last. */
    public int dim(int axis) {
        int a = axis < 0 ? axis + dims.length : axis;
        if (a < 0 || a >= dims.length) {
            throw new IndexOutOfBoundsException("axis " + axis + " of shape " + this);
        }
        return dims[a];
    }

    /** Number of elements. */
    public long size() {
        return size;
    }

    /** A copy of the extents. */
    public int[] dims() {
        return dims.clone();
    }

    /** Elements between neighbours along each axis. */
    public long[] strides() {
        long[] strides = new long[dims.length];
        long step = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= dims[i];
        }
        return strides;
    }

    /** This shape with one extent replaced; negative axes count from the end. */
    public Shape with(int axis, int extent) {
        int[] copy = dims.clone();
        copy[axis < 0 ? axis + dims.length : axis] = extent;
        return new Shape(copy);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape that && Arrays.equals(dims, that.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** For example {@code [8, 224, 224, 3]}. */
    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}

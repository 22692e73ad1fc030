package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * How several arrays are walked together over the elements of one output: axes merged as far as all of them allow, so that the
 * innermost loop is as long as possible. Strides are in elements; 0 repeats.
 */
final class Strides {
    private final int[] dims;
    private final long[][] strides;

    private Strides(int[] dims, long[][] strides) {
        this.dims = dims;
        this.strides = strides;
    }

    /** Strides of an array of shape {@code from} when it is read as {@code to} under NumPy's broadcasting. */
    static long[] broadcast(Shape from, Shape to) {
        long[] own = from.strides();
        long[] result = new long[to.rank()];
        int lead = to.rank() - from.rank();
        for (int i = lead; i < to.rank(); i++) {
            result[i] = from.dim(i - lead) == 1 ? 0 : own[i - lead];
        }
        return result;
    }

    /** Walks {@code shape} in row-major order with the given strides of each array. */
    static Strides of(Shape shape, long[]... arrays) {
        List<Integer> dims = new ArrayList<>();
        List<long[]> steps = new ArrayList<>(); // per merged axis: the stride of each array
        for (int axis = 0; axis < shape.rank(); axis++) {
            int extent = shape.dim(axis);
            if (extent == 1) {
                continue;
            }
            long[] step = new long[arrays.length];
            boolean merge = !dims.isEmpty();
            for (int k = 0; k < arrays.length; k++) {
                step[k] = arrays[k][axis];
                merge &= !dims.isEmpty() && steps.getLast()[k] == step[k] * extent;
            }
            if (merge) {
                dims.set(dims.size() - 1, dims.getLast() * extent);
                steps.set(steps.size() - 1, step);
            } else {
                dims.add(extent);
                steps.add(step);
            }
        }
        if (dims.isEmpty()) {
            dims.add(1);
            steps.add(new long[arrays.length]);
        }
        long[][] strides = new long[arrays.length][dims.size()];
        for (int axis = 0; axis < dims.size(); axis++) {
            for (int k = 0; k < arrays.length; k++) {
                strides[k][axis] = steps.get(axis)[k];
            }
        }
        return new Strides(dims.stream().mapToInt(i -> i).toArray(), strides);
    }

    /** Length of the innermost loop. */
    int inner() {
        return dims[dims.length - 1];
    }

    /** Number of innermost loops. */
    long rows() {
        long rows = 1;
        for (int i = 0; i < dims.length - 1; i++) {
            rows *= dims[i];
        }
        return rows;
    }

    /** An array's stride along the innermost loop. */
    long step(int array) {
        return strides[array][dims.length - 1];
    }

    /** An array's element at the start of an innermost loop. */
    long offset(int array, long row) {
        long offset = 0;
        long rest = row;
        for (int axis = dims.length - 2; axis >= 0; axis--) {
            offset += rest % dims[axis] * strides[array][axis];
            rest /= dims[axis];
        }
        return offset;
    }

    /** Number of merged axes. */
    int axes() {
        return dims.length;
    }

    /** Number of innermost loops one after the other along the last axis but one. */
    int middle() {
        return dims[dims.length - 2];
    }

    /** An array's stride along the last axis but one. */
    long middleStep(int array) {
        return strides[array][dims.length - 2];
    }
}

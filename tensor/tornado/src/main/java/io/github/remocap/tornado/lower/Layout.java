package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Where element i of one array is in another: the sum of {@code (i / divisor) % modulus * stride} over some axes. Neighbouring axes that step
 * alike are one.
 *
 * @param axes divisor, modulus, stride
 */
public record Layout(List<int[]> axes) {
    /** Element i is at i. */
    static final Layout SAME = new Layout(List.of(new int[] {1, Integer.MAX_VALUE, 1}));

    /** Of an array of a shape whose axes have the given strides elsewhere. */
    static Layout of(Shape shape, long[] strides) {
        List<int[]> axes = new ArrayList<>();
        long divisor = 1;
        for (int a = shape.rank() - 1; a >= 0; a--) {
            int extent = shape.dim(a);
            int stride = Math.toIntExact(strides[a]);
            int[] inner = axes.isEmpty() ? null : axes.getLast();
            if (extent == 1) {
                continue;
            }
            if (inner != null && (long) inner[1] * inner[2] == stride) {
                inner[1] *= extent;
            } else {
                axes.add(new int[] {Math.toIntExact(divisor), extent, stride});
            }
            divisor *= extent;
        }
        axes.removeIf(axis -> axis[2] == 0);
        return new Layout(axes);
    }

    /** Strides of an input under NumPy's broadcasting: 0 along repeated axes. */
    static long[] broadcast(Shape from, Shape to) {
        long[] own = from.strides();
        long[] strides = new long[to.rank()];
        int lead = to.rank() - from.rank();
        for (int a = lead; a < to.rank(); a++) {
            strides[a] = from.dim(a - lead) == 1 ? 0 : own[a - lead];
        }
        return strides;
    }

    /** Whether every element is at its own index. */
    boolean isSame(long elements) {
        return elements == 1 && axes.isEmpty() || axes.size() == 1 && axes.getFirst()[0] == 1 && axes.getFirst()[2] == 1 && axes.getFirst()[1] >= elements;
    }

    /** Whether all elements are the first. */
    boolean isScalar() {
        return axes.isEmpty();
    }

    /** Appends rank and axes. */
    void write(Words words) {
        words.add(axes.size());
        for (int[] axis : axes) {
            words.add(axis);
        }
    }
}

package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Products as calls of a library. */
final class LibraryProducts {
    private final Lowering lowering;

    LibraryProducts(Lowering lowering) {
        this.lowering = lowering;
    }

    /**
     * A node that is a product. A library stores sums alone: bias, residual and ReLU are an elementwise job on what it stored.
     *
     * @param axes of the batch, the innermost first
     */
    void product(Tensor node, Epilogue e, Gemm.Rows rows, List<Gemm.Axis> axes) {
        Buffer bias = Epilogues.bias(lowering, node, e, 2);
        Buffer residual = Epilogues.residual(lowering, node, e, 2);
        Buffer y = lowering.output(node);
        long n = node.shape().size();
        calls(rows, y, axes, 2 * n * rows.k());
        if (!e.equals(Epilogue.NONE)) {
            ElementProgram program = new ElementProgram(lowering.pool());
            Epilogues.emit(lowering, program, program.load(y, Layout.SAME, n), node, bias, residual, e.relu(), y);
        }
    }

    /**
     * Products of a batch: the longest axis is a call's own batch, and there is a call for each place in the others.
     *
     * @param axes of the batch, the innermost first
     * @param flops of all
     */
    void calls(Gemm.Rows rows, Buffer y, List<Gemm.Axis> axes, long flops) {
        Gemm.Axis batch = axes.stream().max(Comparator.comparingInt(Gemm.Axis::extent)).orElse(Gemm.Axis.NONE);
        List<Gemm.Axis> others = axes.stream().filter(axis -> !axis.equals(batch)).toList();
        int calls = others.stream().mapToInt(Gemm.Axis::extent).reduce(1, Math::multiplyExact);
        lowering.emit(Kind.LIBRARY_PRODUCT, 1, flops, Job.list(rows.left(), rows.right()), Job.list(y), w -> {
            for (int i = 0; i < calls; i++) {
                int rest = i;
                long left = 0;
                long right = 0;
                long to = 0;
                for (Gemm.Axis axis : others) {
                    int at = rest % axis.extent();
                    rest /= axis.extent();
                    left += at * axis.left();
                    right += at * axis.right();
                    to += at * axis.y();
                }
                Gemm.of(rows, left, right, y, to, batch).write(w);
            }
        });
    }

    /**
     * Axes of a batch, the innermost first; neighbours that step alike are one.
     *
     * @param lead extents, the outermost first
     * @param left strides of the left side
     * @param right strides of the right side
     * @param size elements of a product, which lie one behind the other
     */
    static List<Gemm.Axis> axes(Shape lead, long[] left, long[] right, long size) {
        List<Gemm.Axis> axes = new ArrayList<>();
        long y = size;
        for (int i = lead.rank() - 1; i >= 0; i--) {
            int extent = lead.dim(i);
            if (extent == 1) {
                continue;
            }
            Gemm.@Nullable Axis inner = axes.isEmpty() ? null : axes.getLast();
            if (inner != null && left[i] == inner.left() * inner.extent() && right[i] == inner.right() * inner.extent()) {
                axes.set(axes.size() - 1, new Gemm.Axis(inner.extent() * extent, inner.left(), inner.right(), inner.y()));
            } else {
                axes.add(new Gemm.Axis(extent, left[i], right[i], y));
            }
            y *= extent;
        }
        return axes;
    }
}

package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.IntList;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Folded;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tornado.kernel.SparseKernel;
import org.jspecify.annotations.Nullable;

/** Products with sparse matrices; gathers and scatters are such products. */
final class Sparse {
    private Sparse() {
    }

    private static void emit(Lowering lowering, Tensor node, Folded x, int rows, int[] starts, int[] columns, double @Nullable [] values) {
        Buffer in = lowering.buffer(node.input(0));
        Buffer out = lowering.output(node);
        long elements = node.shape().size();
        if (elements == 0) {
            return;
        }
        Buffer weights = null;
        if (values != null) {
            float[] floats = new float[values.length];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) values[i];
            }
            weights = lowering.pool().add(floats.length, lowering.label(), () -> floats);
        }
        Buffer known = weights;
        lowering.emit(Kind.SPARSE, Lowering.groups(elements, SparseKernel.THREADS), 2L * columns.length * x.outer() * x.inner(), Job.list(in, weights),
            Job.list(out), w -> {
                int at = w.here();
                w.add(Math.toIntExact(elements), rows, (int) x.middle(), (int) x.inner()).at(in).at(out).at(known);
                w.add(at + 9, at + 9 + starts.length).add(starts).add(columns);
            });
    }

    static void product(Lowering lowering, Tensor node, Op.SparseMatMul op) {
        SparseMatrix m = op.matrix();
        int c = node.dim(-1);
        Folded x = new Folded(node.shape().size() / Math.max(1, (long) m.rows() * c), m.cols(), c);
        emit(lowering, node, x, m.rows(), m.rowStart(), m.columns(), m.values());
    }

    static void gather(Lowering lowering, Tensor node, Op.Gather op) {
        int n = op.indices().size();
        int[] starts = new int[n + 1];
        for (int i = 0; i <= n; i++) {
            starts[i] = i;
        }
        emit(lowering, node, Folded.of(node.input(0).shape(), op.axis(), op.axis()), n, starts, array(op.indices()), null);
    }

    /** Row i of the matrix has the places whose index is i, so that one thread adds them, in their order. */
    static void scatter(Lowering lowering, Tensor node, Op.ScatterAdd op) {
        int[] indices = array(op.indices());
        int[] starts = new int[op.extent() + 1];
        for (int i : indices) {
            starts[i + 1]++;
        }
        for (int i = 0; i < op.extent(); i++) {
            starts[i + 1] += starts[i];
        }
        int[] next = starts.clone();
        int[] columns = new int[indices.length];
        for (int i = 0; i < indices.length; i++) {
            columns[next[indices[i]]++] = i;
        }
        emit(lowering, node, Folded.of(node.input(0).shape(), op.axis(), op.axis()), op.extent(), starts, columns, null);
    }

    private static int[] array(IntList list) {
        int[] array = new int[list.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = list.get(i);
        }
        return array;
    }
}

package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Folded;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tornado.kernel.ReduceKernel;
import io.github.remocap.tornado.kernel.SoftmaxKernel;

/** Reductions, moments, softmax: who adds up what. */
final class Reductions {
    private static final int THREADS = ReduceKernel.THREADS;
    /** Elements that a lane adds up at least before the middle is cut into parts. */
    private static final int LONG = 64;
    private static final int MOST_PARTS = 64;

    private final Lowering lowering;

    Reductions(Lowering lowering) {
        this.lowering = lowering;
    }

    /**
     * How threads are spread over a reduction.
     *
     * @param lanes threads of one result
     * @param rows whether lanes are neighbours in memory; else results are
     * @param groups of results
     * @param parts of the middle
     * @param length of a part
     */
    record Spread(int lanes, boolean rows, int groups, int parts, int length) {
        static Spread of(Folded f, int mostParts) {
            long results = f.outer() * f.inner();
            int lanes = 1;
            // Along rows as many lanes as there are elements; between columns what is left of a work-group.
            long most = f.inner() == 1 ? Math.min(THREADS, Math.max(1, f.middle() / 2)) : THREADS / Math.min(THREADS / 4, power(f.inner()));
            while (2L * lanes <= most) {
                lanes *= 2;
            }
            int parts = (int) Math.clamp(f.middle() / ((long) lanes * LONG), 1, mostParts);
            int length = Math.toIntExact((f.middle() + parts - 1) / parts);
            parts = Math.max(1, Math.toIntExact((f.middle() + length - 1) / Math.max(1, length)));
            return new Spread(lanes, f.inner() == 1, Lowering.groups(results, THREADS / lanes), parts, length);
        }

        private static long power(long n) {
            return Long.highestOneBit(Math.max(1, 2 * n - 1));
        }
    }

    void reduce(Tensor node, Op.Reduce op) {
        boolean squared = lowering.isSquare(node.input(0));
        Tensor of = squared ? node.input(0).input(0) : node.input(0);
        int fn = switch (op.fn()) {
            case SUM -> squared ? ReduceKernel.SQUARES : ReduceKernel.SUM;
            case MEAN -> ReduceKernel.MEAN;
            case MAX -> ReduceKernel.MAX;
        };
        reduce(fn, Folded.of(of.shape(), op.first(), op.last()), lowering.buffer(of), lowering.output(node));
    }

    /** Reduces the middle, in two steps where it is long. */
    void reduce(int fn, Folded f, Buffer x, Buffer y) {
        if (f.outer() * f.inner() == 0) {
            return;
        }
        Spread spread = Spread.of(f, MOST_PARTS);
        Buffer partial = spread.parts() == 1 ? y : lowering.scratch(spread.parts() * f.outer() * f.inner());
        int first = spread.parts() > 1 && fn == ReduceKernel.MEAN ? ReduceKernel.SUM : fn;
        emit(first, f, spread, f.middle(), x, partial);
        if (spread.parts() > 1) {
            Folded rest = new Folded(1, spread.parts(), f.outer() * f.inner());
            emit(fn == ReduceKernel.SQUARES ? ReduceKernel.SUM : fn, rest, Spread.of(rest, 1), f.middle(), partial, y);
        }
    }

    private void emit(int fn, Folded f, Spread s, long divisor, Buffer x, Buffer y) {
        lowering.emit(Kind.REDUCE, s.parts() * s.groups(), f.outer() * f.middle() * f.inner(), Job.list(x), Job.list(y), w -> w
            .add((int) (f.outer() * f.inner()), (int) f.middle(), (int) f.inner()).at(x).at(y)
            .add(fn, s.parts(), s.length(), s.lanes(), s.rows() ? 1 : 0, s.groups(), (int) divisor));
    }

    /** Means, then biased variances, then what rounding took from the means. */
    void moments(Buffer x, Folded f, Buffer y) {
        long results = f.outer() * f.inner();
        if (results == 0) {
            return;
        }
        Spread s = Spread.of(f, MOST_PARTS);
        Buffer partial = s.parts() == 1 ? y : lowering.scratch(2L * s.parts() * results);
        lowering.emit(Kind.MOMENTS, s.parts() * s.groups(), 4 * f.middle() * results, Job.list(x), Job.list(partial), w -> w
            .add((int) results, (int) f.middle(), (int) f.inner()).at(x).at(partial)
            .add(s.parts(), s.length(), s.lanes(), s.rows() ? 1 : 0, s.groups(), 0));
        if (s.parts() > 1) {
            int groups = Lowering.groups(results, THREADS);
            lowering.emit(Kind.MOMENTS, groups, 8L * s.parts() * results, Job.list(partial), Job.list(y), w -> w
                .add((int) results, (int) f.middle(), 1).at(partial).at(y).add(s.parts(), s.length(), 1, 1, groups, 1));
        }
    }

    /** Sums of g times normalised x, then sums of g. */
    void gradientSums(Buffer x, Buffer g, Buffer moments, double eps, Folded f, Buffer y) {
        long results = f.outer() * f.inner();
        Spread s = Spread.of(f, MOST_PARTS);
        Buffer partial = s.parts() == 1 ? y : lowering.scratch(2L * s.parts() * results);
        Buffer epsilon = lowering.pool().number((float) eps);
        lowering.emit(Kind.GRADIENT_SUMS, s.parts() * s.groups(), 4 * f.middle() * results, Job.list(x, g, moments, epsilon), Job.list(partial), w -> w
            .add((int) results, (int) f.middle(), (int) f.inner()).at(x).at(g).at(moments).at(partial)
            .add(s.parts(), s.length(), s.lanes(), s.rows() ? 1 : 0, s.groups()).at(epsilon));
        if (s.parts() > 1) {
            Folded rest = new Folded(1, s.parts(), 2 * results);
            emit(ReduceKernel.SUM, rest, Spread.of(rest, 1), 1, partial, y);
        }
    }

    void softmax(Tensor node) {
        Buffer x = lowering.buffer(node.input(0));
        Buffer y = lowering.output(node);
        int n = node.dim(-1);
        long rows = node.shape().size() / n;
        int most = Math.min(SoftmaxKernel.THREADS, Math.max(1, n / 2));
        int lanes = Integer.highestOneBit(most);
        lowering.emit(Kind.SOFTMAX, Lowering.groups(rows, SoftmaxKernel.THREADS / lanes), 5 * rows * n, Job.list(x), Job.list(y),
            w -> w.add((int) rows, n).at(x).at(y).add(lanes));
    }

    /** Rows of a block first, then its columns. */
    void downsum(Tensor node, Op.Downsum op) {
        Shape s = node.input(0).shape();
        Buffer x = lowering.buffer(node.input(0));
        Buffer y = lowering.output(node);
        if (node.shape().size() == 0) {
            return;
        }
        int scale = op.scale();
        Buffer columns = lowering.scratch(node.shape().size() * scale);
        long c = s.dim(3);
        reduce(ReduceKernel.SUM, new Folded((long) s.dim(0) * s.dim(1) * (s.dim(2) / scale), scale, c), x, columns);
        reduce(ReduceKernel.SUM, new Folded((long) s.dim(0) * (s.dim(1) / scale), scale, (s.dim(2) / scale) * c), columns, y);
    }
}

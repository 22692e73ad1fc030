package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Folded;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Normalisations: moments first, then everything else element by element. */
final class Norms {
    private Norms() {
    }

    /** Where the moment of element i is, of {@code [outer, middle, inner]}. */
    private static Layout moment(Folded f) {
        Shape s = Shape.of(Math.toIntExact(f.outer()), Math.toIntExact(f.middle()), Math.toIntExact(f.inner()));
        return Layout.of(s, new long[] {f.inner(), 0, 1});
    }

    private static Layout channel(Shape s) {
        int c = s.dim(-1);
        return Layout.of(Shape.of(Math.toIntExact(s.size() / c), c), new long[] {0, 1});
    }

    static void normalize(Lowering lowering, Tensor node, Op.Normalize op) {
        Folded f = Folded.of(node.shape(), op.first(), op.last());
        Buffer x = lowering.buffer(node.input(0));
        Buffer gamma = op.affine() ? lowering.buffer(node.input(1)) : null;
        Buffer beta = op.affine() ? lowering.buffer(node.input(2)) : null;
        long n = node.shape().size();
        if (n == 0) {
            lowering.output(node);
            return;
        }
        Buffer moments = lowering.moments(node.input(0), f);
        Buffer y = lowering.output(node);
        ElementProgram p = new ElementProgram(lowering.pool());
        long results = f.outer() * f.inner();
        int scale = gamma == null ? p.number(1) : p.load(gamma, channel(node.shape()), n);
        int shift = beta == null ? p.number(0) : p.load(beta, channel(node.shape()), n);
        int v = p.normalize(p.load(x, Layout.SAME, n), p.load(mean(moments, f), moment(f), n), p.load(moments.view(2 * results, results), moment(f), n),
            p.load(moments.view(results, results), moment(f), n), scale, shift, op.eps());
        p.store(v, y);
        Elements.emit(lowering, p, n);
    }

    private static int normalised(ElementProgram p, Buffer x, Buffer moments, double eps, Folded f, long n) {
        int deviation = p.binary(BinaryFn.SUB, p.load(x, Layout.SAME, n), p.load(mean(moments, f), moment(f), n));
        return p.binary(BinaryFn.DIV, deviation, root(p, moments, eps, f, n));
    }

    private static Buffer mean(Buffer moments, Folded f) {
        return moments.view(0, f.outer() * f.inner());
    }

    private static int root(ElementProgram p, Buffer moments, double eps, Folded f, long n) {
        long results = f.outer() * f.inner();
        return p.unary(UnaryFn.SQRT, p.affine(p.load(moments.view(results, results), moment(f), n), 1, eps));
    }

    static void gradient(Lowering lowering, Tensor node, Op.NormalizeGradient op) {
        Folded f = Folded.of(node.shape(), op.first(), op.last());
        long n = node.shape().size();
        if (n == 0) {
            lowering.output(node);
            return;
        }
        Buffer x = lowering.buffer(node.input(0));
        Buffer g = lowering.buffer(node.input(1));
        Buffer moments = lowering.moments(node.input(0), f);
        Buffer sums = lowering.scratch(2 * f.outer() * f.inner());
        lowering.reductions().gradientSums(x, g, moments, op.eps(), f, sums);
        apply(lowering, x, g, moments, sums, op.eps(), f, n, null, lowering.output(node));
    }

    /** With y the normalised x and s the standard deviation: (g - mean(g) - y mean(g y)) / s, times gamma. */
    private static void apply(Lowering lowering, Buffer x, Buffer g, Buffer moments, Buffer sums, double eps, Folded f, long n,
        @Nullable Buffer gamma, Buffer to) {
        long results = f.outer() * f.inner();
        ElementProgram p = new ElementProgram(lowering.pool());
        int share = p.number(1.0 / f.middle());
        int product = p.binary(BinaryFn.MUL, p.load(sums.view(0, results), moment(f), n), share);
        int along = p.binary(BinaryFn.MUL, normalised(p, x, moments, eps, f, n), product);
        int mean = p.binary(BinaryFn.MUL, p.load(sums.view(results, results), moment(f), n), share);
        int v = p.binary(BinaryFn.SUB, p.load(g, Layout.SAME, n), mean);
        v = p.binary(BinaryFn.DIV, p.binary(BinaryFn.SUB, v, along), root(p, moments, eps, f, n));
        if (gamma != null) {
            v = p.binary(BinaryFn.MUL, v, p.load(gamma, moment(f), n));
        }
        p.store(v, to);
        Elements.emit(lowering, p, n);
    }

    static void batchNormGradient(Lowering lowering, Tensor node, Op.BatchNormGradient op) {
        Shape s = node.input(0).shape();
        int c = s.dim(-1);
        if (c == 0) {
            lowering.output(node);
            return;
        }
        Folded f = Folded.of(s, 0, s.rank() - 2);
        Buffer x = lowering.buffer(node.input(0));
        Buffer gamma = lowering.buffer(node.input(1));
        Buffer g = lowering.buffer(node.input(2));
        Buffer moments = lowering.moments(node.input(0), f);
        Buffer y = lowering.output(node);
        long n = s.size();
        Buffer sums = y.view(n, 2L * c);
        lowering.reductions().gradientSums(x, g, moments, op.eps(), f, sums);
        apply(lowering, x, g, moments, sums, op.eps(), f, n, gamma, y);
    }
}

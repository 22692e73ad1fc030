package io.github.remocap.autograd;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.ReduceFn;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The backward pass of every op, about a line each. g is the gradient of the loss to the output, y the output, {@code x(i)} an
 * input. Where a derivative does not exist, PyTorch's choice: 0 for relu and abs at 0, infinity for sqrt at 0, halves for equal
 * arguments of max and min, equal parts for equal maxima of a reduction (as {@code torch.amax}; {@code torch.max} picks one).
 */
final class Rules {
    private Rules() {
    }

    static void apply(Op op, Site s) {
        Tensor y = s.output();
        switch (op) {
            case Op.Input _, Op.Parameter _, Op.Constant _, Op.Detach _ -> { }
            case Op.Unary o -> unary(o.fn(), s, y);
            case Op.Affine o -> s.to(0, g -> o.scale() == 1 ? g : g.mul(o.scale()));
            case Op.Binary o -> binary(o.fn(), s, y);
            case Op.Dropout o -> s.to(0, g -> g.graph().apply(o, g, s.x(1)));
            case Op.Reshape _ -> s.to(0, g -> g.reshape(s.x(0).shape()));
            case Op.Permute o -> s.to(0, g -> g.permute(inverse(o.axes())));
            case Op.Broadcast _ -> s.to(0, g -> sumTo(g, s.x(0).shape()));
            case Op.Slice o -> s.to(0, g -> g.pad(o.axis(), o.start(), s.x(0).dim(o.axis()) - o.start() - o.length()));
            case Op.Pad o -> s.to(0, g -> g.slice(o.axis(), o.before(), s.x(0).dim(o.axis())));
            case Op.Concat o -> concat(o.axis(), s);
            case Op.Gather o -> s.to(0, g -> g.graph().apply(new Op.ScatterAdd(o.axis(), o.indices(), s.x(0).dim(o.axis())), g));
            case Op.ScatterAdd o -> s.to(0, g -> g.graph().apply(new Op.Gather(o.axis(), o.indices()), g));
            case Op.Reduce o -> s.to(0, g -> reduce(o, s.x(0), y, g));
            case Op.Softmax _ -> s.to(0, g -> softmax(y, g));
            case Op.MatMul o -> matmul(o, epilogue(o.epilogue(), s, 2));
            case Op.Conv2d o -> epilogue(o.epilogue(), s, 2)
                .to(0, g -> inputGradient(o.stride(), o.padding(), g, s.x(1), s.x(0).shape()))
                .to(1, g -> weightGradient(o.stride(), o.padding(), s.x(0), g, s.x(1).shape()));
            case Op.Conv2dInputGradient o -> s // linear in both: inputs are (output gradient, weight)
                .to(0, g -> g.conv2d(s.x(1), o.stride(), o.padding()))
                .to(1, g -> weightGradient(o.stride(), o.padding(), g, s.x(0), s.x(1).shape()));
            case Op.Conv2dWeightGradient o -> s // linear in both: inputs are (x, output gradient)
                .to(0, g -> inputGradient(o.stride(), o.padding(), s.x(1), g, s.x(0).shape()))
                .to(1, g -> s.x(0).conv2d(g, o.stride(), o.padding()));
            case Op.SparseMatMul o -> s.to(0, g -> g.graph().apply(new Op.SparseMatMul(o.matrix().transpose()), g));
            case Op.Attention o -> attention(o, s);
            case Op.Normalize o -> normalize(o, s);
            case Op.BatchNorm o -> batchNorm(o, s);
            case Op.Moments _ -> s.to(0, g -> moments(s.x(0), y, g));
            case Op.Upsample o -> epilogue(o.epilogue(), s, 1).to(0, g -> g.graph().apply(new Op.Downsum(o.scale()), g));
            case Op.Downsum o -> s.to(0, g -> g.upsample(o.scale()));
            case Op.AttentionGradient _, Op.NormalizeGradient _, Op.BatchNormGradient _ -> throw new UnsupportedOperationException(
                y + " has no gradient: second derivatives are not supported");
            case Op.Custom o -> custom(o, s, y);
        }
    }

    /** Ops whose output says nothing about small changes of their input: the gradient is 0, and nothing is appended. */
    static boolean flat(Op op) {
        return switch (op) {
            case Op.Detach _ -> true;
            case Op.Unary u -> u.fn() == UnaryFn.SIGN || u.fn() == UnaryFn.STEP || u.fn() == UnaryFn.IS_FINITE;
            case Op.Binary b -> b.fn() == BinaryFn.GREATER;
            default -> false;
        };
    }

    /** Ops whose rule copes with a gradient that still waits to be repeated along axes; it is cheaper to repeat late. */
    static boolean takesUnexpanded(Op op, Tensor output) {
        return switch (op) {
            case Op.Unary _, Op.Affine _, Op.Reduce _, Op.Permute _ -> true;
            case Op.Binary _ -> output.inputs().stream().allMatch(x -> x.shape().equals(output.shape()));
            default -> false;
        };
    }

    private static void unary(UnaryFn fn, Site s, Tensor y) {
        Tensor x = s.x(0);
        s.to(0, g -> switch (fn) {
            case NEG -> g.neg();
            case ABS -> g.mul(x.unary(UnaryFn.SIGN));
            case SQUARE -> g.mul(2).mul(x);
            case SQRT -> g.mul(0.5).div(y);
            case RECIPROCAL -> g.mul(y.square()).neg();
            case EXP -> g.mul(y);
            case LOG -> g.div(x);
            case SIN -> g.mul(x.unary(UnaryFn.COS));
            case COS -> g.mul(x.unary(UnaryFn.SIN)).neg();
            case TANH -> g.mul(y.square().affine(-1, 1));
            case SIGMOID -> g.mul(y.affine(-1, 1).mul(y));
            case RELU -> g.mul(y.unary(UnaryFn.STEP));
            case SIGN, STEP, IS_FINITE -> throw new IllegalStateException(y + " is flat");
        });
    }

    private static void binary(BinaryFn fn, Site s, Tensor y) {
        Tensor a = s.x(0);
        Tensor b = s.x(1);
        switch (fn) {
            case ADD -> s.to(0, g -> sumTo(g, a.shape())).to(1, g -> sumTo(g, b.shape()));
            case SUB -> s.to(0, g -> sumTo(g, a.shape())).to(1, g -> sumTo(g, b.shape()).neg());
            case MUL -> s.to(0, g -> sumTo(g.mul(b), a.shape())).to(1, g -> sumTo(g.mul(a), b.shape()));
            case DIV, DIV_OR_ZERO -> {
                Tensor share = s.gradient().binary(fn, b); // g / b, where b is 0 as the op says
                s.to(0, g -> sumTo(share, a.shape())).to(1, g -> sumTo(share.mul(y), b.shape()).neg());
            }
            case MAX, MIN -> {
                double toLarger = fn == BinaryFn.MAX ? 0.5 : -0.5;
                Tensor order = a.sub(b).unary(UnaryFn.SIGN);
                s.to(0, g -> sumTo(g.mul(order.affine(toLarger, 0.5)), a.shape()))
                    .to(1, g -> sumTo(g.mul(order.affine(-toLarger, 0.5)), b.shape()));
            }
            case GREATER -> throw new IllegalStateException(y + " is flat");
        }
    }

    /** Takes care of what was added and clamped after an op; what is left is the op's own gradient. */
    private static Site epilogue(Epilogue e, Site s, int first) {
        Site own = e.relu() ? new Site(s.inputs(), s.output(), s.gradient().mul(s.output().unary(UnaryFn.STEP)), s.sink()) : s;
        if (e.bias()) {
            own.to(first, g -> sumTo(g, s.x(first).shape()));
        }
        if (e.residual()) {
            own.to(first + (e.bias() ? 1 : 0), g -> g);
        }
        return own;
    }

    private static void matmul(Op.MatMul o, Site s) {
        Tensor a = s.x(0);
        Tensor b = s.x(1);
        boolean ta = o.transposeA();
        boolean tb = o.transposeB();
        s.to(0, g -> sumTo(ta ? b.matmul(g, tb, true) : g.matmul(b, false, !tb), a.shape()));
        s.to(1, g -> {
            long lead = g.shape().size() / Math.max(1, (long) g.dim(-1) * g.dim(-2));
            boolean shared = lead > 1 && b.shape().size() == (long) b.dim(-1) * b.dim(-2);
            if (shared && !ta && a.shape().size() == lead * a.dim(-2) * a.dim(-1)) {
                Tensor rows = a.reshape(-1, a.dim(-1)); // one product over all rows instead of a sum of products
                Tensor rowsG = g.reshape(-1, g.dim(-1));
                return (tb ? rowsG.matmul(rows, true, false) : rows.matmul(rowsG, true, false)).reshape(b.shape());
            }
            return sumTo(tb ? g.matmul(a, true, ta) : a.matmul(g, !ta, false), b.shape());
        });
    }

    private static Tensor inputGradient(int stride, int padding, Tensor g, Tensor w, Shape x) {
        return g.graph().apply(new Op.Conv2dInputGradient(stride, padding, x.dim(1), x.dim(2)), g, w);
    }

    private static Tensor weightGradient(int stride, int padding, Tensor x, Tensor g, Shape w) {
        return g.graph().apply(new Op.Conv2dWeightGradient(stride, padding, w.dim(2), w.dim(3)), x, g);
    }

    private static void concat(int axis, Site s) {
        int at = 0;
        for (int i = 0; i < s.inputs().size(); i++) {
            int from = at;
            int length = s.x(i).dim(axis);
            s.to(i, g -> g.slice(axis, from, length));
            at += length;
        }
    }

    /** The gradient of x, unexpanded along the reduced axes where it is the same for all their elements. */
    private static Tensor reduce(Op.Reduce o, Tensor x, Tensor y, Tensor g) {
        Tensor spread = g.reshape(unreduced(o, x.shape(), g.shape()));
        return switch (o.fn()) {
            case SUM -> spread;
            case MEAN -> spread.mul(1.0 / Op.Folded.of(x.shape(), o.first(), o.last()).middle());
            case MAX -> {
                Tensor largest = y.reshape(unreduced(o, x.shape(), y.shape())).binary(BinaryFn.GREATER, x).affine(-1, 1); // [x == y]
                Tensor count = largest.reduce(ReduceFn.SUM, o.first(), o.last());
                yield spread.div(count.reshape(unreduced(o, x.shape(), y.shape()))).mul(largest);
            }
        };
    }

    /** The reduced shape with the dropped axes back, of extent 1. */
    private static Shape unreduced(Op.Reduce o, Shape x, Shape reduced) {
        int[] dims = new int[x.rank()];
        int at = 0;
        for (int i = 0; i < dims.length; i++) {
            dims[i] = i >= o.first() && i <= o.last() ? 1 : reduced.dim(at++);
        }
        return Shape.of(dims);
    }

    /** y (g - sum(g y)) along the last axis. */
    private static Tensor softmax(Tensor y, Tensor g) {
        Tensor gy = g.mul(y);
        int last = y.shape().rank() - 1;
        return gy.sub(y.mul(gy.sum(last, last).reshape(y.shape().with(last, 1))));
    }

    private static void attention(Op.Attention o, Site s) {
        if (!s.wants(0) && !s.wants(1) && !s.wants(2)) {
            return;
        }
        Tensor all = s.gradient().graph().apply(new Op.AttentionGradient(o.heads(), o.mask()), s.x(0), s.x(1), s.x(2), s.gradient());
        int at = 0;
        for (int i = 0; i < 3; i++) {
            Shape shape = s.x(i).shape().with(0, s.output().dim(0)); // [B,T,D] even where the input has batch 1
            int from = at;
            int length = Math.toIntExact(shape.size());
            Shape own = s.x(i).shape();
            s.to(i, g -> sumTo(all.slice(0, from, length).reshape(shape), own));
            at += length;
        }
    }

    private static void normalize(Op.Normalize o, Site s) {
        Tensor x = s.x(0);
        if (o.affine() && o.first() == 0 && o.last() == x.shape().rank() - 2 && x.shape().size() > 0) {
            trainedBatchNorm(o, s);
            return;
        }
        s.to(0, g -> g.graph().apply(new Op.NormalizeGradient(o.first(), o.last(), o.eps()), x, o.affine() ? g.mul(s.x(1)) : g));
        if (o.affine()) {
            s.to(1, g -> sumTo(g.mul(g.graph().apply(new Op.Normalize(o.first(), o.last(), o.eps(), false), x)), s.x(1).shape()));
            s.to(2, g -> sumTo(g, s.x(2).shape()));
        }
    }

    private static void trainedBatchNorm(Op.Normalize o, Site s) {
        Tensor all = s.gradient().graph().apply(new Op.BatchNormGradient(o.eps()), s.x(0), s.x(1), s.gradient());
        int n = Math.toIntExact(s.x(0).shape().size());
        int c = s.x(0).dim(-1);
        s.to(0, g -> all.slice(0, 0, n).reshape(s.x(0).shape())).to(1, g -> all.slice(0, n, c)).to(2, g -> all.slice(0, n + c, c));
    }

    /** Of mean and variance along the last axis: gradients to x are {@code (g of mean + 2 (x - mean) g of variance) / n}. */
    private static Tensor moments(Tensor x, Tensor y, Tensor g) {
        int c = x.dim(-1);
        double n = (double) x.shape().size() / Math.max(1, c);
        Tensor mean = y.slice(0, 0, 1).reshape(c);
        Tensor toMean = g.slice(0, 0, 1).reshape(c).mul(1 / n);
        Tensor toVariance = g.slice(0, 1, 1).reshape(c).mul(2 / n);
        return x.sub(mean).mul(toVariance).add(toMean);
    }

    /** y = (x - mean) r gamma + beta with r = (variance + eps)^-1/2. */
    private static void batchNorm(Op.BatchNorm o, Site s) {
        Tensor x = s.x(0);
        Tensor gamma = s.x(1);
        Shape c = gamma.shape();
        Tensor r = s.x(4).add(o.eps()).sqrt().unary(UnaryFn.RECIPROCAL);
        s.to(0, g -> g.mul(gamma.mul(r)));
        s.to(2, g -> sumTo(g, c));
        s.to(3, g -> sumTo(g, c).mul(gamma.mul(r)).neg());
        if (s.wants(1) || s.wants(4)) {
            Tensor moment = sumTo(s.gradient().mul(x.sub(s.x(3))), c);
            s.to(1, g -> moment.mul(r));
            s.to(4, g -> moment.mul(gamma).mul(r.square().mul(r)).mul(-0.5));
        }
    }

    private static void custom(Op.Custom o, Site s, Tensor y) {
        if (!(o.op() instanceof Differentiable d)) {
            throw new UnsupportedOperationException(y + " has no gradient: " + o.op().getClass().getName() + " is not Differentiable");
        }
        List<@Nullable Tensor> gradients = d.gradients(s.inputs(), y, s.gradient());
        if (gradients.size() != s.inputs().size()) {
            throw new IllegalArgumentException(y + " has " + s.inputs().size() + " inputs, its rule gave " + gradients.size() + " gradients");
        }
        for (int i = 0; i < gradients.size(); i++) {
            Tensor gradient = gradients.get(i);
            if (gradient != null && !gradient.shape().equals(s.x(i).shape())) {
                throw new IllegalArgumentException(y + ": the rule's gradient of input " + i + " is " + gradient + ", the input " + s.x(i));
            }
            if (gradient != null) {
                s.to(i, g -> gradient);
            }
        }
    }

    private static int[] inverse(List<Integer> axes) {
        int[] inverse = new int[axes.size()];
        for (int i = 0; i < inverse.length; i++) {
            inverse[axes.get(i)] = i;
        }
        return inverse;
    }

    /**
     * The sum over all axes along which {@code to} was repeated to the shape of g: one reduction for each run of neighbouring
     * axes. A g that is not larger than {@code to} comes back as it is.
     */
    static Tensor sumTo(Tensor g, Shape to) {
        int lead = g.shape().rank() - to.rank();
        if (g.shape().size() <= to.size() && lead == 0) {
            return g;
        }
        Tensor sum = g;
        int last = g.shape().rank() - 1;
        while (last >= 0) {
            int first = last;
            boolean any = false;
            while (first >= 0 && (first < lead || to.dim(first - lead) == 1)) {
                any |= first < lead || g.dim(first) != 1;
                first--;
            }
            if (any) {
                sum = sum.reduce(ReduceFn.SUM, first + 1, last);
            }
            last = first - 1;
        }
        return sum.reshape(to);
    }
}

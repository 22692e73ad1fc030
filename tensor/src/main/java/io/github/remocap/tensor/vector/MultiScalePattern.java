package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds efficient multi-scale attention (Ouyang et al., ICASSP 2023) between a permutation that makes an image of each group and
 * the one that undoes it, where {@link MultiScaleKernel} can compute all of it without either. The groups' channels are the
 * innermost axis of the source (neighbouring channels form a group), or the groups are (the frames of one channel form a group).
 *
 * @param source {@code [outer, ...]}: what is permuted to {@code [outer, groups, H, W, c]}
 * @param axes of that permutation
 * @param parameters weight and bias of the 1x1 convolution, gamma, beta, weight and bias of the 3x3 convolution
 * @param nodes what the step replaces, the last permutation among them
 */
record MultiScalePattern(Tensor source, List<Integer> axes, List<Tensor> parameters, Set<Tensor> nodes) {
    private static final double EPS = 1e-5;

    /** What ends in a node, or null. */
    static @Nullable MultiScalePattern endingIn(Tensor node) {
        if (!(node.op() instanceof Op.Permute last && node.input(0).op() instanceof Op.Reshape
            && node.input(0).input(0).op() instanceof Op.Binary product && product.fn() == BinaryFn.MUL)) {
            return null;
        }
        Tensor weighed = node.input(0).input(0);
        Tensor g = weighed.input(0);
        if (!(weighed.input(1).op() instanceof Op.Unary gate && gate.fn() == UnaryFn.SIGMOID && g.op() instanceof Op.Reshape
            && g.input(0).op() instanceof Op.Permute first && first.axes().size() == 5 && g.shape().rank() == 4
            && last.axes().size() == 5)) {
            return null;
        }
        Tensor grouped = g.input(0);
        for (int i = 0; i < 5; i++) {
            if (last.axes().get(first.axes().get(i)) != i) {
                return null;
            }
        }
        Shape s = grouped.shape();
        boolean images = g.dim(0) == s.dim(0) * s.dim(1) && g.dim(1) == s.dim(2) && g.dim(2) == s.dim(3);
        int innermost = first.axes().indexOf(4);
        boolean lanes = innermost == 4 && s.dim(4) % Simd.LANES == 0 || innermost == 1 && s.dim(1) % Simd.LANES == 0;
        if (!images || !lanes || s.size() == 0) {
            return null;
        }
        Pattern.Match match = template(g.shape()).match(weighed);
        if (match == null || match.inputs().getFirst() != g) {
            return null;
        }
        Set<Tensor> nodes = new HashSet<>(match.nodes());
        nodes.addAll(List.of(g, grouped, node.input(0), node));
        return new MultiScalePattern(grouped.input(0), first.axes(), match.inputs().subList(1, 7), nodes);
    }

    /** What the model's layer builds for images {@code [n,h,w,c]}. */
    private static Pattern template(Shape shape) {
        int n = shape.dim(0);
        int h = shape.dim(1);
        int w = shape.dim(2);
        int c = shape.dim(3);
        Graph graph = new Graph();
        Tensor g = graph.input("g", shape);
        Tensor weight1 = graph.input("conv1x1.weight", Shape.of(c, c, 1, 1));
        Tensor bias1 = graph.input("conv1x1.bias", Shape.of(c));
        Tensor gamma = graph.input("gn.weight", Shape.of(c));
        Tensor beta = graph.input("gn.bias", Shape.of(c));
        Tensor weight3 = graph.input("conv3x3.weight", Shape.of(c, c, 3, 3));
        Tensor bias3 = graph.input("conv3x3.bias", Shape.of(c));
        Tensor means = graph.concat(1, g.mean(2, 2), g.mean(1, 1)).reshape(n, h + w, 1, c);
        Tensor gates = means.conv2d(weight1, 1, 0).add(bias1).sigmoid();
        Tensor gated = g.mul(gates.slice(1, 0, h)).mul(gates.slice(1, h, w).reshape(n, 1, w, c));
        Tensor a = graph.apply(new Op.Normalize(1, 2, EPS, true), gated, gamma, beta);
        Tensor d = g.conv2d(weight3, 1, 1).add(bias3);
        Tensor weighed = g.mul(weigh(a, d).add(weigh(d, a)).sigmoid());
        return new Pattern(weighed, List.of(g, weight1, bias1, gamma, beta, weight3, bias3));
    }

    private static Tensor weigh(Tensor pooled, Tensor target) {
        int n = target.dim(0);
        int c = target.dim(3);
        Tensor p = pooled.mean(1, 2).softmax().reshape(n, c, 1);
        return target.reshape(n, -1, c).matmul(p).reshape(n, target.dim(1), target.dim(2), 1);
    }

    /** The normalisation's addition to the variance. */
    static double eps() {
        return EPS;
    }
}

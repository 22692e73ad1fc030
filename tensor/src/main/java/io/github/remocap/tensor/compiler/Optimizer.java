package io.github.remocap.tensor.compiler;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.GraphRewriter;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites a graph into one that computes the same with less: additions and ReLU become epilogues of the product, convolution or
 * upsampling before them; with frozen parameters, batch norm folds into the weights. A pass from graph to graph, so that every
 * device profits and the reference interpreter can run its result.
 */
public final class Optimizer {
    private final boolean frozen;
    private final GraphRewriter rewriter = new GraphRewriter();
    private final Map<Tensor, Integer> uses = new HashMap<>();

    private Optimizer(boolean frozen) {
        this.frozen = frozen;
    }

    /**
     * A rewritten graph.
     *
     * @param compilation outputs and updates in the new graph, in the old order
     * @param nodes new nodes of the old inputs and targets
     */
    public record Result(Compilation compilation, Map<Tensor, Tensor> nodes) {
    }

    /** Rewrites what a compilation needs; without {@code optimize}, the same nodes come back. */
    public static Result optimize(Compilation compilation) {
        List<Tensor> order = Graph.reachable(compilation.targets());
        if (!compilation.optimize()) {
            Map<Tensor, Tensor> same = new HashMap<>();
            order.forEach(node -> same.put(node, node));
            return new Result(compilation, same);
        }
        Optimizer optimizer = new Optimizer(compilation.frozen());
        for (Tensor node : order) {
            node.inputs().forEach(input -> optimizer.uses.merge(input, 1, Integer::sum));
        }
        compilation.targets().forEach(target -> optimizer.uses.merge(target, 2, Integer::sum));
        Map<Tensor, Tensor> nodes = new HashMap<>();
        for (Tensor node : order) {
            nodes.put(node, optimizer.rewrite(node, nodes));
        }
        List<Compilation.Update> updates = new ArrayList<>();
        for (Compilation.Update update : compilation.updates()) {
            updates.add(new Compilation.Update(optimizer.rewriter.adopt(update.parameter()), nodes.get(update.value())));
        }
        List<Tensor> outputs = compilation.outputs().stream().map(nodes::get).toList();
        return new Result(new Compilation(outputs, updates, compilation.frozen(), true), nodes);
    }

    private Tensor rewrite(Tensor node, Map<Tensor, Tensor> nodes) {
        if (node.op() instanceof Op.Input || node.op() instanceof Op.Parameter || node.op() instanceof Op.Constant) {
            return rewriter.adopt(node);
        }
        List<Tensor> in = node.inputs().stream().map(nodes::get).toList();
        Tensor better = null;
        if (node.op() instanceof Op.Binary b && b.fn() == Op.BinaryFn.ADD) {
            better = fuseAdd(node, in);
        } else if (node.op() instanceof Op.Unary u && u.fn() == Op.UnaryFn.RELU) {
            better = fuseRelu(node, in.get(0));
        } else if (node.op() instanceof Op.BatchNorm b && frozen) {
            better = foldBatchNorm(node, b, in);
        } else if (node.op() instanceof Op.Reshape r && in.get(0).op() instanceof Op.Reshape) {
            better = rewriter.apply(node.path(), r, List.of(in.get(0).input(0)));
        }
        return better != null ? better : rewriter.apply(node.path(), node.op(), in);
    }

    private boolean onlyHere(Tensor old) {
        return uses.getOrDefault(old, 0) == 1;
    }

    /** The epilogue of an op that has one, else null. */
    private static @Nullable Epilogue epilogueOf(Tensor node) {
        return switch (node.op()) {
            case Op.MatMul o -> o.epilogue();
            case Op.Conv2d o -> o.epilogue();
            case Op.Upsample o -> o.epilogue();
            default -> null;
        };
    }

    private Tensor withEpilogue(Tensor node, Epilogue e, @Nullable Tensor extra, String path) {
        List<Tensor> in = new ArrayList<>(node.inputs());
        if (extra != null) {
            in.add(extra);
        }
        return rewriter.apply(path, withEpilogue(node.op(), e), in);
    }

    private static Op withEpilogue(Op op, Epilogue e) {
        return switch (op) {
            case Op.MatMul o -> new Op.MatMul(o.transposeA(), o.transposeB(), e);
            case Op.Conv2d o -> new Op.Conv2d(o.stride(), o.padding(), e);
            case Op.Upsample o -> new Op.Upsample(o.scale(), e);
            default -> throw new IllegalArgumentException(op + " has no epilogue");
        };
    }

    private @Nullable Tensor fuseAdd(Tensor node, List<Tensor> in) {
        for (int side = 0; side < 2; side++) {
            Tensor main = in.get(side);
            Tensor other = in.get(1 - side);
            Epilogue e = epilogueOf(main);
            if (e != null && e.equals(Epilogue.NONE) && onlyHere(node.input(side)) && !(main.op() instanceof Op.Upsample)
                && main.shape().equals(node.shape()) && other.shape().equals(Shape.of(main.dim(-1)))) {
                return withEpilogue(main, new Epilogue(true, false, false), other, main.path());
            }
        }
        // Of two candidates the one computed later takes the other as its residual.
        int later = in.get(0).id() > in.get(1).id() ? 0 : 1;
        for (int side : new int[] {later, 1 - later}) {
            Tensor main = behindReshapes(in.get(side));
            Tensor other = in.get(1 - side);
            Epilogue e = epilogueOf(main);
            if (e != null && !e.residual() && !e.relu() && onlyHereThroughReshapes(node.input(side)) && main != behindReshapes(other)
                && in.get(side).shape().equals(node.shape()) && other.shape().equals(node.shape())) {
                Tensor residual = reshaped(other, main.shape(), node.path());
                return reshaped(withEpilogue(main, new Epilogue(e.bias(), true, false), residual, node.path()), node.shape(), node.path());
            }
        }
        return null;
    }

    private @Nullable Tensor fuseRelu(Tensor node, Tensor in) {
        Tensor main = behindReshapes(in);
        Epilogue e = epilogueOf(main);
        if (e == null || e.relu() || !onlyHereThroughReshapes(node.input(0))) {
            return null;
        }
        return reshaped(withEpilogue(main, new Epilogue(e.bias(), e.residual(), true), null, main.path()), node.shape(), node.path());
    }

    /** The node whose elements reshapes show. */
    private static Tensor behindReshapes(Tensor node) {
        Tensor t = node;
        while (t.op() instanceof Op.Reshape) {
            t = t.input(0);
        }
        return t;
    }

    /** Whether neither a node, nor what it reshapes, is read by anybody else. */
    private boolean onlyHereThroughReshapes(Tensor old) {
        Tensor t = old;
        while (t.op() instanceof Op.Reshape && onlyHere(t)) {
            t = t.input(0);
        }
        return onlyHere(t);
    }

    private Tensor reshaped(Tensor node, Shape shape, String path) {
        if (node.shape().equals(shape)) {
            return node;
        }
        Tensor from = node.op() instanceof Op.Reshape ? node.input(0) : node;
        return from.shape().equals(shape) ? from : rewriter.apply(path, new Op.Reshape(shape), List.of(from));
    }

    /** s = gamma / sqrt(var + eps): weight * s, (bias - mean) * s + beta. */
    private @Nullable Tensor foldBatchNorm(Tensor node, Op.BatchNorm norm, List<Tensor> in) {
        Tensor x = in.get(0);
        Epilogue e = epilogueOf(x);
        boolean weighted = x.op() instanceof Op.Conv2d || x.op() instanceof Op.MatMul m && m.transposeB() && x.input(1).shape().rank() == 2;
        if (e == null || !weighted || e.residual() || e.relu() || !onlyHere(node.input(0)) || !(x.input(1).op() instanceof Op.Parameter)) {
            return null;
        }
        Tensor scale = in.get(1).div(in.get(4).add(norm.eps()).sqrt());
        Tensor weight = x.input(1);
        int[] perOutput = new int[weight.shape().rank()];
        java.util.Arrays.fill(perOutput, 1);
        perOutput[0] = weight.dim(0);
        Tensor shift = e.bias() ? x.input(2).sub(in.get(3)) : in.get(3).neg();
        Op op = withEpilogue(x.op(), new Epilogue(true, false, false));
        return rewriter.apply(x.path(), op, List.of(x.input(0), weight.mul(scale.reshape(perOutput)), shift.mul(scale).add(in.get(2))));
    }
}

package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.CustomOp;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Folded;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Turns the nodes of an optimized graph into jobs and buffers. */
public final class Lowering {
    /** What a program's run consists of: jobs, or a call of an op from outside. */
    public sealed interface Part permits Jobs, Call {
    }

    /** Jobs in an order in which they could run. */
    public record Jobs(List<Job> jobs) implements Part {
    }

    /** An op that the host computes. */
    public record Call(CustomOp op, List<Buffer> inputs, List<Shape> shapes, Buffer output, Shape shape, String label) implements Part {
        /** Says that this is when its buffers are used. */
        public void touch(int time) {
            inputs.forEach(b -> b.touch(time));
            output.touch(time);
        }
    }

    private final Compilation compilation;
    private final Function<Tensor, float[]> folded;
    private final Function<Tensor, Buffer> parameters;
    private final boolean library;
    private final List<Part> parts = new ArrayList<>();
    private final Map<Tensor, Buffer> buffers = new HashMap<>();
    private final Map<Tensor, Buffer> inputs = new LinkedHashMap<>();
    private final Map<Tensor, Buffer> results = new LinkedHashMap<>();
    private final List<Buffer> made = new ArrayList<>();
    private final Set<Tensor> constants = new HashSet<>();
    private final Set<Tensor> squares = new HashSet<>();
    private final Map<Tensor, Tensor> inPlace;
    private final Map<Tensor, Buffer> momentsOf = new HashMap<>();
    private final Constants pool = new Constants();
    private final Fusion fusion;
    private final Products products;
    private final Reductions reductions;
    private final Attentions attentions;
    private Tensor current;

    /**
     * Lowers everything.
     *
     * @param compilation of an optimized graph
     * @param folded elements of a node that depends on constants and frozen parameters alone
     * @param parameters where parameters that are not frozen lie
     * @param room floats that rearranging weights may add to them, to save time
     * @param library whether matrix products are for a library of the device
     */
    public Lowering(Compilation compilation, Function<Tensor, float[]> folded, Function<Tensor, Buffer> parameters, long room, boolean library) {
        this.compilation = compilation;
        this.folded = folded;
        this.parameters = parameters;
        this.library = library;
        this.products = new Products(this, room);
        this.reductions = new Reductions(this);
        this.attentions = new Attentions(this);
        List<Tensor> order = Graph.reachable(compilation.targets());
        this.current = order.getFirst();
        for (Tensor node : order) {
            if (isConstant(node)) {
                constants.add(node);
            }
        }
        findSquares(order);
        this.fusion = new Fusion(order, compilation.targets(), !compilation.optimize(),
            node -> !constants.contains(node) && !squares.contains(node) && !isView(node));
        order = fusion.order();
        this.inPlace = Updates.inPlace(compilation, order, constants, squares, fusion);
        for (Tensor node : order) {
            current = node;
            if (node.op() instanceof Op.Input) {
                Buffer b = make(Buffer.Home.INPUT, node.shape().size());
                inputs.put(node, b);
                buffers.put(node, b);
            } else if (!constants.contains(node) && !(node.op() instanceof Op.Parameter) && !squares.contains(node)) {
                Fusion.Group group = fusion.of(node);
                if (group == null) {
                    lower(node);
                } else if (node == group.last()) {
                    Elements.lower(this, group, fusion);
                }
            }
        }
        for (Tensor target : compilation.outputs()) {
            current = target;
            results.computeIfAbsent(target, this::result);
        }
        copyUpdates();
    }

    /** What a run does. */
    public List<Part> parts() {
        return parts;
    }

    /** Where inputs lie. */
    public Map<Tensor, Buffer> inputs() {
        return inputs;
    }

    /** Where outputs lie. */
    public Map<Tensor, Buffer> results() {
        return results;
    }

    /** What is copied to the device once. */
    public Constants constants() {
        return pool;
    }

    /** All buffers of the program but parameters and constants. */
    public List<Buffer> made() {
        return made;
    }

    /** Nodes that depend on constants and frozen parameters alone. */
    private boolean isConstant(Tensor node) {
        return switch (node.op()) {
            case Op.Constant c -> true;
            case Op.Parameter p -> compilation.frozen();
            case Op.Input i -> false;
            default -> compilation.optimize() && !node.inputs().isEmpty() && constants.containsAll(node.inputs());
        };
    }

    private void findSquares(List<Tensor> order) {
        Map<Tensor, Integer> uses = new HashMap<>();
        order.forEach(node -> node.inputs().forEach(input -> uses.merge(input, 1, Integer::sum)));
        compilation.targets().forEach(target -> uses.merge(target, 2, Integer::sum));
        for (Tensor node : order) {
            if (compilation.optimize() && node.op() instanceof Op.Reduce r && r.fn() == Op.ReduceFn.SUM && node.input(0).op() instanceof Op.Unary u
                && u.fn() == Op.UnaryFn.SQUARE && uses.getOrDefault(node.input(0), 0) == 1 && !constants.contains(node.input(0))) {
                squares.add(node.input(0));
            }
        }
    }

    /** Whether a node is a square that only the sum of it needs. */
    boolean isSquare(Tensor node) {
        return squares.contains(node);
    }

    boolean isConstantNode(Tensor node) {
        return constants.contains(node);
    }

    /** Whether a node shows its input's memory. */
    static boolean isView(Tensor node) {
        return node.op() instanceof Op.Reshape || node.op() instanceof Op.Detach || node.op() instanceof Op.Slice s && isRun(node.input(0).shape(), s.axis());
    }

    /** Whether a slice along an axis lies in one piece. */
    private static boolean isRun(Shape s, int axis) {
        for (int i = 0; i < axis; i++) {
            if (s.dim(i) != 1) {
                return false;
            }
        }
        return true;
    }

    /** The node whose memory a node shows. */
    static Tensor owner(Tensor node) {
        Tensor t = node;
        while (isView(t)) {
            t = t.input(0);
        }
        return t;
    }

    Constants pool() {
        return pool;
    }

    /** The op and the module path, for errors and reports. */
    String label() {
        return current.op().name() + (current.path().isEmpty() ? "" : " at " + current.path());
    }

    /** Memory between two jobs. */
    Buffer scratch(long floats) {
        return make(Buffer.Home.SLAB, floats);
    }

    private Buffer make(Buffer.Home home, long floats) {
        Buffer b = Buffer.of(home, floats, label());
        made.add(b);
        return b;
    }

    /** The buffer of a computed node, a constant or a parameter. */
    Buffer buffer(Tensor node) {
        Buffer known = buffers.get(node);
        if (known != null) {
            return known;
        }
        Buffer b;
        if (constants.contains(node)) {
            b = pool.add(node.shape().size(), node.toString(), () -> folded.apply(node));
        } else if (node.op() instanceof Op.Parameter) {
            b = parameters.apply(node);
        } else {
            throw new IllegalStateException(node + " was not lowered before its use in " + current);
        }
        buffers.put(node, b);
        return b;
    }

    /** The elements of a constant. */
    float[] elements(Tensor constant) {
        return folded.apply(constant);
    }

    /** Memory for a node's elements: a parameter's own where its update is computed in place. */
    Buffer output(Tensor node) {
        Tensor parameter = inPlace.get(node);
        Buffer b;
        if (parameter != null) {
            b = buffer(parameter);
        } else {
            b = make(compilation.outputs().contains(node) ? Buffer.Home.OUTPUT : Buffer.Home.SLAB, node.shape().size());
        }
        buffers.put(node, b);
        return b;
    }

    void emit(Kind kind, int groups, long flops, List<Buffer> reads, List<Buffer> writes, Job.Description description) {
        if (groups == 0) {
            return;
        }
        if (parts.isEmpty() || !(parts.getLast() instanceof Jobs)) {
            parts.add(new Jobs(new ArrayList<>()));
        }
        long bytes = 0;
        for (Buffer b : reads) {
            bytes += 4 * b.floats();
        }
        for (Buffer b : writes) {
            bytes += 4 * b.floats();
        }
        ((Jobs) parts.getLast()).jobs().add(new Job(kind, groups, label(), flops, bytes, List.copyOf(reads), List.copyOf(writes), description));
    }

    static int groups(long elements, int each) {
        return Math.toIntExact((elements + each - 1) / each);
    }

    private void lower(Tensor node) {
        switch (node.op()) {
            case Op.Input o -> throw new IllegalStateException("leaf");
            case Op.Parameter o -> throw new IllegalStateException("leaf");
            case Op.Constant o -> throw new IllegalStateException("leaf");
            case Op.Unary o -> output(node); // without elements, or a member of a group
            case Op.Affine o -> output(node);
            case Op.Binary o -> output(node);
            case Op.Dropout o -> output(node);
            case Op.Permute o -> output(node);
            case Op.Broadcast o -> output(node);
            case Op.BatchNorm o -> output(node);
            case Op.Upsample o -> output(node);
            case Op.Reshape o -> buffers.put(node, buffer(node.input(0)).view(0, node.shape().size()));
            case Op.Detach o -> buffers.put(node, buffer(node.input(0)).view(0, node.shape().size()));
            case Op.Slice o when isView(node) -> buffers.put(node,
                buffer(node.input(0)).view(node.input(0).shape().strides()[o.axis()] * o.start(), node.shape().size()));
            case Op.Slice o -> output(node);
            case Op.Pad o -> Elements.pad(this, node, o);
            case Op.Concat o -> Elements.concat(this, node, o);
            case Op.Gather o -> Sparse.gather(this, node, o);
            case Op.ScatterAdd o -> Sparse.scatter(this, node, o);
            case Op.SparseMatMul o -> Sparse.product(this, node, o);
            case Op.Reduce o -> reductions.reduce(node, o);
            case Op.Softmax o -> reductions.softmax(node);
            case Op.MatMul o -> products.matmul(node, o);
            case Op.Conv2d o -> products.conv2d(node, o);
            case Op.Conv2dInputGradient o -> products.inputGradient(node, o);
            case Op.Conv2dWeightGradient o -> products.weightGradient(node, o);
            case Op.Attention o -> attentions.forward(node, o);
            case Op.AttentionGradient o -> attentions.backward(node, o);
            case Op.Normalize o -> Norms.normalize(this, node, o);
            case Op.NormalizeGradient o -> Norms.gradient(this, node, o);
            case Op.Moments o -> {
                Buffer moments = moments(node.input(0), Folded.of(node.input(0).shape(), 0, node.input(0).shape().rank() - 2));
                if (inPlace.containsKey(node) || compilation.outputs().contains(node)) {
                    Elements.copy(this, node.shape().size(), moments, output(node));
                } else {
                    buffers.put(node, moments);
                }
            }
            case Op.BatchNormGradient o -> Norms.batchNormGradient(this, node, o);
            case Op.Downsum o -> reductions.downsum(node, o);
            case Op.Custom o -> {
                List<Buffer> in = node.inputs().stream().map(this::buffer).toList();
                parts.add(new Call(o.op(), in, node.inputs().stream().map(Tensor::shape).toList(), output(node), node.shape(), label()));
            }
        }
    }

    /** Means, variances, and what rounding took from the means, along the middle; computed once for all that need them. */
    Buffer moments(Tensor x, Folded f) {
        boolean channels = f.outer() == 1 && f.inner() == x.dim(-1);
        Buffer known = channels ? momentsOf.get(x) : null;
        if (known != null) {
            return known;
        }
        Buffer y = scratch(3 * f.outer() * f.inner());
        reductions.moments(buffer(x), f, y);
        if (channels) {
            momentsOf.put(x, y);
        }
        return y;
    }

    Reductions reductions() {
        return reductions;
    }

    /** An output's own buffer, or a copy where that may change after the run or lies elsewhere. */
    private Buffer result(Tensor target) {
        Buffer own = buffer(target);
        if (own.home() == Buffer.Home.OUTPUT || own.home() == Buffer.Home.CONSTANT) {
            return own;
        }
        Buffer copy = make(Buffer.Home.OUTPUT, target.shape().size());
        Elements.copy(this, target.shape().size(), own, copy);
        return copy;
    }

    /** Updates that are not done yet. What they read was computed, or set aside, from the old elements. */
    private void copyUpdates() {
        Map<Compilation.Update, Buffer> from = new LinkedHashMap<>();
        for (Compilation.Update update : compilation.updates()) {
            current = update.value();
            if (inPlace.get(update.value()) == update.parameter()) {
                continue;
            }
            Buffer own = buffer(update.value());
            if (own.home() == Buffer.Home.PARAMETER) {
                // Another update may replace it before it is read.
                Buffer aside = scratch(update.value().shape().size());
                Elements.copy(this, update.value().shape().size(), own, aside);
                own = aside;
            }
            from.put(update, own);
        }
        from.forEach((update, own) -> {
            current = update.value();
            Elements.copy(this, update.value().shape().size(), own, buffer(update.parameter()));
        });
    }

    /** Whether rounding matters: training goes through it again and again, and on to other sides of ReLUs and absolute values. */
    boolean isFine() {
        return !compilation.frozen();
    }

    /** Whether matrix products are for a library. */
    boolean hasLibrary() {
        return library;
    }

    /** The node being lowered. */
    @Nullable Tensor current() {
        return current;
    }
}

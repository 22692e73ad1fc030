package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.Folded;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tensor.compiler.MemoryPlan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns the nodes of an optimized graph into steps and buffers, and plans the buffers' memory. */
final class Lowering {
    private final VectorDevice device;
    private final Compilation compilation;
    private final Arena arena;
    private final HugePages.Pool memory;
    private final boolean fold;
    private final Schedule schedule = new Schedule();
    private final List<Buffer> planned = new ArrayList<>();
    private final Map<Tensor, Buffer> buffers = new HashMap<>();
    private final Map<Tensor, Buffer> results = new HashMap<>();
    private final Set<Tensor> constants = new HashSet<>();
    private final Map<Tensor, Buffer> momentsOf = new HashMap<>();
    private final ElementwiseFusion fusion;
    /** Squares that are only summed: the sum computes them. */
    private final Set<Tensor> squares = new HashSet<>();
    /** Values of updates that are computed right into the parameter's memory. */
    private final Map<Tensor, Tensor> inPlace = new HashMap<>();
    private final Fusions fusions;
    private final LoweringProducts products = new LoweringProducts(this);
    private long fixedBytes;
    private long slabBytes;
    private Tensor current;

    /**
     * @param compilation of an optimized graph
     * @param arena owns all memory of the program
     * @param fold whether nodes that depend on constants alone are computed now; without it they become steps
     */
    Lowering(VectorDevice device, Compilation compilation, Arena arena, boolean fold) {
        this.fold = fold;
        this.device = device;
        this.compilation = compilation;
        this.arena = arena;
        this.memory = new HugePages.Pool(arena);
        List<Tensor> order = Graph.reachable(compilation.targets());
        this.current = order.getFirst();
        for (Tensor node : order) {
            if (isConstant(node) && (fold || node.inputs().isEmpty())) {
                constants.add(node);
            }
        }
        findSquares(order);
        this.fusions = fold && compilation.optimize() ? Fusions.find(order, compilation.targets(), constants) : Fusions.NONE;
        this.fusion = new ElementwiseFusion(order, compilation.targets(),
            node -> fold && compilation.optimize() && !constants.contains(node) && !squares.contains(node) && !fusions.replaces(node));
        order = fusion.order();
        findInPlace(order);
        for (Tensor node : order) {
            current = node;
            if (fusions.replaces(node)) {
                lowerFused(node);
            } else if (node.op() instanceof Op.Input) {
                Buffer b = plannedBuffer(4 * node.shape().size());
                b.touch(-1);
                b.touch(Integer.MAX_VALUE);
                buffers.put(node, b);
            } else if (!constants.contains(node) && !(node.op() instanceof Op.Parameter) && !squares.contains(node)) {
                ElementwiseFusion.Group group = fusion.of(node);
                if (group == null) {
                    lower(node);
                } else if (node == group.last()) {
                    lower(group);
                }
            }
        }
        for (Tensor target : compilation.targets()) {
            current = target;
            results.computeIfAbsent(target, this::result).touch(Integer.MAX_VALUE);
        }
        copyUpdates();
        // Training's steps go one by one: what many of them leave behind would take memory.
        schedule.arrange(fold && compilation.optimize() && compilation.frozen());
        place();
    }

    private void findSquares(List<Tensor> order) {
        Map<Tensor, Integer> uses = new HashMap<>();
        order.forEach(node -> node.inputs().forEach(input -> uses.merge(input, 1, Integer::sum)));
        compilation.targets().forEach(target -> uses.merge(target, 2, Integer::sum));
        for (Tensor node : order) {
            if (compilation.optimize() && isWholeSum(node) && node.input(0).op() instanceof Op.Unary u && u.fn() == Op.UnaryFn.SQUARE
                && uses.getOrDefault(node.input(0), 0) == 1 && !constants.contains(node.input(0))) {
                squares.add(node.input(0));
            }
        }
    }

    private static boolean isWholeSum(Tensor node) {
        if (!(node.op() instanceof Op.Reduce r) || r.fn() != Op.ReduceFn.SUM) {
            return false;
        }
        Folded f = Folded.of(node.input(0).shape(), r.first(), r.last());
        return f.outer() == 1 && f.inner() == 1 && f.middle() > 0;
    }

    /**
     * An update's value takes the parameter's own memory if nothing reads the old elements later. The op that computes it may read
     * them itself if it goes element by element.
     */
    private void findInPlace(List<Tensor> order) {
        Map<Tensor, Integer> computed = new HashMap<>();
        Map<Tensor, Integer> lastRead = new HashMap<>();
        for (int i = 0; i < order.size(); i++) {
            computed.put(order.get(i), i);
            for (Tensor input : order.get(i).inputs()) {
                lastRead.put(owner(input), i);
            }
        }
        for (Tensor target : compilation.targets()) {
            if (owner(target).op() instanceof Op.Parameter) {
                lastRead.put(owner(target), Integer.MAX_VALUE);
            }
        }
        for (Compilation.Update update : compilation.updates()) {
            Tensor value = update.value();
            int at = computed.getOrDefault(value, -1);
            int last = lastRead.getOrDefault(update.parameter(), -1);
            boolean elementwise = value.op() instanceof Op.Unary || value.op() instanceof Op.Affine || value.op() instanceof Op.Binary;
            boolean own = !value.inputs().isEmpty() && owner(value) == value && !constants.contains(value);
            if (own && (last < at || last == at && elementwise)) {
                inPlace.putIfAbsent(value, update.parameter());
            }
        }
    }

    /** The node whose memory a node shows. */
    private static Tensor owner(Tensor node) {
        Tensor t = node;
        while (t.op() instanceof Op.Reshape || t.op() instanceof Op.Detach || t.op() instanceof Op.Slice s && isRun(t.input(0).shape(), s.axis())) {
            t = t.input(0);
        }
        return t;
    }

    /** Updates that are not done yet. What they read was computed, or set aside, from the old elements. */
    private void copyUpdates() {
        for (Compilation.Update update : compilation.updates()) {
            current = update.value();
            if (inPlace.get(current) != update.parameter()) {
                copyFlat(current.shape(), resultOf(current), buffer(update.parameter()));
            }
        }
    }

    private void copyFlat(Shape shape, Buffer from, Buffer to) {
        Shape flat = Shape.of(Math.toIntExact(shape.size()));
        emit(new Movement.StridedCopy(flat, from, 0, new long[] {1}, to, 0, new long[] {1}), from, to);
    }

    /** The steps, in their order. */
    Schedule schedule() {
        return schedule;
    }

    Buffer bufferOf(Tensor node) {
        Buffer b = buffers.get(node);
        if (b == null) {
            throw new IllegalStateException(node + " was not lowered");
        }
        return b;
    }

    /** Where a target's elements are after a run. */
    Buffer resultOf(Tensor target) {
        Buffer b = results.get(target);
        if (b == null) {
            throw new IllegalStateException(target + " is no target");
        }
        return b;
    }

    /** A target's own buffer, or a copy where that may change after the run: a parameter is updated, an input written. */
    private Buffer result(Tensor target) {
        Buffer own = buffer(target);
        Tensor root = owner(target);
        if (constants.contains(target) || !(root.op() instanceof Op.Input || root.op() instanceof Op.Parameter)) {
            return own;
        }
        Buffer copy = plannedBuffer(4 * target.shape().size());
        copyFlat(target.shape(), own, copy);
        return copy;
    }

    /** Bytes of native memory, packed weights included. */
    long memory() {
        return fixedBytes + slabBytes;
    }

    /** Whether a node's elements are known when the program is compiled. */
    boolean constant(Tensor node) {
        return constants.contains(node);
    }

    private boolean isConstant(Tensor node) {
        return switch (node.op()) {
            case Op.Constant c -> true;
            case Op.Parameter p -> compilation.frozen();
            case Op.Input i -> false;
            default -> compilation.optimize() && !node.inputs().isEmpty() && constants.containsAll(node.inputs());
        };
    }

    private void place() {
        List<MemoryPlan.Life> lives = new ArrayList<>();
        for (Buffer b : planned) {
            lives.add(new MemoryPlan.Life(b.bytes, b.first, b.last));
        }
        MemoryPlan plan = MemoryPlan.of(lives);
        slabBytes = plan.bytes();
        long base = fold ? HugePages.allocate(arena, Math.max(64, slabBytes)).address() : device.workspace(Math.max(64, slabBytes));
        for (int i = 0; i < lives.size(); i++) {
            planned.get(i).place(base + plan.offset(i));
        }
    }

    Buffer plannedBuffer(long bytes) {
        Buffer b = Buffer.planned(Math.max(4, bytes));
        planned.add(b);
        return b;
    }

    private Buffer fixedBuffer(long bytes) {
        fixedBytes += bytes;
        return Buffer.fixed(bytes, allocate(bytes));
    }

    private long allocate(long bytes) {
        return fold ? memory.allocate(Math.max(64, bytes)) : device.workspace(Math.max(64, bytes));
    }

    /** The elements of a constant. A short-lived program (that folds nothing) reads stored ones where they are. */
    private Buffer constantBuffer(Tensor node) {
        long bytes = 4 * node.shape().size();
        if (!fold && node.values().isNative()) {
            return Buffer.fixed(bytes, node.values().address());
        }
        Buffer copy = fixedBuffer(bytes);
        device.withConstant(node, address -> Simd.copy(address, copy.at(), node.shape().size()));
        return copy;
    }

    /** The buffer of a computed node, a constant or a parameter. */
    Buffer buffer(Tensor node) {
        Buffer known = buffers.get(node);
        if (known != null) {
            return known;
        }
        Buffer b;
        if (constants.contains(node)) {
            b = constantBuffer(node);
        } else if (node.op() instanceof Op.Parameter) {
            MemorySegment values = node.values();
            if (!values.isNative()) {
                throw new IllegalArgumentException(node + ": parameters of a program that is not frozen must lie in native memory");
            }
            b = Buffer.fixed(values.byteSize(), values.address());
        } else {
            throw new IllegalStateException(node + " was not lowered before its use in " + current);
        }
        buffers.put(node, b);
        return b;
    }

    Buffer output(Tensor node) {
        Tensor parameter = inPlace.get(node);
        Buffer b = parameter != null ? buffer(parameter) : plannedBuffer(4 * node.shape().size());
        buffers.put(node, b);
        return b;
    }

    void emit(Step step, @Nullable Buffer... touched) {
        if (step.units() == 0) {
            return;
        }
        step.label = current.op().name() + (current.path().isEmpty() ? "" : " at " + current.path());
        step.layer = LayerKind.of(current);
        for (Buffer b : touched) {
            if (b != null) {
                step.bytes += b.bytes;
                schedule.touch(b);
            }
        }
        schedule.add(step);
    }

    /** Memory for a packed right side, filled now if it is constant, else by a step of each run. */
    Buffer pack(Tensor right, PackMaker maker, long floats) {
        if (!constants.contains(right)) {
            Buffer b = buffer(right);
            Buffer packed = plannedBuffer(4 * floats);
            emit(maker.make(b, packed), b, packed);
            return packed;
        }
        Buffer packed = fixedBuffer(4 * floats);
        if (buffers.containsKey(right)) {
            device.runNow(maker.make(buffer(right), packed));
        } else {
            device.withConstant(right, address -> device.runNow(maker.make(Buffer.fixed(4 * right.shape().size(), address), packed)));
        }
        return packed;
    }

    /** Makes the step that packs a right side. */
    interface PackMaker {
        Step make(Buffer right, Buffer packed);
    }

    /** The last node of a fused subgraph stands for all of it. */
    private void lowerFused(Tensor node) {
        MultiScalePattern found = fusions.endingIn(node);
        if (found == null) {
            return;
        }
        Shape s = found.source().shape();
        int[] dims = found.axes().stream().mapToInt(s::dim).toArray();
        long[] strides = found.axes().stream().mapToLong(axis -> s.strides()[axis]).toArray();
        List<Buffer> parameters = found.parameters().stream().map(this::buffer).toList();
        Buffer x = buffer(found.source());
        Buffer y = output(node);
        parameters.forEach(schedule::touch);
        emit(new MultiScaleKernel(Shape.of(dims), strides, x, parameters, y), x, y);
    }

    private void lower(Tensor node) {
        switch (node.op()) {
            case Op.Input o -> throw new IllegalStateException("leaf");
            case Op.Parameter o -> throw new IllegalStateException("leaf");
            case Op.Constant o -> throw new IllegalStateException("leaf");
            case Op.Unary o -> {
                Buffer x = buffer(node.input(0));
                Buffer y = output(node);
                emit(new Elementwise.Unary(o.fn(), x, y, node.shape().size()), x, y);
            }
            case Op.Affine o -> {
                Buffer x = buffer(node.input(0));
                Buffer y = output(node);
                emit(new Elementwise.Affine(o.scale(), o.shift(), x, y, node.shape().size()), x, y);
            }
            case Op.Binary o -> {
                Buffer a = buffer(node.input(0));
                Buffer b = buffer(node.input(1));
                Buffer y = output(node);
                emit(Elementwise.binary(o.fn(), a, node.input(0).shape(), b, node.input(1).shape(), y, node.shape()), a, b, y);
            }
            case Op.Dropout o -> {
                Buffer x = buffer(node.input(0));
                Buffer step = buffer(node.input(1));
                Buffer y = output(node);
                emit(new Elementwise.Dropout(o.p(), o.key(), x, step, y, node.shape().size()), x, step, y);
            }
            case Op.Reshape o -> view(node);
            case Op.Detach o -> view(node);
            case Op.Permute o -> {
                long[] own = node.input(0).shape().strides();
                long[] strides = o.axes().stream().mapToLong(a -> own[a]).toArray();
                copy(node.shape(), node.input(0), 0, strides, output(node), 0, node.shape().strides());
            }
            case Op.Broadcast o -> copy(node.shape(), node.input(0), 0, Strides.broadcast(node.input(0).shape(), node.shape()), output(node), 0,
                node.shape().strides());
            case Op.Slice o when isRun(node.input(0).shape(), o.axis()) -> {
                Buffer x = buffer(node.input(0));
                buffers.put(node, x.view(4 * node.input(0).shape().strides()[o.axis()] * o.start(), 4 * node.shape().size()));
            }
            case Op.Slice o -> {
                long[] strides = node.input(0).shape().strides();
                copy(node.shape(), node.input(0), strides[o.axis()] * o.start(), strides, output(node), 0, node.shape().strides());
            }
            case Op.Pad o -> {
                Buffer y = output(node);
                emit(new Movement.Zero(y, node.shape().size()), y);
                long[] strides = node.shape().strides();
                copy(node.input(0).shape(), node.input(0), 0, node.input(0).shape().strides(), y, strides[o.axis()] * o.before(), strides);
            }
            case Op.Concat o -> {
                Buffer y = output(node);
                long[] strides = node.shape().strides();
                long at = 0;
                for (Tensor part : node.inputs()) {
                    copy(part.shape(), part, 0, part.shape().strides(), y, at, strides);
                    at += strides[o.axis()] * part.dim(o.axis());
                }
            }
            case Op.Gather o -> {
                Buffer x = buffer(node.input(0));
                Buffer y = output(node);
                emit(new Movement.Gather(Folded.of(node.input(0).shape(), o.axis(), o.axis()), o.indices(), x, y), x, y);
            }
            case Op.ScatterAdd o -> {
                Buffer x = buffer(node.input(0));
                Buffer y = output(node);
                emit(new Movement.ScatterAdd(Folded.of(node.input(0).shape(), o.axis(), o.axis()), o.indices(), o.extent(), x, y), x, y);
            }
            case Op.Reduce o when isWholeSum(node) -> {
                boolean squared = squares.contains(node.input(0));
                Tensor of = squared ? node.input(0).input(0) : node.input(0);
                Buffer x = buffer(of);
                int parts = WholeSum.parts(of.shape().size());
                Buffer partial = parts == 1 ? null : plannedBuffer(4L * parts);
                Buffer y = output(node);
                emit(new WholeSum(x, of.shape().size(), parts, squared, partial == null ? y : partial), x, partial, y);
                if (partial != null) {
                    emit(new WholeSum(partial, parts, 1, false, y), partial, y);
                }
            }
            case Op.Reduce o -> {
                Buffer x = buffer(node.input(0));
                Buffer y = output(node);
                emit(new Reductions.Reduce(o.fn(), Folded.of(node.input(0).shape(), o.first(), o.last()), x, y), x, y);
            }
            case Op.Softmax o -> {
                Buffer x = buffer(node.input(0));
                Buffer y = output(node);
                int n = node.dim(-1);
                emit(new Reductions.Softmax(x, y, node.shape().size() / n, n), x, y);
            }
            case Op.MatMul o -> products.matmul(node, o);
            case Op.Conv2d o -> products.conv2d(node, o);
            case Op.Conv2dInputGradient o -> products.conv2dInputGradient(node, o);
            case Op.Conv2dWeightGradient o -> {
                Shape xs = node.input(0).shape();
                Shape gs = node.input(1).shape();
                if (products.nothingToMultiply(node, gs.size(), Epilogue.NONE, 2)) {
                    return;
                }
                products.weightGradient(node.input(0), node.input(1), node, WeightGradient.Geometry.convolution(xs.dim(0), xs.dim(1), xs.dim(2), xs.dim(3),
                    gs.dim(1), gs.dim(2), gs.dim(3), o.kernelHeight(), o.kernelWidth(), o.stride(), o.padding()));
            }
            case Op.SparseMatMul o -> {
                Buffer x = buffer(node.input(0));
                Buffer y = output(node);
                int c = node.dim(-1);
                int batch = Math.toIntExact(node.shape().size() / Math.max(1, (long) o.matrix().rows() * c));
                emit(new Products.Sparse(o.matrix(), batch, c, x, y), x, y);
            }
            case Op.Attention o -> {
                Buffer q = buffer(node.input(0));
                Buffer k = buffer(node.input(1));
                Buffer v = buffer(node.input(2));
                if (AttentionLanesKernel.suits(o.heads(), o.mask())) {
                    attention(node, o, q, k, v);
                    return;
                }
                Buffer y = output(node);
                emit(new Attention.Forward(o.heads(), o.mask(), q, node.input(0).shape(), k, node.input(1).shape(), v, node.input(2).shape(),
                    node.dim(0), y), q, k, v, y);
            }
            case Op.AttentionGradient o -> {
                Buffer q = buffer(node.input(0));
                Buffer k = buffer(node.input(1));
                Buffer v = buffer(node.input(2));
                Buffer g = buffer(node.input(3));
                Buffer y = output(node);
                emit(new Attention.Backward(o.heads(), o.mask(), q, node.input(0).shape(), k, node.input(1).shape(), v, node.input(2).shape(),
                    g, node.input(3).dim(0), y), q, k, v, g, y);
            }
            case Op.Normalize o when o.affine() && o.first() == 0 && o.last() == node.shape().rank() - 2 && node.shape().size() > 0 -> {
                Buffer moments = moments(node.input(0));
                int c = node.dim(-1);
                batchNorm(node, o.eps(), moments.view(0, 4L * c), moments.view(4L * c, 4L * c));
            }
            case Op.Normalize o -> {
                Buffer x = buffer(node.input(0));
                Buffer gamma = o.affine() ? buffer(node.input(1)) : x;
                Buffer beta = o.affine() ? buffer(node.input(2)) : x;
                Buffer y = output(node);
                emit(new Reductions.Normalize(Folded.of(node.shape(), o.first(), o.last()), o.eps(), x, o.affine(), gamma, beta, node.dim(-1), y),
                    x, gamma, beta, y);
            }
            case Op.NormalizeGradient o -> {
                Buffer x = buffer(node.input(0));
                Buffer g = buffer(node.input(1));
                Buffer y = output(node);
                emit(new Reductions.NormalizeGradient(Folded.of(node.shape(), o.first(), o.last()), o.eps(), x, g, y), x, g, y);
            }
            case Op.BatchNorm o -> batchNorm(node, o.eps(), buffer(node.input(3)), buffer(node.input(4)));
            case Op.Moments o -> {
                if (inPlace.containsKey(node)) {
                    moments(node.input(0), output(node));
                } else {
                    buffers.put(node, moments(node.input(0)));
                }
            }
            case Op.BatchNormGradient o -> batchNormGradient(node, o);
            case Op.Upsample o -> {
                Buffer x = buffer(node.input(0));
                Buffer residual = o.epilogue().residual() ? buffer(node.input(1)) : null;
                Buffer y = output(node);
                emit(new Images.Upsample(o.scale(), node.dim(0), node.dim(1), node.dim(2), node.dim(3), x, residual, o.epilogue().relu(), y),
                    x, residual, y);
            }
            case Op.Downsum o -> {
                Buffer x = buffer(node.input(0));
                Buffer y = output(node);
                emit(new Images.Downsum(o.scale(), node.dim(0), node.dim(1), node.dim(2), node.dim(3), x, y), x, y);
            }
            case Op.Custom o -> {
                List<Buffer> in = node.inputs().stream().map(this::buffer).toList();
                List<Shape> shapes = node.inputs().stream().map(Tensor::shape).toList();
                Buffer y = output(node);
                emit(new Movement.Zero(y, node.shape().size()), y);
                in.forEach(schedule::touch);
                emit(new CustomStep(o.op(), in, shapes, y, node.shape()), y);
            }
        }
    }

    /** Keys and values are rearranged first, with a head in each lane. */
    private void attention(Tensor node, Op.Attention op, Buffer q, Buffer k, Buffer v) {
        Shape ks = node.input(1).shape();
        Shape vs = node.input(2).shape();
        Buffer keys = plannedBuffer(AttentionLanesKernel.bytes(ks, op.heads()));
        emit(new AttentionLanesKernel.Rearrange(ks, op.heads(), k, keys), k, keys);
        Buffer values = plannedBuffer(AttentionLanesKernel.bytes(vs, op.heads()));
        emit(new AttentionLanesKernel.Rearrange(vs, op.heads(), v, values), v, values);
        Buffer y = output(node);
        emit(new AttentionLanesKernel.Attend(op.heads(), op.mask(), q, node.input(0).shape(), keys, ks, values, vs, node.dim(0), y), q, keys, values, y);
    }

    /** Elementwise nodes as one step. */
    private void lower(ElementwiseFusion.Group group) {
        List<Fused.Part> parts = new ArrayList<>();
        List<Buffer> touched = new ArrayList<>();
        Map<Tensor, Fused.Place> places = new HashMap<>();
        Map<Tensor, Integer> lastUse = new HashMap<>();
        for (int i = 0; i < group.members().size(); i++) {
            for (Tensor input : group.members().get(i).inputs()) {
                lastUse.put(input, i);
            }
        }
        ArrayDeque<Integer> free = new ArrayDeque<>();
        int slots = 0;
        for (int i = 0; i < group.members().size(); i++) {
            Tensor member = group.members().get(i);
            int at = i;
            for (Tensor input : member.inputs()) {
                places.computeIfAbsent(input, x -> place(buffer(x), x.shape().size() == 1, touched));
            }
            // A block that is read for the last time may be written: each element is read before it is written.
            member.inputs().stream().distinct().filter(x -> lastUse.get(x) == at && places.get(x).slot() >= 0)
                .forEach(x -> free.push(places.get(x).slot()));
            if (fusion.isNeededOutside(member)) {
                places.put(member, place(output(member), false, touched));
            } else {
                places.put(member, Fused.Place.block(free.isEmpty() ? slots++ : free.pop()));
            }
            parts.add(new Fused.Part(member.op(), places.get(member.input(0)), places.get(member.inputs().getLast()), places.get(member)));
        }
        emit(new Fused(parts, slots, group.last().shape().size()), touched.toArray(new Buffer[0]));
    }

    private static Fused.Place place(Buffer buffer, boolean scalar, List<Buffer> touched) {
        touched.add(buffer);
        return Fused.Place.of(buffer, scalar);
    }

    private void batchNorm(Tensor node, double eps, Buffer mean, Buffer variance) {
        Buffer x = buffer(node.input(0));
        Buffer gamma = buffer(node.input(1));
        Buffer beta = buffer(node.input(2));
        Buffer y = output(node);
        int c = node.dim(-1);
        emit(new Reductions.BatchNorm(eps, x, gamma, beta, mean, variance, y, node.shape().size() / Math.max(1, c), c), x, gamma, beta, mean, variance, y);
    }

    /** Mean and variance of channels, computed once for batch norm, its gradient and the running statistics. */
    private Buffer moments(Tensor x) {
        Buffer known = momentsOf.get(x);
        if (known != null) {
            return known;
        }
        Buffer y = plannedBuffer(8L * x.dim(-1));
        moments(x, y);
        momentsOf.put(x, y);
        return y;
    }

    private void moments(Tensor x, Buffer y) {
        int c = x.dim(-1);
        if (c == 0) {
            return;
        }
        Buffer in = buffer(x);
        long rows = x.shape().size() / c;
        Buffer partial = plannedBuffer(8L * BatchStatistics.parts(rows, c) * c);
        emit(new BatchStatistics.Moments(in, rows, c, partial), in, partial);
        emit(new BatchStatistics.Together(partial, rows, c, y), partial, y);
    }

    private void batchNormGradient(Tensor node, Op.BatchNormGradient op) {
        Tensor input = node.input(0);
        int c = input.dim(-1);
        Buffer y = output(node);
        if (c == 0) {
            return;
        }
        long rows = input.shape().size() / c;
        Buffer x = buffer(input);
        Buffer gamma = buffer(node.input(1));
        Buffer g = buffer(node.input(2));
        Buffer moments = moments(input);
        Buffer partial = plannedBuffer(8L * BatchStatistics.parts(rows, c) * c);
        Buffer factors = plannedBuffer(12L * c);
        Buffer rest = y.view(4 * rows * c, 8L * c);
        emit(new BatchStatistics.GradientSums(x, g, moments, rows, c, partial), x, g, moments, partial);
        emit(new BatchStatistics.GradientFactors(partial, gamma, moments, op.eps(), rows, c, rest, factors), partial, gamma, moments, rest, factors);
        emit(new BatchStatistics.Gradient(x, g, moments, factors, rows, c, y), x, g, moments, factors, y);
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

    /** A node that shows its input's memory. */
    private void view(Tensor node) {
        Buffer x = buffer(node.input(0));
        buffers.put(node, x.isFixed() ? x : x.view(0, x.bytes));
    }

    private void copy(Shape area, Tensor from, long fromOffset, long[] fromStrides, Buffer to, long toOffset, long[] toStrides) {
        Buffer x = buffer(from);
        emit(new Movement.StridedCopy(area, x, fromOffset, fromStrides, to, toOffset, toStrides), x, to);
    }
}

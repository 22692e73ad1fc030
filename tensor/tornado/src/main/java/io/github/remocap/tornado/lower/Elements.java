package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Folded;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tornado.kernel.ElementwiseKernel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Elementwise groups and copies between layouts. */
final class Elements {
    private final Lowering lowering;
    private final ElementProgram program;
    private final long elements;
    private final Map<Tensor, Integer> values = new HashMap<>();

    private Elements(Lowering lowering, Fusion.Group group) {
        this.lowering = lowering;
        this.program = new ElementProgram(lowering.pool());
        this.elements = group.last().shape().size();
    }

    /** A group as one job. */
    static void lower(Lowering lowering, Fusion.Group group, Fusion fusion) {
        Elements e = new Elements(lowering, group);
        for (Tensor member : group.members()) {
            e.values.put(member, e.compute(member));
        }
        for (Tensor member : group.members()) {
            if (fusion.isNeededOutside(member)) {
                e.program.store(e.values.get(member), lowering.output(member));
            }
        }
        emit(lowering, e.program, e.elements);
    }

    static void emit(Lowering lowering, ElementProgram program, long elements) {
        if (elements == 0) {
            return;
        }
        int n = Math.toIntExact(elements);
        int each = elements > 1 << 20 ? 4 : 1; // with more elements, each thread does several
        lowering.emit(Kind.ELEMENTWISE, Lowering.groups(elements, each * ElementwiseKernel.THREADS), 0, program.reads(), program.writes(), w -> {
            w.add(n, program.size(), each);
            program.write(w);
        });
    }

    /** Input k of a member, at the member's element. */
    private int operand(Tensor member, int k, Layout layout) {
        Tensor input = member.input(k);
        Integer known = Fusion.isAligned(member, k) ? values.get(input) : null;
        return known != null ? known : program.load(lowering.buffer(input), layout, elements);
    }

    private int aligned(Tensor member, int k) {
        return operand(member, k, Layout.SAME);
    }

    private int broadcast(Tensor member, int k) {
        if (Fusion.isAligned(member, k)) {
            return aligned(member, k);
        }
        return operand(member, k, Layout.of(member.shape(), Layout.broadcast(member.input(k).shape(), member.shape())));
    }

    private int compute(Tensor node) {
        return switch (node.op()) {
            case Op.Unary o -> program.unary(o.fn(), aligned(node, 0));
            case Op.Affine o -> program.affine(aligned(node, 0), o.scale(), o.shift());
            case Op.Binary o -> program.binary(o.fn(), broadcast(node, 0), broadcast(node, 1));
            case Op.Dropout o -> program.dropout(aligned(node, 0), operand(node, 1, new Layout(List.of())), program.number(1 / (1 - o.p())), o.key(),
                (int) Math.ceil(o.p() * 0x1p24));
            case Op.Permute o -> {
                long[] own = node.input(0).shape().strides();
                yield operand(node, 0, Layout.of(node.shape(), o.axes().stream().mapToLong(a -> own[a]).toArray()));
            }
            case Op.Broadcast o -> broadcast(node, 0);
            case Op.Slice o -> {
                Shape from = node.input(0).shape();
                Buffer x = lowering.buffer(node.input(0));
                long start = from.strides()[o.axis()] * o.start();
                yield program.load(x.view(start, x.floats() - start), Layout.of(node.shape(), from.strides()), elements);
            }
            case Op.BatchNorm o -> {
                int deviation = program.binary(BinaryFn.SUB, aligned(node, 0), broadcast(node, 3));
                int root = program.unary(UnaryFn.SQRT, program.affine(broadcast(node, 4), 1, o.eps()));
                int scaled = program.binary(BinaryFn.MUL, program.binary(BinaryFn.DIV, deviation, root), broadcast(node, 1));
                yield program.binary(BinaryFn.ADD, scaled, broadcast(node, 2));
            }
            case Op.Upsample o -> {
                int v = upsampled(node, o.scale());
                if (o.epilogue().residual()) {
                    v = program.binary(BinaryFn.ADD, v, aligned(node, 1));
                }
                yield o.epilogue().relu() ? program.unary(UnaryFn.RELU, v) : v;
            }
            default -> throw new IllegalStateException(node + " is not elementwise");
        };
    }

    private int upsampled(Tensor node, int scale) {
        if (scale == 1) {
            return aligned(node, 0);
        }
        Shape y = node.shape();
        long[] x = node.input(0).shape().strides();
        Shape split = Shape.of(y.dim(0), y.dim(1) / scale, scale, y.dim(2) / scale, scale, y.dim(3));
        return operand(node, 0, Layout.of(split, new long[] {x[0], x[1], 0, x[2], 0, x[3]}));
    }

    /** The same elements in other memory. */
    static void copy(Lowering lowering, long elements, Buffer from, Buffer to) {
        ElementProgram program = new ElementProgram(lowering.pool());
        program.store(program.load(from, Layout.SAME, elements), to);
        emit(lowering, program, elements);
    }

    /** Writes a range along an axis of y: from x, or zeros. */
    private static void part(Lowering lowering, Buffer x, Buffer y, Folded out, long start, long length) {
        long run = length * out.inner();
        if (run == 0 || out.outer() == 0) {
            return;
        }
        ElementProgram program = new ElementProgram(lowering.pool());
        Layout layout = Layout.of(Shape.of(Math.toIntExact(out.outer()), Math.toIntExact(run)), new long[] {out.middle() * out.inner(), 1});
        int v = x == y ? program.number(0) : program.load(x, Layout.SAME, out.outer() * run);
        program.store(v, y, start * out.inner(), layout);
        emit(lowering, program, out.outer() * run);
    }

    static void pad(Lowering lowering, Tensor node, Op.Pad op) {
        Buffer x = lowering.buffer(node.input(0));
        Buffer y = lowering.output(node);
        Folded out = Folded.of(node.shape(), op.axis(), op.axis());
        int extent = node.input(0).dim(op.axis());
        part(lowering, y, y, out, 0, op.before());
        part(lowering, x, y, out, op.before(), extent);
        part(lowering, y, y, out, (long) op.before() + extent, op.after());
    }

    static void concat(Lowering lowering, Tensor node, Op.Concat op) {
        Folded out = Folded.of(node.shape(), op.axis(), op.axis());
        List<Buffer> from = node.inputs().stream().map(lowering::buffer).toList();
        Buffer y = lowering.output(node);
        long start = 0;
        for (int i = 0; i < from.size(); i++) {
            int extent = node.input(i).dim(op.axis());
            part(lowering, from.get(i), y, out, start, extent);
            start += extent;
        }
    }
}

package io.github.remocap.tensor;

import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.ReduceFn;
import io.github.remocap.tensor.Op.UnaryFn;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node of a {@link Graph}: an op, its inputs and its shape. It holds no numbers unless it is a constant or a parameter;
 * compile the graph for a {@link Device} to compute, or call {@link #eval}.
 *
 * <p>Methods build further nodes and throw {@link ShapeException} where shapes do not fit.
 */
public final class Tensor {
    private final Graph graph;
    private final int id;
    private final Op op;
    private final List<Tensor> inputs;
    private final Shape shape;
    private final String path;
    private final @Nullable MemorySegment values;

    Tensor(Graph graph, int id, Op op, List<Tensor> inputs, Shape shape, String path, @Nullable MemorySegment values) {
        this.graph = graph;
        this.id = id;
        this.op = op;
        this.inputs = inputs;
        this.shape = shape;
        this.path = path;
        this.values = values;
    }

    /** The graph that this node belongs to. */
    public Graph graph() {
        return graph;
    }

    /** Position in the graph; inputs have smaller ones. */
    public int id() {
        return id;
    }

    /** What this node computes. */
    public Op op() {
        return op;
    }

    /** The nodes that it computes from. */
    public List<Tensor> inputs() {
        return inputs;
    }

    /** The i-th input. */
    public Tensor input(int i) {
        return inputs.get(i);
    }

    /** Extents. */
    public Shape shape() {
        return shape;
    }

    /** Extent of an axis; negative axes count from the end. */
    public int dim(int axis) {
        return shape.dim(axis);
    }

    /** Path of the module that built this node; empty at top level. */
    public String path() {
        return path;
    }

    /** Float32 elements of a constant or a parameter. */
    public MemorySegment values() {
        if (values == null) {
            throw new IllegalStateException(this + " has no stored values");
        }
        return values;
    }

    /**
     * Computes this node on the default device and returns its elements, row-major. For use while exploring: it compiles what
     * leads here each time.
     *
     * @param inputs elements of every input that this node depends on
     */
    public float[] eval(Map<Tensor, float[]> inputs) {
        try (Program program = Devices.cpu().compile(Compilation.of(this))) {
            for (Tensor input : program.inputs()) {
                float[] elements = inputs.get(input);
                if (elements == null) {
                    throw new IllegalArgumentException("eval: no elements given for " + input);
                }
                program.write(input, elements);
            }
            program.run();
            return program.read(this);
        }
    }

    /** Computes this node, which depends on no input, on the default device. */
    public float[] eval() {
        return eval(Map.of());
    }

    // -- element by element -------------------------------------------------------------------------------------------

    /** fn of each element. */
    public Tensor unary(UnaryFn fn) {
        return graph.apply(new Op.Unary(fn), this);
    }

    /** max(x, 0). */
    public Tensor relu() {
        return unary(UnaryFn.RELU);
    }

    /** 1 / (1 + exp(-x)). */
    public Tensor sigmoid() {
        return unary(UnaryFn.SIGMOID);
    }

    /** Absolute value. */
    public Tensor abs() {
        return unary(UnaryFn.ABS);
    }

    /** x * x. */
    public Tensor square() {
        return unary(UnaryFn.SQUARE);
    }

    /** Square root. */
    public Tensor sqrt() {
        return unary(UnaryFn.SQRT);
    }

    /** -x. */
    public Tensor neg() {
        return unary(UnaryFn.NEG);
    }

    /** scale * x + shift. */
    public Tensor affine(double scale, double shift) {
        return graph.apply(new Op.Affine(scale, shift), this);
    }

    /** scale * x. */
    public Tensor mul(double scale) {
        return affine(scale, 0);
    }

    /** x + shift. */
    public Tensor add(double shift) {
        return affine(1, shift);
    }

    /** Sum, broadcast as in NumPy. */
    public Tensor add(Tensor other) {
        return binary(BinaryFn.ADD, other);
    }

    /** Difference, broadcast as in NumPy. */
    public Tensor sub(Tensor other) {
        return binary(BinaryFn.SUB, other);
    }

    /** Product of elements, broadcast as in NumPy. */
    public Tensor mul(Tensor other) {
        return binary(BinaryFn.MUL, other);
    }

    /** Quotient of elements, broadcast as in NumPy. */
    public Tensor div(Tensor other) {
        return binary(BinaryFn.DIV, other);
    }

    /** fn of pairs of elements, broadcast as in NumPy. */
    public Tensor binary(BinaryFn fn, Tensor other) {
        return graph.apply(new Op.Binary(fn), this, other);
    }

    // -- moving elements ----------------------------------------------------------------------------------------------

    /** The same elements under another shape; one extent may be -1 and is computed. */
    public Tensor reshape(int... dims) {
        int[] full = dims.clone();
        long known = 1;
        int open = -1;
        for (int i = 0; i < full.length; i++) {
            if (full[i] == -1 && open < 0) {
                open = i;
            } else {
                known *= full[i];
            }
        }
        if (open >= 0) {
            full[open] = known > 0 && shape.size() % known == 0 ? Math.toIntExact(shape.size() / known) : 0;
        }
        return reshape(Shape.of(full));
    }

    /** The same elements under another shape. */
    public Tensor reshape(Shape to) {
        return to.equals(shape) ? this : graph.apply(new Op.Reshape(to), this);
    }

    /** The same elements, which gradients take for constants. */
    public Tensor detach() {
        return graph.apply(new Op.Detach(), this);
    }

    /** Output axis i is input axis axes[i]. */
    public Tensor permute(int... axes) {
        return graph.apply(new Op.Permute(Arrays.stream(axes).boxed().toList()), this);
    }

    /** Repeated to a shape, as NumPy's broadcast_to. */
    public Tensor broadcast(Shape to) {
        return to.equals(shape) ? this : graph.apply(new Op.Broadcast(to), this);
    }

    /** {@code length} neighbours along an axis. */
    public Tensor slice(int axis, int start, int length) {
        return graph.apply(new Op.Slice(axis, start, length), this);
    }

    /** Zeros before and after along an axis. */
    public Tensor pad(int axis, int before, int after) {
        return graph.apply(new Op.Pad(axis, before, after), this);
    }

    /** Elements by index along an axis. */
    public Tensor gather(int axis, int... indices) {
        return graph.apply(new Op.Gather(axis, IntList.of(indices)), this);
    }

    // -- reductions ---------------------------------------------------------------------------------------------------

    /** Combines the axes first to last (inclusive) and drops them. */
    public Tensor reduce(ReduceFn fn, int first, int last) {
        return graph.apply(new Op.Reduce(fn, first, last), this);
    }

    /** Sum of all elements, a scalar. */
    public Tensor sum() {
        return shape.rank() == 0 ? this : reduce(ReduceFn.SUM, 0, shape.rank() - 1);
    }

    /** Mean of all elements, a scalar. */
    public Tensor mean() {
        return shape.rank() == 0 ? this : reduce(ReduceFn.MEAN, 0, shape.rank() - 1);
    }

    /** Mean over the axes first to last (inclusive). */
    public Tensor mean(int first, int last) {
        return reduce(ReduceFn.MEAN, first, last);
    }

    /** Sum over the axes first to last (inclusive). */
    public Tensor sum(int first, int last) {
        return reduce(ReduceFn.SUM, first, last);
    }

    /** Softmax along the last axis. */
    public Tensor softmax() {
        return graph.apply(new Op.Softmax(), this);
    }

    // -- products -----------------------------------------------------------------------------------------------------

    /** Matrix product over the last two axes. */
    public Tensor matmul(Tensor other) {
        return matmul(other, false, false);
    }

    /** Matrix product over the last two axes, sides transposed first if asked. */
    public Tensor matmul(Tensor other, boolean transposeThis, boolean transposeOther) {
        return graph.apply(new Op.MatMul(transposeThis, transposeOther, Epilogue.NONE), this, other);
    }

    /** Convolution of this {@code [N,H,W,I]} with a weight {@code [O,I,kh,kw]}. */
    public Tensor conv2d(Tensor weight, int stride, int padding) {
        return graph.apply(new Op.Conv2d(stride, padding, Epilogue.NONE), this, weight);
    }

    /** Nearest-neighbour enlargement of {@code [N,H,W,C]}. */
    public Tensor upsample(int scale) {
        return graph.apply(new Op.Upsample(scale, Epilogue.NONE), this);
    }

    /** For example {@code Conv2d[8, 56, 56, 64] #17 at backbone.conv2}. */
    @Override
    public String toString() {
        String label = op instanceof Op.Input i ? " '" + i.label() + "'" : op instanceof Op.Parameter p ? " '" + p.label() + "'" : "";
        return op.name() + label + shape + " #" + id + (path.isEmpty() ? "" : " at " + path);
    }
}

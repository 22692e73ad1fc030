package io.github.remocap.tensor;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A network as nodes in the order in which they were built. Shapes are checked at every step; errors name the op, the shapes and
 * the path of the module being built. Not safe for use by several threads.
 */
public final class Graph {
    private final List<Tensor> nodes = new ArrayList<>();
    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final Map<String, Tensor> moduleOutputs = new LinkedHashMap<>();
    private String path = "";

    /** A module being built; close it when its output is there. */
    public final class Scope implements AutoCloseable {
        private final String outer;

        private Scope(String outer) {
            this.outer = outer;
        }

        @Override
        public void close() {
            path = outer;
        }
    }

    /** Enters a module: nodes built until the scope is closed carry its path. An empty name changes nothing. */
    public Scope scope(String name) {
        Scope scope = new Scope(path);
        if (!name.isEmpty()) {
            path = path.isEmpty() ? name : path + "." + name;
        }
        return scope;
    }

    /**
     * Enters a module by its full path, whatever module is being built: for what is appended to a finished module, such as its
     * gradients.
     */
    public Scope scopeAt(String fullPath) {
        Scope scope = new Scope(path);
        path = fullPath;
        return scope;
    }

    /** Path of the module being built. */
    public String path() {
        return path;
    }

    /** Names a tensor as the output of the module being built, for {@link Program#probe}. Returns the tensor. */
    public Tensor moduleOutput(Tensor output) {
        moduleOutputs.put(path, output);
        return output;
    }

    /** Outputs of modules by path, in building order. */
    public Map<String, Tensor> moduleOutputs() {
        return Collections.unmodifiableMap(moduleOutputs);
    }

    /** All nodes; inputs of a node come before it. */
    public List<Tensor> nodes() {
        return Collections.unmodifiableList(nodes);
    }

    /** All parameters by name, in building order. */
    public Map<String, Tensor> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    /** All inputs by name, in building order. */
    public Map<String, Tensor> inputs() {
        return Collections.unmodifiableMap(inputs);
    }

    /**
     * A value that is set before each run.
     *
     * @throws IllegalArgumentException if the name is taken by an input of another shape
     */
    public Tensor input(String name, Shape shape) {
        return leaf(inputs, name, new Op.Input(name, shape), shape, null);
    }

    /**
     * A named array that programs read, and update where asked.
     *
     * @param values float32 elements, row-major, native memory that outlives all programs; not copied
     * @throws IllegalArgumentException if the sizes differ or the name is taken by a parameter of another shape
     */
    public Tensor parameter(String name, Shape shape, MemorySegment values) {
        if (values.byteSize() != shape.size() * Float.BYTES) {
            throw new IllegalArgumentException("parameter " + name + " " + shape + " needs " + shape.size() * Float.BYTES
                + " bytes, " + values.byteSize() + " given");
        }
        return leaf(parameters, name, new Op.Parameter(name, shape), shape, values);
    }

    private Tensor leaf(Map<String, Tensor> known, String name, Op op, Shape shape, @Nullable MemorySegment values) {
        Tensor before = known.get(name);
        if (before != null) {
            if (!before.shape().equals(shape)) {
                throw new IllegalArgumentException(op.name() + " '" + name + "' exists with shape " + before.shape() + ", asked for " + shape);
            }
            return before;
        }
        Tensor node = add(op, List.of(), shape, values);
        known.put(name, node);
        return node;
    }

    /** A constant with the given elements, row-major. */
    public Tensor constant(Shape shape, float... elements) {
        if (elements.length != shape.size()) {
            throw new IllegalArgumentException("constant " + shape + " needs " + shape.size() + " elements, " + elements.length + " given");
        }
        return constant(shape, MemorySegment.ofArray(elements.clone()));
    }

    /** A constant with the given float32 elements, not copied. */
    public Tensor constant(Shape shape, MemorySegment values) {
        return add(new Op.Constant(shape), List.of(), shape, values);
    }

    /** A scalar constant. */
    public Tensor scalar(double value) {
        return constant(Shape.SCALAR, (float) value);
    }

    /**
     * Appends a node.
     *
     * @throws ShapeException if the inputs violate the op's shape rule
     * @throws IllegalArgumentException if an input belongs to another graph
     */
    public Tensor apply(Op op, Tensor... inputs) {
        return apply(op, Arrays.asList(inputs));
    }

    /** As {@link #apply(Op, Tensor...)}. */
    public Tensor apply(Op op, List<Tensor> inputs) {
        List<Shape> shapes = new ArrayList<>(inputs.size());
        for (Tensor input : inputs) {
            if (input.graph() != this) {
                throw new IllegalArgumentException(op.name() + ": " + input + " belongs to another graph");
            }
            shapes.add(input.shape());
        }
        Shape shape;
        try {
            shape = op.infer(shapes);
        } catch (IllegalArgumentException | ArithmeticException e) { // a rule, or extents that are no shape
            throw new ShapeException(op, shapes, path, String.valueOf(e.getMessage()));
        }
        return add(op, List.copyOf(inputs), shape, null);
    }

    /** The tensors one after the other along an axis. */
    public Tensor concat(int axis, Tensor... parts) {
        return parts.length == 1 ? parts[0] : apply(new Op.Concat(axis), parts);
    }

    /** Copies a leaf of another graph into this one, sharing its elements. */
    Tensor adopt(Tensor leaf) {
        try (Scope ignored = new Scope(path)) {
            path = leaf.path();
            return switch (leaf.op()) {
                case Op.Input i -> input(i.label(), i.shape());
                case Op.Parameter p -> parameter(p.label(), p.shape(), leaf.values());
                case Op.Constant c -> constant(c.shape(), leaf.values());
                default -> throw new IllegalArgumentException(leaf + " is no leaf");
            };
        }
    }

    /** Appends a node that carries another path than the module being built: for passes that rewrite graphs. */
    Tensor applyAt(String nodePath, Op op, List<Tensor> inputs) {
        try (Scope ignored = new Scope(path)) {
            path = nodePath;
            return apply(op, inputs);
        }
    }

    private Tensor add(Op op, List<Tensor> inputs, Shape shape, @Nullable MemorySegment values) {
        Tensor node = new Tensor(this, nodes.size(), op, inputs, shape, path, values);
        nodes.add(node);
        return node;
    }

    /** The nodes that the given ones depend on, themselves included, inputs before their users. */
    public static List<Tensor> reachable(List<Tensor> outputs) {
        if (outputs.isEmpty()) {
            return List.of();
        }
        Graph graph = outputs.get(0).graph();
        boolean[] needed = new boolean[graph.nodes.size()];
        for (Tensor output : outputs) {
            if (output.graph() != graph) {
                throw new IllegalArgumentException(output + " belongs to another graph");
            }
            needed[output.id()] = true;
        }
        for (int i = needed.length - 1; i >= 0; i--) {
            if (needed[i]) {
                for (Tensor input : graph.nodes.get(i).inputs()) {
                    needed[input.id()] = true;
                }
            }
        }
        List<Tensor> order = new ArrayList<>();
        for (int i = 0; i < needed.length; i++) {
            if (needed[i]) {
                order.add(graph.nodes.get(i));
            }
        }
        return order;
    }
}

package io.github.remocap.tensor;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Builds a new graph from an old one, keeping module paths; for passes of the compiler. */
public final class GraphRewriter {
    private final Graph graph = new Graph();
    private final Map<Tensor, Tensor> leaves = new HashMap<>();

    /** The new graph. */
    public Graph graph() {
        return graph;
    }

    /** The new node of a leaf (input, parameter, constant) of the old graph. */
    public Tensor adopt(Tensor leaf) {
        return leaves.computeIfAbsent(leaf, graph::adopt);
    }

    /** Appends a node that carries the path of an old module. */
    public Tensor apply(String path, Op op, List<Tensor> inputs) {
        return graph.applyAt(path, op, inputs);
    }
}

package io.github.remocap.layers;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What modules need while they build a graph: the graph, the weights, and whether this is training. Collects what training
 * updates besides gradients (running statistics).
 */
public final class Context {
    private final Graph graph;
    private final Weights weights;
    private final boolean training;
    private final boolean dropout;
    private final long seed;
    private final List<String> frozen;
    private final List<Compilation.Update> updates = new ArrayList<>();

    private Context(Graph graph, Weights weights, boolean training, boolean dropout, long seed, List<String> frozen) {
        this.graph = graph;
        this.weights = weights;
        this.training = training;
        this.dropout = dropout;
        this.seed = seed;
        this.frozen = List.copyOf(frozen);
    }

    /** For inference: running statistics, no dropout. */
    public static Context inference(Graph graph, Weights weights) {
        return new Context(graph, weights, false, false, 0, List.of());
    }

    /**
     * For training: statistics of the batch.
     *
     * @param dropout whether dropout layers drop
     * @param seed of their random numbers
     */
    public static Context training(Graph graph, Weights weights, boolean dropout, long seed) {
        return training(graph, weights, dropout, seed, List.of());
    }

    /**
     * For training a part: statistics of the batch, except below frozen modules, whose running statistics are used and stay.
     *
     * @param dropout whether dropout layers drop
     * @param seed of their random numbers
     * @param frozen paths of modules
     */
    public static Context training(Graph graph, Weights weights, boolean dropout, long seed, List<String> frozen) {
        return new Context(graph, weights, true, dropout, seed, frozen);
    }

    /** The graph being built. */
    public Graph graph() {
        return graph;
    }

    /** Whether batch norm uses the batch's statistics in the module being built. */
    public boolean training() {
        return training && !isBelow(graph.path(), frozen);
    }

    /** Whether a path is one of some modules' or below it. */
    public static boolean isBelow(String path, List<String> modules) {
        return modules.stream().anyMatch(m -> path.equals(m) || path.startsWith(m + "."));
    }

    /** Enters a child module. */
    public Graph.Scope enter(Module module) {
        return graph.scope(module.name());
    }

    /** A parameter of the module being built. */
    public Tensor parameter(String name) {
        String full = graph.path().isEmpty() ? name : graph.path() + "." + name;
        return graph.parameter(full, weights.shape(full), weights.values(full));
    }

    /** Replaces a buffer of the module being built at the end of each training step. */
    public void update(Tensor buffer, Tensor value) {
        updates.add(new Compilation.Update(buffer, value));
    }

    /** What training updates besides what has gradients. */
    public List<Compilation.Update> updates() {
        return Collections.unmodifiableList(updates);
    }

    /** Whether a dropout layer with this probability does anything here. */
    public boolean drops(double p) {
        return dropout && p > 0;
    }

    /** Drops elements of x with probability p while training with dropout. Its random numbers are keyed by seed, path and step. */
    public Tensor dropout(Tensor x, double p) {
        if (!drops(p)) {
            return x;
        }
        Tensor step = graph.input("step", Shape.SCALAR);
        return graph.apply(new Op.Dropout(p, CounterRandom.mix(seed ^ CounterRandom.key(graph.path()))), x, step);
    }
}

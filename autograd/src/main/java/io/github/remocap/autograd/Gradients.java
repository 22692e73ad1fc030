package io.github.remocap.autograd;

import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reverse-mode differentiation of a graph: the backward ops are appended to it, each under the module path of its forward op, so
 * that errors and reports name the layer. Only what leads from the asked tensors to the loss is visited.
 *
 * <p>Nothing flows through {@link Tensor#detach}, nor through sign, step, greater and is-finite, whose derivative is 0 wherever it
 * exists. Second derivatives are not supported: the gradient ops of attention and normalisation refuse to be differentiated.
 */
public final class Gradients {
    private final Graph graph;
    private final Tensor output;
    private final boolean[] leads; // to a tensor whose gradient is asked for, by node id
    private final Map<Tensor, Tensor> gradients = new HashMap<>();
    private final Recomputation recomputation;

    private Gradients(Tensor output, List<Tensor> wrt, Checkpointing checkpointing) {
        this.graph = output.graph();
        this.output = output;
        this.leads = new boolean[output.id() + 1];
        for (Tensor t : wrt) {
            if (t.graph() != graph) {
                throw new IllegalArgumentException("gradients: " + t + " belongs to another graph than " + output);
            }
            if (t.id() <= output.id()) {
                leads[t.id()] = true;
            }
        }
        List<Tensor> order = Graph.reachable(List.of(output));
        for (Tensor node : order) {
            if (!Rules.flat(node.op())) {
                leads[node.id()] |= node.inputs().stream().anyMatch(x -> leads[x.id()]);
            }
        }
        this.recomputation = new Recomputation(order, checkpointing);
    }

    /**
     * Gradients of a loss.
     *
     * @param loss a tensor with one element
     * @param wrt parameters, inputs or intermediate values
     * @return for each of {@code wrt} that the loss depends on a tensor of its shape, in that order; the others are absent, where
     *     PyTorch reports None
     * @throws IllegalArgumentException if the loss has not exactly one element or a tensor belongs to another graph
     * @throws UnsupportedOperationException naming the node, if the way leads through an op without gradient
     */
    public static Map<Tensor, Tensor> of(Tensor loss, List<Tensor> wrt) {
        return of(loss, wrt, Checkpointing.NONE);
    }

    /** As {@link #of(Tensor, List)}, with the activations of some stages computed again instead of kept. */
    public static Map<Tensor, Tensor> of(Tensor loss, List<Tensor> wrt, Checkpointing checkpointing) {
        if (loss.shape().size() != 1) {
            throw new IllegalArgumentException("gradients: the loss must have one element, not " + loss);
        }
        float[] one = {1};
        return of(loss, loss.graph().constant(loss.shape(), one), wrt, checkpointing);
    }

    /**
     * Gradients of {@code sum(output * outputGradient)}: the product of a vector and the Jacobian.
     *
     * @param outputGradient of the output's shape
     */
    public static Map<Tensor, Tensor> of(Tensor output, Tensor outputGradient, List<Tensor> wrt, Checkpointing checkpointing) {
        if (!outputGradient.shape().equals(output.shape())) {
            throw new IllegalArgumentException("gradients: the output is " + output + ", its gradient " + outputGradient);
        }
        return new Gradients(output, wrt, checkpointing).run(outputGradient, wrt);
    }

    private Map<Tensor, Tensor> run(Tensor seed, List<Tensor> wrt) {
        gradients.put(output, seed);
        for (int id = output.id(); id >= 0; id--) {
            Tensor node = graph.nodes().get(id);
            Tensor gradient = leads[id] ? gradients.get(node) : null;
            if (gradient != null && !node.inputs().isEmpty()) {
                try (Graph.Scope ignored = graph.scopeAt(node.path())) {
                    visit(node, gradient);
                }
            }
        }
        Map<Tensor, Tensor> asked = new LinkedHashMap<>();
        for (Tensor t : wrt) {
            Tensor gradient = gradients.get(t);
            if (gradient != null) {
                try (Graph.Scope ignored = graph.scopeAt(t.path())) {
                    asked.put(t, gradient.broadcast(t.shape()));
                }
            }
        }
        return Collections.unmodifiableMap(asked);
    }

    private void visit(Tensor node, Tensor gradient) {
        if (Rules.flat(node.op()) || node.inputs().stream().noneMatch(x -> leads[x.id()])) {
            return;
        }
        List<Tensor> inputs = recomputation.inputs(node);
        boolean expand = !Rules.takesUnexpanded(node.op(), node);
        Rules.apply(node.op(), new Site(inputs, recomputation.value(node), expand ? gradient.broadcast(node.shape()) : gradient, new Site.Sink() {
            @Override
            public boolean wants(int i) {
                return leads[node.input(i).id()];
            }

            @Override
            public void add(int i, Tensor part) {
                gradients.merge(node.input(i), part, Tensor::add);
            }
        }));
    }

    /** Forward values for the backward pass: the kept ones, and copies of the others, appended when their stage is entered. */
    private static final class Recomputation {
        private final Checkpointing checkpointing;
        private final List<Tensor> order;
        private final Map<Tensor, Tensor> again = new HashMap<>();
        private final boolean[] kept; // by node id
        private int entered = Checkpointing.KEPT;

        Recomputation(List<Tensor> order, Checkpointing checkpointing) {
            this.checkpointing = checkpointing;
            this.order = order;
            this.kept = new boolean[order.getLast().id() + 1];
            if (checkpointing == Checkpointing.NONE) {
                Arrays.fill(kept, true);
                return;
            }
            boolean[] constant = new boolean[kept.length];
            for (Tensor node : order) {
                constant[node.id()] = node.op() instanceof Op.Constant
                    || !node.inputs().isEmpty() && node.inputs().stream().allMatch(x -> constant[x.id()]);
                kept[node.id()] |= constant[node.id()] || checkpointing.stage(node) == Checkpointing.KEPT;
                for (Tensor input : node.inputs()) {
                    kept[input.id()] |= checkpointing.stage(input) != checkpointing.stage(node);
                }
            }
            kept[order.getLast().id()] = true;
        }

        private void enter(Tensor node) {
            int stage = checkpointing.stage(node);
            if (stage == entered) {
                return;
            }
            entered = stage;
            if (stage == Checkpointing.KEPT) {
                return;
            }
            for (Tensor n : order) {
                if (!kept[n.id()] && checkpointing.stage(n) == stage) {
                    try (Graph.Scope ignored = n.graph().scopeAt(n.path())) {
                        again.put(n, n.graph().apply(n.op(), n.inputs().stream().map(this::value).toList()));
                    }
                }
            }
        }

        /** The node's value: kept, or computed again. */
        Tensor value(Tensor node) {
            return again.getOrDefault(node, node);
        }

        List<Tensor> inputs(Tensor node) {
            enter(node);
            List<Tensor> inputs = new ArrayList<>();
            node.inputs().forEach(x -> inputs.add(value(x)));
            return inputs;
        }
    }
}

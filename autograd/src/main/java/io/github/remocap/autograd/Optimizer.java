package io.github.remocap.autograd;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Turns gradients into updates of parameters: one step, appended to the graph. The formulas are those of PyTorch 1.13's
 * {@code torch.optim}. What a step remembers (momenta, bias corrections) are arrays of a {@link State}, named
 * {@code optimizer.<what>.<parameter>}.
 */
public interface Optimizer {
    /**
     * Updates of all groups' parameters and of the optimiser's state.
     *
     * @param groups frozen ones are left alone
     * @param gradients by parameter; parameters without one are left alone, as in PyTorch
     * @param state where the optimiser's arrays live
     * @throws IllegalArgumentException if a parameter is in two groups
     */
    default List<Compilation.Update> step(List<ParameterGroup> groups, Map<Tensor, Tensor> gradients, State state) {
        List<Tensor> trainable = ParameterGroup.trainable(groups);
        List<Compilation.Update> updates = new ArrayList<>();
        if (trainable.isEmpty()) {
            return updates;
        }
        Graph graph = trainable.get(0).graph();
        Rule rule;
        try (Graph.Scope ignored = graph.scopeAt("optimizer")) {
            rule = begin(graph, state, updates);
        }
        for (ParameterGroup group : groups) {
            for (Tensor parameter : group.frozen() ? List.<Tensor>of() : group.parameters()) {
                Tensor gradient = gradients.get(parameter);
                if (gradient != null) {
                    try (Graph.Scope ignored = graph.scopeAt("optimizer." + label(parameter))) {
                        rule.update(group, parameter, gradient);
                    }
                }
            }
        }
        return updates;
    }

    /** What the parameters of a step share. */
    Rule begin(Graph graph, State state, List<Compilation.Update> updates);

    /** The step of one parameter. */
    interface Rule {
        /** Adds updates of a parameter and its state. */
        void update(ParameterGroup group, Tensor parameter, Tensor gradient);
    }

    /** Name of a parameter. */
    static String label(Tensor parameter) {
        if (parameter.op() instanceof Op.Parameter p) {
            return p.label();
        }
        throw new IllegalArgumentException("only parameters can be trained, not " + parameter);
    }
}

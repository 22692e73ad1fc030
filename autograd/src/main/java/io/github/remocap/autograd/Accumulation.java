package io.github.remocap.autograd;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gradients summed over several runs, for batches that do not fit into memory at once. One program computes the loss of a
 * micro-batch and makes the updates {@link #add}; it runs n times. A second program, which needs no input but the learning rates,
 * clips and steps with {@link #gradients} and makes the updates {@link #reset} besides the optimiser's.
 *
 * @param gradients by parameter, the mean over the micro-batches added since the last reset
 * @param add updates that add a micro-batch's gradients divided by n
 * @param reset updates that begin a new sum, whatever is in the old one
 */
public record Accumulation(Map<Tensor, Tensor> gradients, List<Compilation.Update> add, List<Compilation.Update> reset) {
    /**
     * Accumulates in arrays {@code accumulated.<parameter>} of the state.
     *
     * @param gradients of one micro-batch, by parameter
     * @param n number of micro-batches of a step
     */
    public static Accumulation of(Map<Tensor, Tensor> gradients, int n, State state) {
        if (n < 1) {
            throw new IllegalArgumentException("accumulation over " + n + " micro-batches");
        }
        Map<Tensor, Tensor> sums = new LinkedHashMap<>();
        List<Compilation.Update> add = new ArrayList<>();
        List<Compilation.Update> reset = new ArrayList<>();
        gradients.forEach((parameter, g) -> {
            Graph graph = parameter.graph();
            try (Graph.Scope ignored = graph.scopeAt("accumulation." + Optimizer.label(parameter))) {
                Tensor sum = state.get(graph, "accumulated." + Optimizer.label(parameter), parameter.shape());
                sums.put(parameter, sum);
                add.add(new Compilation.Update(sum, sum.add(g.mul(1.0 / n))));
                reset.add(new Compilation.Update(sum, sum.binary(BinaryFn.DIV_OR_ZERO, graph.scalar(0)))); // 0 even for NaN
            }
        });
        return new Accumulation(Collections.unmodifiableMap(sums), List.copyOf(add), List.copyOf(reset));
    }
}

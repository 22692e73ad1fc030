package io.github.remocap.autograd;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An exponential moving average of weights: {@code a = decay a + (1 - decay) w} after each step, beginning with the weights
 * themselves.
 *
 * @param averages by parameter, the parameter {@code average.<parameter>} that holds its average
 * @param updates of the averages
 */
public record WeightAverage(Map<Tensor, Tensor> averages, List<Compilation.Update> updates) {
    /**
     * Averages what given updates make of their parameters, except for arrays of the state itself.
     *
     * @param steps updates of weights (and running statistics)
     * @param decay in [0, 1), such as 0.999
     */
    public static WeightAverage of(List<Compilation.Update> steps, double decay, State state) {
        if (!(decay >= 0 && decay < 1)) {
            throw new IllegalArgumentException("the decay of a weight average must be in [0, 1), not " + decay);
        }
        Map<Tensor, Tensor> averages = new LinkedHashMap<>();
        List<Compilation.Update> updates = new ArrayList<>();
        for (Compilation.Update step : steps) {
            Tensor parameter = step.parameter();
            String label = Optimizer.label(parameter);
            if (state.arrays().containsKey(label)) {
                continue;
            }
            try (Graph.Scope ignored = parameter.graph().scopeAt("average." + label)) {
                Tensor average = state.copyOf("average." + label, parameter);
                averages.put(parameter, average);
                updates.add(new Compilation.Update(average, average.mul(decay).add(step.value().mul(1 - decay))));
            }
        }
        return new WeightAverage(Map.copyOf(averages), List.copyOf(updates));
    }
}

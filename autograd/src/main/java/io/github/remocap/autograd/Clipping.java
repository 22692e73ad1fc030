package io.github.remocap.autograd;

import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gradients scaled so that their common norm is bounded.
 *
 * @param gradients by parameter, scaled
 * @param norm the Euclidean norm of all gradients together before, a scalar
 */
public record Clipping(Map<Tensor, Tensor> gradients, Tensor norm) {
    /**
     * As {@code torch.nn.utils.clip_grad_norm_}: all gradients times {@code min(1, maxNorm / (norm + 1e-6))}.
     *
     * @param gradients at least one
     * @param maxNorm positive; infinity only measures
     */
    public static Clipping byNorm(Map<Tensor, Tensor> gradients, double maxNorm) {
        if (gradients.isEmpty() || !(maxNorm > 0)) {
            throw new IllegalArgumentException("clipping of " + gradients.size() + " gradients to the norm " + maxNorm);
        }
        Graph graph = gradients.keySet().iterator().next().graph();
        try (Graph.Scope ignored = graph.scopeAt("clipping")) {
            Tensor[] squares = gradients.values().stream().map(g -> g.square().sum().reshape(1)).toArray(Tensor[]::new);
            Tensor norm = graph.concat(0, squares).sum().sqrt();
            if (maxNorm == Double.POSITIVE_INFINITY) {
                return new Clipping(gradients, norm);
            }
            Tensor factor = graph.scalar(maxNorm).div(norm.add(1e-6)).binary(BinaryFn.MIN, graph.scalar(1));
            Map<Tensor, Tensor> clipped = new LinkedHashMap<>();
            gradients.forEach((parameter, g) -> clipped.put(parameter, g.mul(factor)));
            return new Clipping(Collections.unmodifiableMap(clipped), norm);
        }
    }
}

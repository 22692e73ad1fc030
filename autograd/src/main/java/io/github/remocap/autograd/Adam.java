package io.github.remocap.autograd;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.List;

/**
 * Adam with bias correction, as {@code torch.optim.Adam} and, with decoupled weight decay, {@code torch.optim.AdamW}
 * (without amsgrad).
 *
 * @param beta1 decay of the gradients' average
 * @param beta2 decay of the squares' average
 * @param epsilon added to the root of the squares' corrected average
 * @param decoupled weight decay shrinks the weights (AdamW) instead of being added to the gradient (Adam)
 */
public record Adam(double beta1, double beta2, double epsilon, boolean decoupled) implements Optimizer {
    /** Checks the settings. */
    public Adam {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon >= 0)) {
            throw new IllegalArgumentException("Adam: betas " + beta1 + ", " + beta2 + " must be in [0, 1), epsilon " + epsilon + " not negative");
        }
    }

    /** PyTorch's defaults: 0.9, 0.999, 1e-8. */
    public static Adam adam() {
        return new Adam(0.9, 0.999, 1e-8, false);
    }

    /** PyTorch's defaults: 0.9, 0.999, 1e-8. */
    public static Adam adamW() {
        return new Adam(0.9, 0.999, 1e-8, true);
    }

    @Override
    public Rule begin(Graph graph, State state, List<Compilation.Update> updates) {
        Tensor correction1 = correction(graph, state, updates, 1, beta1);
        Tensor root2 = correction(graph, state, updates, 2, beta2).sqrt();
        Tensor floor = root2.mul(epsilon);
        return (group, p, g) -> {
            boolean decays = group.weightDecay() != 0;
            Tensor d = decays && !decoupled ? g.add(p.mul(group.weightDecay())) : g;
            Tensor average = state.get(graph, "optimizer.exp_avg." + Optimizer.label(p), p.shape());
            Tensor squares = state.get(graph, "optimizer.exp_avg_sq." + Optimizer.label(p), p.shape());
            Tensor m = average.mul(beta1).add(d.mul(1 - beta1));
            Tensor v = squares.mul(beta2).add(d.square().mul(1 - beta2));
            updates.add(new Compilation.Update(average, m));
            updates.add(new Compilation.Update(squares, v));
            // m / c1 / (sqrt(v) / sqrt(c2) + eps), both sides times sqrt(c2), so that corrections stay scalars.
            Tensor direction = m.div(v.sqrt().add(floor)).mul(group.rate().mul(root2).div(correction1));
            Tensor from = decays && decoupled ? p.mul(group.rate().affine(-group.weightDecay(), 1)) : p;
            updates.add(new Compilation.Update(p, from.sub(direction)));
        };
    }

    /** c = 1 - beta^t after t steps, by c = beta c + (1 - beta): exact where 1 - beta^t in float32 is not. */
    private static Tensor correction(Graph graph, State state, List<Compilation.Update> updates, int which, double beta) {
        Tensor before = state.get(graph, "optimizer.bias_correction" + which, Shape.SCALAR);
        Tensor now = before.affine(beta, 1 - beta);
        updates.add(new Compilation.Update(before, now));
        return now;
    }
}

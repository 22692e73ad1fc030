package io.github.remocap.autograd;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Tensor;
import java.util.List;

/**
 * Stochastic gradient descent, as {@code torch.optim.SGD} with dampening 0: {@code d = g + decay p; b = momentum b + d;
 * p -= rate (nesterov ? d + momentum b : b)}.
 *
 * @param momentum 0 for none, then nothing is remembered
 * @param nesterov looks one step ahead; needs momentum
 */
public record Sgd(double momentum, boolean nesterov) implements Optimizer {
    /** Checks the settings. */
    public Sgd {
        if (!(momentum >= 0) || nesterov && momentum == 0) {
            throw new IllegalArgumentException("SGD: momentum " + momentum + (nesterov ? "; Nesterov's needs a positive one" : " must not be negative"));
        }
    }

    @Override
    public Rule begin(Graph graph, State state, List<Compilation.Update> updates) {
        return (group, p, g) -> {
            Tensor d = group.weightDecay() == 0 ? g : g.add(p.mul(group.weightDecay()));
            if (momentum != 0) {
                Tensor buffer = state.get(graph, "optimizer.momentum_buffer." + Optimizer.label(p), p.shape());
                Tensor b = buffer.mul(momentum).add(d);
                updates.add(new Compilation.Update(buffer, b));
                d = nesterov ? d.add(b.mul(momentum)) : b;
            }
            updates.add(new Compilation.Update(p, p.sub(d.mul(group.rate()))));
        };
    }
}

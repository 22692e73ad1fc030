package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Tensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Subgraphs that one step computes. Only such whose inner values nobody else reads. */
final class Fusions {
    static final Fusions NONE = new Fusions();

    private final Map<Tensor, MultiScalePattern> last = new HashMap<>();
    private final Set<Tensor> replaced = new HashSet<>();

    private Fusions() {
    }

    /**
     * @param order all nodes to compute, inputs first
     * @param targets nodes whose values are read after a run
     * @param constants nodes whose values are known already
     */
    static Fusions find(List<Tensor> order, List<Tensor> targets, Set<Tensor> constants) {
        Map<Tensor, Set<Tensor>> readers = new HashMap<>();
        for (Tensor node : order) {
            for (Tensor input : node.inputs()) {
                readers.computeIfAbsent(input, n -> new HashSet<>()).add(node);
            }
        }
        Fusions found = new Fusions();
        for (Tensor node : order) {
            MultiScalePattern pattern = constants.contains(node) ? null : MultiScalePattern.endingIn(node);
            if (pattern == null) {
                continue;
            }
            boolean own = true;
            for (Tensor inner : pattern.nodes()) {
                own &= inner == node || !targets.contains(inner) && pattern.nodes().containsAll(readers.getOrDefault(inner, Set.of()));
            }
            if (own) {
                found.last.put(node, pattern);
                found.replaced.addAll(pattern.nodes());
            }
        }
        return found;
    }

    /** Whether a node is part of a fused subgraph. */
    boolean replaces(Tensor node) {
        return replaced.contains(node);
    }

    /** The subgraph whose value a node is, or null. */
    @Nullable MultiScalePattern endingIn(Tensor node) {
        return last.get(node);
    }
}

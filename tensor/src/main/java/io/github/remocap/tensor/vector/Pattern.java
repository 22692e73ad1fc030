package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tensor.compiler.Optimizer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A subgraph to look for, written as a graph of its own: its inputs stand for any node, everything else for a node with an equal
 * op and matching inputs. The template is optimized first, since that is what it is compared with.
 */
final class Pattern {
    private final Tensor root;
    private final List<Tensor> inputs;

    /**
     * @param root what the template computes
     * @param inputs the nodes that stand for any other
     */
    Pattern(Tensor root, List<Tensor> inputs) {
        Optimizer.Result optimized = Optimizer.optimize(Compilation.of(root));
        this.root = optimized.compilation().outputs().getFirst();
        this.inputs = inputs.stream().map(input -> optimized.nodes().get(input)).toList();
    }

    /**
     * Where the template was found.
     *
     * @param inputs what stands for the template's inputs, in their order
     * @param nodes the nodes that the template replaces, its root among them
     */
    record Match(List<Tensor> inputs, Set<Tensor> nodes) {
    }

    /** Compares the template with what leads to a node; null if they differ. */
    @Nullable Match match(Tensor node) {
        Map<Tensor, Tensor> found = new HashMap<>();
        if (!bind(root, node, found)) {
            return null;
        }
        List<Tensor> bound = inputs.stream().map(found::get).toList();
        Set<Tensor> inner = new HashSet<>(found.values());
        bound.forEach(inner::remove);
        return new Match(bound, inner);
    }

    private static boolean bind(Tensor template, Tensor node, Map<Tensor, Tensor> found) {
        Tensor known = found.get(template);
        if (known != null) {
            return known == node;
        }
        if (!template.shape().equals(node.shape())) {
            return false;
        }
        found.put(template, node);
        if (template.op() instanceof Op.Input) {
            return true;
        }
        if (!template.op().equals(node.op()) || template.inputs().size() != node.inputs().size()) {
            return false;
        }
        for (int i = 0; i < template.inputs().size(); i++) {
            if (!bind(template.input(i), node.input(i), found)) {
                return false;
            }
        }
        return true;
    }
}

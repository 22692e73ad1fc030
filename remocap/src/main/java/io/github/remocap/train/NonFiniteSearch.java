package io.github.remocap.train;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.GraphRewriter;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds where NaN or infinity begins: the graph once more, every node followed at once by a count of its non-finite elements, so that
 * one run without fusion finds the first and no node lives longer than usual.
 */
final class NonFiniteSearch {
    /**
     * The first node with non-finite elements.
     *
     * @param node of the graph as it was built; a leaf (input or parameter) only if no computed node has any
     * @param elements how many of its elements are not finite
     * @param leaves inputs and parameters that hold non-finite elements themselves
     */
    record Finding(Tensor node, long elements, List<Tensor> leaves) {
        /** For example {@code Conv2d[4, 32, 32, 8] #5 at backbone.conv1 (12 of 32768 elements), whose input 'images' is not finite}. */
        String describe() {
            StringBuilder text = new StringBuilder(node + " (" + elements + " of " + node.shape().size() + " elements)");
            leaves.stream().limit(5).forEach(leaf -> text.append("; not finite before it: ").append(switch (leaf.op()) {
                case Op.Input i -> "input '" + i.label() + "'";
                case Op.Parameter p -> "parameter '" + p.label() + "'";
                default -> leaf.toString();
            }));
            return text.toString();
        }
    }

    private NonFiniteSearch() {
    }

    /**
     * Searches.
     *
     * @param targets what is computed
     * @param inputs elements of every input by its name
     */
    static Optional<Finding> search(Device device, List<Tensor> targets, Map<String, float[]> inputs) {
        GraphRewriter rewriter = new GraphRewriter();
        Map<Tensor, Tensor> copies = new HashMap<>();
        Map<Tensor, Tensor> counts = new LinkedHashMap<>();
        for (Tensor node : Graph.reachable(targets)) {
            Tensor copy = node.inputs().isEmpty() ? rewriter.adopt(node)
                : rewriter.apply(node.path(), node.op(), node.inputs().stream().map(copies::get).toList());
            copies.put(node, copy);
            if (!(node.op() instanceof Op.Constant)) {
                counts.put(node, copy.unary(Op.UnaryFn.IS_FINITE).affine(-1, 1).sum());
            }
        }
        List<Tensor> leaves = new ArrayList<>();
        try (Program program = device.compile(Compilation.of(List.copyOf(counts.values())).unoptimized())) {
            for (Tensor input : program.inputs()) {
                program.write(input, inputs.get(((Op.Input) input.op()).label()));
            }
            program.run();
            for (Map.Entry<Tensor, Tensor> e : counts.entrySet()) {
                long elements = (long) program.readDoubles(e.getValue())[0];
                if (elements > 0 && e.getKey().inputs().isEmpty()) {
                    leaves.add(e.getKey());
                } else if (elements > 0) {
                    return Optional.of(new Finding(e.getKey(), elements, leaves));
                }
            }
        }
        return leaves.isEmpty() ? Optional.empty() : Optional.of(new Finding(leaves.getFirst(), 1, leaves));
    }
}

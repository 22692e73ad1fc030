package io.github.remocap.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts two devices side by side, node by node, and finds where they begin to differ. */
public final class Comparison {
    private static final int NODES_AT_ONCE = 64;

    private Comparison() {
    }

    /**
     * The first node at which two devices differ.
     *
     * @param node the node, of the graph as it was built
     * @param index row-major index of the largest difference
     * @param first what the first device computed there
     * @param second what the second device computed there
     * @param relative the difference divided by the largest absolute value of the node on the first device
     */
    public record Difference(Tensor node, long index, double first, double second, double relative) {
        /** For example {@code Conv2d[8, 56, 56, 64] #17 at backbone.conv2: element 5 is 1.0 and 1.5, 3.1e-01 of the largest value}. */
        @Override
        public String toString() {
            return "%s: element %d is %s and %s, %.1e of the largest value".formatted(node, index, first, second, relative);
        }
    }

    /**
     * Runs what leads to the outputs on both devices, without fusion, and compares every node in building order.
     *
     * @param inputs elements of every input
     * @param tolerance allowed difference, relative to a node's largest absolute value; a NaN on one side alone always differs
     * @return the first difference beyond the tolerance, empty if there is none
     */
    public static Optional<Difference> firstDifference(Device first, Device second, List<Tensor> outputs, Map<Tensor, float[]> inputs,
        double tolerance) {
        List<Tensor> nodes = new ArrayList<>();
        for (Tensor node : Graph.reachable(outputs)) {
            if (!node.inputs().isEmpty()) {
                nodes.add(node);
            }
        }
        for (int from = 0; from < nodes.size(); from += NODES_AT_ONCE) {
            List<Tensor> part = nodes.subList(from, Math.min(nodes.size(), from + NODES_AT_ONCE));
            try (Program a = first.compile(Compilation.of(part).unoptimized()); Program b = second.compile(Compilation.of(part).unoptimized())) {
                run(a, inputs);
                run(b, inputs);
                for (Tensor node : part) {
                    Optional<Difference> difference = compare(node, a.readDoubles(node), b.readDoubles(node), tolerance);
                    if (difference.isPresent()) {
                        return difference;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static void run(Program program, Map<Tensor, float[]> inputs) {
        for (Tensor input : program.inputs()) {
            float[] elements = inputs.get(input);
            if (elements == null) {
                throw new IllegalArgumentException("comparison: no elements given for " + input);
            }
            program.write(input, elements);
        }
        program.run();
    }

    private static Optional<Difference> compare(Tensor node, double[] a, double[] b, double tolerance) {
        double largest = Double.MIN_NORMAL;
        for (double v : a) {
            largest = Math.max(largest, Double.isFinite(v) ? Math.abs(v) : 0);
        }
        int worst = -1;
        double most = -1;
        for (int i = 0; i < a.length; i++) {
            double d = Double.compare(a[i], b[i]) == 0 ? 0 : Math.abs(a[i] - b[i]) / largest;
            if (Double.isNaN(d)) {
                d = Double.POSITIVE_INFINITY;
            }
            if (d > most) {
                most = d;
                worst = i;
            }
        }
        return most > tolerance ? Optional.of(new Difference(node, worst, a[worst], b[worst], most)) : Optional.empty();
    }
}

package io.github.remocap.autograd;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares gradients with central differences, {@code (f(x + h d) - f(x - h d)) / 2h} along random directions d, in double
 * precision on the reference interpreter. Works on a copy of the graph in which parameters are inputs, so that they too are
 * varied in double precision; the graph itself gets no new nodes.
 */
public final class GradCheck {
    private static final double STEP = 1e-5;
    private static final double TOLERANCE = 1e-6;
    private static final int DIRECTIONS = 2;

    private final Map<Tensor, Tensor> copies = new HashMap<>();
    private final Map<Tensor, double[]> values = new LinkedHashMap<>(); // by leaf of the copy

    private GradCheck() {
    }

    /**
     * Checks the gradients of a tensor. One that is no scalar is made one by random weights.
     *
     * @param output what is differentiated
     * @param wrt inputs and parameters
     * @param inputs elements of every input that the output depends on; parameters have theirs
     * @throws AssertionError naming the input and both numbers, if they differ by more than 1e-6 of the larger one and by more
     *     than rounding explains
     */
    public static void check(Tensor output, List<Tensor> wrt, Map<Tensor, double[]> inputs) {
        new GradCheck().run(output, wrt, inputs);
    }

    /**
     * As {@link #check(Tensor, List, Map)}, for all parameters and those inputs that the output depends on and that have more
     * than one element.
     */
    public static void check(Tensor output, Map<Tensor, double[]> inputs) {
        List<Tensor> leaves = Graph.reachable(List.of(output)).stream()
            .filter(t -> t.op() instanceof Op.Parameter || t.op() instanceof Op.Input && t.shape().size() > 1).toList();
        check(output, leaves, inputs);
    }

    private void run(Tensor output, List<Tensor> wrt, Map<Tensor, double[]> inputs) {
        Graph copy = new Graph();
        for (Tensor node : Graph.reachable(List.of(output))) {
            try (Graph.Scope ignored = copy.scopeAt(node.path())) {
                copies.put(node, copy(copy, node, inputs));
            }
        }
        Tensor y = copies.get(output);
        Tensor loss = y.shape().rank() == 0 ? y : y.mul(weights(copy, y.shape())).sum();
        List<Tensor> asked = wrt.stream().map(copies::get).filter(t -> t != null).toList();
        Map<Tensor, Tensor> gradients = Gradients.of(loss, asked);
        Map<Tensor, double[]> found = new HashMap<>();
        if (!gradients.isEmpty()) {
            try (Program program = Devices.reference().compile(Compilation.of(List.copyOf(gradients.values())).unoptimized())) {
                for (Tensor input : program.inputs()) {
                    program.write(input, values.get(input));
                }
                program.run();
                gradients.forEach((x, g) -> found.put(x, program.readDoubles(g)));
            }
        }
        try (Program program = Devices.reference().compile(Compilation.of(loss).unoptimized())) {
            for (Tensor input : program.inputs()) {
                program.write(input, values.get(input));
            }
            for (Tensor original : wrt) {
                Tensor x = copies.get(original);
                if (x != null) {
                    double[] gradient = found.getOrDefault(x, new double[Math.toIntExact(x.shape().size())]);
                    compare(program, loss, original, x, gradient);
                }
            }
        }
    }

    private Tensor copy(Graph copy, Tensor node, Map<Tensor, double[]> inputs) {
        return switch (node.op()) {
            case Op.Input i -> {
                Tensor leaf = copy.input("input " + i.label(), i.shape());
                double[] elements = inputs.get(node);
                if (elements == null) {
                    throw new IllegalArgumentException("gradient check: no elements given for " + node);
                }
                values.put(leaf, elements);
                yield leaf;
            }
            case Op.Parameter p -> {
                Tensor leaf = copy.input("parameter " + p.label(), p.shape());
                double[] elements = new double[Math.toIntExact(p.shape().size())];
                for (int i = 0; i < elements.length; i++) {
                    elements[i] = node.values().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
                }
                values.put(leaf, inputs.getOrDefault(node, elements));
                yield leaf;
            }
            case Op.Constant c -> copy.constant(c.shape(), node.values());
            default -> copy.apply(node.op(), node.inputs().stream().map(copies::get).toList());
        };
    }

    private static Tensor weights(Graph graph, Shape shape) {
        float[] w = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < w.length; i++) {
            w[i] = (float) (2 * CounterRandom.uniform(CounterRandom.key("gradient check"), i) - 1);
        }
        return graph.constant(shape, w);
    }

    private void compare(Program program, Tensor loss, Tensor original, Tensor x, double[] gradient) {
        double[] at = values.get(x);
        for (int d = 0; d < DIRECTIONS; d++) {
            long stream = CounterRandom.stream(CounterRandom.key(original.toString()), d);
            double[] direction = new double[at.length];
            double analytic = 0;
            for (int i = 0; i < direction.length; i++) {
                direction[i] = 2 * CounterRandom.uniform(stream, i) - 1;
                analytic += gradient[i] * direction[i];
            }
            double up = loss(program, loss, x, at, direction, STEP);
            double down = loss(program, loss, x, at, direction, -STEP);
            program.write(x, at);
            double numeric = (up - down) / (2 * STEP);
            double rounding = 100 * Math.ulp(Math.max(Math.abs(up), Math.abs(down))) / STEP;
            double difference = Math.abs(analytic - numeric);
            if (!(difference <= TOLERANCE * Math.max(Math.abs(analytic), Math.abs(numeric)) + rounding)) {
                throw new AssertionError("gradient of " + original + ": along a random direction it gives " + analytic
                    + ", central differences " + numeric);
            }
        }
    }

    private static double loss(Program program, Tensor loss, Tensor x, double[] at, double[] direction, double step) {
        double[] moved = new double[at.length];
        for (int i = 0; i < moved.length; i++) {
            moved[i] = at[i] + step * direction[i];
        }
        program.write(x, moved);
        program.run();
        return program.readDoubles(loss)[0];
    }
}

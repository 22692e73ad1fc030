package io.github.remocap.autograd;

import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Parameters that are trained alike. The learning rate is a scalar input of the graph, {@code learning_rate.<name>}, so that a
 * schedule changes it without compiling anew.
 *
 * @param name unique among the groups of a graph
 * @param parameters of one graph, at least one
 * @param learningRate the rate that a schedule's factor multiplies
 * @param weightDecay as PyTorch's {@code weight_decay}: added to the gradient, or by AdamW taken off the weights directly
 * @param frozen these parameters get no gradient and no update
 */
public record ParameterGroup(String name, List<Tensor> parameters, double learningRate, double weightDecay, boolean frozen) {
    /** Checks that there is something to train. */
    public ParameterGroup {
        parameters = List.copyOf(parameters);
        if (parameters.isEmpty()) {
            throw new IllegalArgumentException("parameter group '" + name + "' is empty");
        }
        if (!(learningRate >= 0) || !(weightDecay >= 0)) {
            throw new IllegalArgumentException("parameter group '" + name + "': learning rate " + learningRate + ", weight decay " + weightDecay
                + " must not be negative");
        }
    }

    /** A group that is trained. */
    public static ParameterGroup of(String name, List<Tensor> parameters, double learningRate, double weightDecay) {
        return new ParameterGroup(name, parameters, learningRate, weightDecay, false);
    }

    /** A group that stays as it is. */
    public static ParameterGroup frozen(String name, List<Tensor> parameters) {
        return new ParameterGroup(name, parameters, 0, 0, true);
    }

    /** The scalar input that holds the rate of a step. */
    public Tensor rate() {
        return parameters.get(0).graph().input("learning_rate." + name, Shape.SCALAR);
    }

    /** Sets the rate of the next runs to {@code learningRate * factor}; does nothing if the program does not train this group. */
    public void write(Program program, double factor) {
        if (program.inputs().contains(rate())) {
            program.write(rate(), new double[] {learningRate * factor});
        }
    }

    /**
     * The parameters of all groups that are not frozen, for {@link Gradients#of(Tensor, List)}.
     *
     * @throws IllegalArgumentException if a name or a parameter appears twice
     */
    public static List<Tensor> trainable(List<ParameterGroup> groups) {
        Map<Object, String> seen = new HashMap<>();
        List<Tensor> all = new ArrayList<>();
        for (ParameterGroup group : groups) {
            if (seen.put(group.name(), group.name()) != null) {
                throw new IllegalArgumentException("two parameter groups are named '" + group.name() + "'");
            }
            for (Tensor p : group.parameters()) {
                String other = seen.put(p, group.name());
                if (other != null) {
                    throw new IllegalArgumentException(p + " is in the parameter groups '" + other + "' and '" + group.name() + "'");
                }
                if (!group.frozen()) {
                    all.add(p);
                }
            }
        }
        return all;
    }
}

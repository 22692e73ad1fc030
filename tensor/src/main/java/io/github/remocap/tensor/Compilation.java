package io.github.remocap.tensor;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What to compile.
 *
 * @param outputs tensors that can be read after a run
 * @param updates parameters that each run replaces, all from values computed with the old ones
 * @param frozen parameters never change: what depends on them alone is computed once, batch norms fold into convolutions,
 *     weights are packed; the parameters' memory is not needed after compilation
 * @param optimize fuse and fold; switched off to compare devices node by node
 */
public record Compilation(List<Tensor> outputs, List<Update> updates, boolean frozen, boolean optimize) {
    /** {@code parameter := value} at the end of a run. */
    public record Update(Tensor parameter, Tensor value) {
        /** Checks that the target is a parameter of the value's shape. */
        public Update {
            if (!(parameter.op() instanceof Op.Parameter)) {
                throw new IllegalArgumentException("only parameters can be updated, not " + parameter);
            }
            if (!parameter.shape().equals(value.shape())) {
                throw new IllegalArgumentException("update of " + parameter + " by " + value);
            }
        }
    }

    /** Checks that everything belongs together. */
    public Compilation {
        outputs = List.copyOf(outputs);
        updates = List.copyOf(updates);
        if (outputs.isEmpty() && updates.isEmpty()) {
            throw new IllegalArgumentException("nothing to compile");
        }
        if (frozen && !updates.isEmpty()) {
            throw new IllegalArgumentException("frozen parameters cannot be updated");
        }
        Set<Tensor> updated = new HashSet<>();
        for (Update update : updates) {
            if (!updated.add(update.parameter())) {
                throw new IllegalArgumentException("two updates of " + update.parameter());
            }
        }
    }

    /** Parameters are read at every run, nothing is updated. */
    public static Compilation of(Tensor... outputs) {
        return of(List.of(outputs));
    }

    /** Parameters are read at every run, nothing is updated. */
    public static Compilation of(List<Tensor> outputs) {
        return new Compilation(outputs, List.of(), false, true);
    }

    /** For inference: parameters are constants. */
    public static Compilation frozen(List<Tensor> outputs) {
        return new Compilation(outputs, List.of(), true, true);
    }

    /** A program that updates parameters. */
    public static Compilation training(List<Tensor> outputs, List<Update> updates) {
        return new Compilation(outputs, updates, false, true);
    }

    /** The same without fusion and folding. */
    public Compilation unoptimized() {
        return new Compilation(outputs, updates, frozen, false);
    }

    /** Everything that must be computed: outputs, then the values of updates. */
    public List<Tensor> targets() {
        List<Tensor> targets = new ArrayList<>(outputs);
        updates.forEach(u -> targets.add(u.value()));
        return targets;
    }
}

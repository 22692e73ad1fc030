package io.github.remocap.autograd;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Which activations the backward pass computes again instead of keeping them: memory for time. The graph is cut, in building
 * order, behind given tensors. Of a stage between two cuts only what later stages use is kept; the rest is computed a second time
 * when the backward pass enters the stage. What follows the last cut is kept as usual. Gradients are the same bit for bit, and
 * dropout draws the same numbers again.
 */
public final class Checkpointing {
    /** Every activation is kept. */
    public static final Checkpointing NONE = new Checkpointing(new int[0]);

    static final int KEPT = -1;

    private final int[] ends;

    private Checkpointing(int[] ends) {
        this.ends = ends;
    }

    /**
     * Stages that end with the given tensors, in any order; the first begins with the graph.
     *
     * @param ends the last tensor that was built of each stage
     */
    public static Checkpointing after(List<Tensor> ends) {
        return ends.isEmpty() ? NONE : new Checkpointing(ends.stream().mapToInt(Tensor::id).sorted().distinct().toArray());
    }

    /** Number of the stage of a node, or {@link #KEPT} for leaves and for what follows the last cut. */
    int stage(Tensor node) {
        if (node.op() instanceof Op.Input || node.op() instanceof Op.Parameter || node.op() instanceof Op.Constant) {
            return KEPT;
        }
        int at = Arrays.binarySearch(ends, node.id());
        int stage = at >= 0 ? at : -at - 1;
        return stage < ends.length ? stage : KEPT;
    }
}

package io.github.remocap.train;

import io.github.remocap.tensor.Tensor;
import java.util.Map;

/** What training minimises. */
@FunctionalInterface
public interface TrainingLoss {
    /**
     * A loss and what it is made of.
     *
     * @param total one element
     * @param parts by name, one element each
     */
    record Result(Tensor total, Map<String, Tensor> parts) {
    }

    /**
     * Appends the loss to the network's graph.
     *
     * @param outputs of the network, by name
     * @param truth of the same frames, by name: {@code joints_2d} {@code [N,14,3]}, {@code joints_3d} {@code [N,14,4]}, {@code has_3d} and
     *     {@code has_smpl} {@code [N]}, {@code fine}, {@code intermediate}, {@code coarse} {@code [N,V,3]}
     * @param frames of a clip
     */
    Result build(Map<String, Tensor> outputs, Map<String, Tensor> truth, int frames);
}

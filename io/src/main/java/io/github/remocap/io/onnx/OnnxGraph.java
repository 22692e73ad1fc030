package io.github.remocap.io.onnx;

import io.github.remocap.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A network built for some number of images: what is to be exported.
 *
 * @param input the images; its first axis is the batch
 * @param outputs by the names that they get in the file
 */
public record OnnxGraph(Tensor input, Map<String, Tensor> outputs) {
    /** Keeps the order of the outputs. */
    public OnnxGraph {
        outputs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        if (outputs.isEmpty()) {
            throw new IllegalArgumentException("nothing to export: no outputs");
        }
    }
}

package io.github.remocap.io.onnx;

import io.github.remocap.tensor.CustomOp;
import java.util.List;

/** An op of its user's own that also knows how to say itself in ONNX's operators. */
public interface OnnxExportable extends CustomOp {
    /**
     * Appends what computes this op.
     *
     * @param nodes what to append to
     * @param inputs names of the input values
     * @return name of the value that holds the output
     */
    String export(OnnxNodes nodes, List<String> inputs);
}

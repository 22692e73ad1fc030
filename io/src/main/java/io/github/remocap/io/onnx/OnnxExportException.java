package io.github.remocap.io.onnx;

import io.github.remocap.tensor.Tensor;

/** A graph holds something that ONNX, or a file for any number of clips, cannot express. Names the op and its module. */
public final class OnnxExportException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** Of a node. */
    public OnnxExportException(Tensor node, String problem) {
        super("cannot be exported to ONNX: " + node.op().name() + node.shape() + " at " + (node.path().isEmpty() ? "(top level)" : node.path()) + ": "
            + problem);
    }
}

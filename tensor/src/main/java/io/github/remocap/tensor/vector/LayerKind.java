package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;

/** What kind of layer a node is, in words that group a report. */
final class LayerKind {
    private LayerKind() {
    }

    /** For example {@code convolution 3x3 stride 2}, {@code product}, {@code attention, masked}. */
    static String of(Tensor node) {
        return switch (node.op()) {
            case Op.Conv2d o -> convolution(node.input(1).shape(), o.stride());
            case Op.Conv2dInputGradient o -> convolution(node.input(1).shape(), o.stride()) + ", input gradient";
            case Op.Conv2dWeightGradient o -> convolution(node.shape(), o.stride()) + ", weight gradient";
            case Op.MatMul o -> "product";
            case Op.SparseMatMul o -> "sparse product";
            case Op.Attention o -> o.mask() == null ? "attention" : "attention, masked";
            case Op.AttentionGradient o -> o.mask() == null ? "attention, gradient" : "attention, masked, gradient";
            case Op.Normalize o -> "norm";
            case Op.BatchNorm o -> "norm";
            case Op.Moments o -> "norm";
            case Op.NormalizeGradient o -> "norm, gradient";
            case Op.BatchNormGradient o -> "norm, gradient";
            case Op.Unary o -> "elementwise";
            case Op.Affine o -> "elementwise";
            case Op.Binary o -> "elementwise";
            case Op.Dropout o -> "elementwise";
            case Op.Reduce o -> "reduction";
            case Op.Softmax o -> "reduction";
            case Op.Upsample o -> "upsampling";
            case Op.Downsum o -> "upsampling, gradient";
            case Op.Custom o -> o.name();
            case Op.Input o -> "moving elements";
            case Op.Parameter o -> "moving elements";
            case Op.Constant o -> "moving elements";
            case Op.Reshape o -> "moving elements";
            case Op.Detach o -> "moving elements";
            case Op.Permute o -> "moving elements";
            case Op.Broadcast o -> "moving elements";
            case Op.Slice o -> "moving elements";
            case Op.Pad o -> "moving elements";
            case Op.Concat o -> "moving elements";
            case Op.Gather o -> "moving elements";
            case Op.ScatterAdd o -> "moving elements";
        };
    }

    /** @param weight {@code [out,in,h,w]} */
    private static String convolution(Shape weight, int stride) {
        return "convolution " + weight.dim(2) + "x" + weight.dim(3) + (stride == 1 ? "" : " stride " + stride);
    }
}

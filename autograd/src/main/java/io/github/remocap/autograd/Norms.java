package io.github.remocap.autograd;

import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Tensor;

/** Euclidean norms whose gradient exists everywhere, as {@code torch.norm}. */
public final class Norms {
    private Norms() {
    }

    /**
     * {@code sqrt(sum(x^2))} over the axes first to last (inclusive), which are dropped. The gradient of a zero vector is 0,
     * where that of {@code sum(x^2).sqrt()} is not a number.
     */
    public static Tensor l2(Tensor x, int first, int last) {
        Tensor squares = x.square().sum(first, last);
        Tensor root = squares.sqrt().detach();
        // Heron's step from the root gives the root again, and has the derivative 1 / (2 root), 0 where the root is 0.
        return squares.binary(BinaryFn.DIV_OR_ZERO, root).add(root).mul(0.5);
    }

    /** {@code sqrt(sum(x^2))} along the last axis, which is dropped. */
    public static Tensor l2(Tensor x) {
        int last = x.shape().rank() - 1;
        return l2(x, last, last);
    }
}

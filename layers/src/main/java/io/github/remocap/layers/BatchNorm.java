package io.github.remocap.layers;

import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;

/**
 * Batch norm along the last axis, for images {@code [N,H,W,C]} and for vectors {@code [N,C]} (PyTorch's BatchNorm2d and 1d).
 * In training, the batch's own statistics, which also move the running ones (with the unbiased variance).
 */
public final class BatchNorm extends Layer {
    private static final double EPS = 1e-5;

    private final double momentum;

    /** With PyTorch's momentum of 0.1. */
    public BatchNorm(int channels) {
        this(channels, 0.1);
    }

    /** With another momentum: the share of a batch in the running statistics. */
    public BatchNorm(int channels, double momentum) {
        this.momentum = momentum;
        parameter("weight", Initializer.constant(1), channels);
        parameter("bias", Initializer.constant(0), channels);
        buffer("running_mean", DType.F32, Initializer.constant(0), channels);
        buffer("running_var", DType.F32, Initializer.constant(1), channels);
        buffer("num_batches_tracked", DType.I64, Initializer.constant(0));
    }

    @Override
    protected Tensor forward(Context context, Tensor x) {
        Tensor gamma = context.parameter("weight");
        Tensor beta = context.parameter("bias");
        Tensor mean = context.parameter("running_mean");
        Tensor variance = context.parameter("running_var");
        if (!context.training()) {
            return context.graph().apply(new Op.BatchNorm(EPS), x, gamma, beta, mean, variance);
        }
        int last = x.shape().rank() - 2;
        double n = (double) x.shape().size() / x.dim(-1);
        if (n < 2) {
            throw new IllegalArgumentException("batch norm at " + context.graph().path() + " needs more than one value per channel to train on, input "
                + x.shape());
        }
        Tensor moments = context.graph().apply(new Op.Moments(), x);
        Tensor batchMean = moments.slice(0, 0, 1).reshape(x.dim(-1));
        Tensor batchVariance = moments.slice(0, 1, 1).reshape(x.dim(-1));
        context.update(mean, mean.mul(1 - momentum).add(batchMean.mul(momentum)));
        context.update(variance, variance.mul(1 - momentum).add(batchVariance.mul(momentum * n / (n - 1))));
        return context.graph().apply(new Op.Normalize(0, last, EPS, true), x, gamma, beta);
    }
}

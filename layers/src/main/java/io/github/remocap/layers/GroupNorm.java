package io.github.remocap.layers;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;

/** Normalises groups of neighbouring channels of {@code [N,H,W,C]} over their pixels; as many groups as channels: instance norm. */
public final class GroupNorm extends Layer {
    private static final double EPS = 1e-5;

    private final int groups;
    private final int channels;

    /** Channels must divide into groups. */
    public GroupNorm(int groups, int channels) {
        if (groups < 1 || channels % groups != 0) {
            throw new IllegalArgumentException(channels + " channels do not divide into " + groups + " groups");
        }
        this.groups = groups;
        this.channels = channels;
        parameter("weight", Initializer.constant(1), channels);
        parameter("bias", Initializer.constant(0), channels);
    }

    @Override
    protected Tensor forward(Context context, Tensor x) {
        Tensor gamma = context.parameter("weight");
        Tensor beta = context.parameter("bias");
        if (groups == channels) {
            return context.graph().apply(new Op.Normalize(1, 2, EPS, true), x, gamma, beta);
        }
        int n = x.dim(0);
        int pixels = x.dim(1) * x.dim(2);
        Tensor grouped = x.reshape(n, pixels, groups, channels / groups).permute(0, 2, 1, 3);
        Tensor normal = context.graph().apply(new Op.Normalize(2, 3, EPS, false), grouped);
        return normal.permute(0, 2, 1, 3).reshape(x.shape()).mul(gamma).add(beta);
    }
}

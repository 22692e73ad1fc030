package io.github.remocap.research;

import io.github.remocap.layers.Context;
import io.github.remocap.layers.Layer;
import io.github.remocap.layers.Linear;
import io.github.remocap.tensor.Tensor;

/** Squeeze and excitation (Hu et al., CVPR 2018): what a frame shows as a whole decides how much each channel counts. */
final class ChannelGate extends Layer {
    private final Linear squeeze;
    private final Linear excite;

    /** For so many channels, through a bottleneck of a fourth of them. */
    ChannelGate(int channels) {
        squeeze = add("squeeze", new Linear(channels, channels / 4));
        excite = add("excite", new Linear(channels / 4, channels));
    }

    /** Maps {@code [n,H,W,c]} to the same shape. */
    @Override
    protected Tensor forward(Context context, Tensor x) {
        Tensor pooled = x.mean(1, 2); // [n,c]
        Tensor gate = excite.call(context, squeeze.call(context, pooled).relu()).sigmoid();
        return x.mul(gate.reshape(x.dim(0), 1, 1, x.dim(3)));
    }
}

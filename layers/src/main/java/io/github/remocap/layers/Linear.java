package io.github.remocap.layers;

import io.github.remocap.tensor.Tensor;

/** {@code x W^T + b} along the last axis: weight {@code [out, in]}, bias {@code [out]}. */
public final class Linear extends Layer {
    /** With PyTorch's default initialisation. */
    public Linear(int in, int out) {
        this(in, out, Initializer.uniform(1 / Math.sqrt(in)));
    }

    /** With another initialisation of the weight. */
    public Linear(int in, int out, Initializer weight) {
        parameter("weight", weight, out, in);
        parameter("bias", Initializer.uniform(1 / Math.sqrt(in)), out);
    }

    @Override
    protected Tensor forward(Context context, Tensor x) {
        // A vector is a row of a matrix; all leading axes are rows.
        Tensor rows = x.reshape(-1, x.dim(-1));
        Tensor y = rows.matmul(context.parameter("weight"), false, true).add(context.parameter("bias"));
        return y.reshape(x.shape().with(-1, y.dim(-1)));
    }
}

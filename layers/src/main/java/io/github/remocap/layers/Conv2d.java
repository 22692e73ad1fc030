package io.github.remocap.layers;

import io.github.remocap.tensor.Tensor;

/** Convolution of {@code [N,H,W,in]}, zero padding of half the kernel: weight {@code [out,in,k,k]}, bias {@code [out]} if asked. */
public final class Conv2d extends Layer {
    private final int stride;
    private final int padding;
    private final boolean bias;

    /** With He's initialisation by the number of outputs, as in HRNet. */
    public Conv2d(int in, int out, int kernel, int stride, boolean bias) {
        this(in, out, kernel, stride, bias, Initializer.kaimingFanOut());
    }

    /** With another initialisation of the weight. */
    public Conv2d(int in, int out, int kernel, int stride, boolean bias, Initializer weight) {
        this.stride = stride;
        this.padding = kernel / 2;
        this.bias = bias;
        parameter("weight", weight, out, in, kernel, kernel);
        if (bias) {
            parameter("bias", Initializer.uniform(1 / Math.sqrt((double) in * kernel * kernel)), out);
        }
    }

    @Override
    protected Tensor forward(Context context, Tensor x) {
        Tensor y = x.conv2d(context.parameter("weight"), stride, padding);
        return bias ? y.add(context.parameter("bias")) : y;
    }
}

package io.github.remocap.autograd;

import io.github.remocap.tensor.CustomOp;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The same loss twice: as an op with kernels of its own for both directions, and as a composition of the library's ops. */
final class CustomOps {
    private CustomOps() {
    }

    /** Huber's loss of each element: {@code x^2 / 2} where {@code |x| <= delta}, else {@code delta (|x| - delta / 2)}. */
    record Huber(double delta) implements Differentiable {
        @Override
        public String name() {
            return "Huber";
        }

        @Override
        public Shape infer(List<Shape> inputs) {
            if (inputs.size() != 1) {
                throw new IllegalArgumentException("takes 1 input, not " + inputs.size());
            }
            return inputs.get(0);
        }

        @Override
        public void compute(int part, List<Elements> inputs, Elements output) {
            for (long i = 0; i < output.shape().size(); i++) {
                double x = inputs.get(0).get(i);
                output.set(i, Math.abs(x) <= delta ? x * x / 2 : delta * (Math.abs(x) - delta / 2));
            }
        }

        @Override
        public List<@Nullable Tensor> gradients(List<Tensor> inputs, Tensor output, Tensor gradient) {
            return List.of(gradient.graph().apply(new Op.Custom(new HuberGradient(delta)), inputs.get(0), gradient));
        }
    }

    /** Its gradient: x clamped to [-delta, delta], times the output's gradient. */
    record HuberGradient(double delta) implements CustomOp {
        @Override
        public String name() {
            return "HuberGradient";
        }

        @Override
        public Shape infer(List<Shape> inputs) {
            if (inputs.size() != 2 || !inputs.get(0).equals(inputs.get(1))) {
                throw new IllegalArgumentException("takes x and a gradient of its shape");
            }
            return inputs.get(0);
        }

        @Override
        public void compute(int part, List<Elements> inputs, Elements output) {
            for (long i = 0; i < output.shape().size(); i++) {
                output.set(i, Math.clamp(inputs.get(0).get(i), -delta, delta) * inputs.get(1).get(i));
            }
        }
    }

    /** As a composition, which needs no backward pass: with c = min(|x|, delta), {@code c (|x| - c / 2)}. */
    static Tensor huber(Tensor x, double delta) {
        Tensor size = x.abs();
        Tensor c = size.binary(Op.BinaryFn.MIN, x.graph().scalar(delta));
        return c.mul(size.sub(c.mul(0.5)));
    }
}

package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** What follows products: bias, residual and ReLU, as operands of a kernel or as elementwise jobs. */
final class Epilogues {
    private Epilogues() {
    }

    /** The bias, if there is one; input {@code first} of the node is the first that is no operand of the product. */
    static @Nullable Buffer bias(Lowering lowering, Tensor node, Epilogue e, int first) {
        return e.bias() ? lowering.buffer(node.input(first)) : null;
    }

    /** The residual, if there is one; input {@code first} of the node is the first that is no operand of the product. */
    static @Nullable Buffer residual(Lowering lowering, Tensor node, Epilogue e, int first) {
        return e.residual() ? lowering.buffer(node.input(first + (e.bias() ? 1 : 0))) : null;
    }

    /** Emits a program that adds bias and residual to its value v, clamps at zero, and stores it. */
    static void emit(Lowering lowering, ElementProgram program, int v, Tensor node, @Nullable Buffer bias, @Nullable Buffer residual, boolean relu,
        Buffer y) {
        long n = node.shape().size();
        int sum = v;
        if (bias != null) {
            Layout columns = Layout.of(node.shape(), Layout.broadcast(Shape.of(node.dim(-1)), node.shape()));
            sum = program.binary(BinaryFn.ADD, sum, program.load(bias, columns, n));
        }
        if (residual != null) {
            sum = program.binary(BinaryFn.ADD, sum, program.load(residual, Layout.SAME, n));
        }
        program.store(relu ? program.unary(UnaryFn.RELU, sum) : sum, y);
        Elements.emit(lowering, program, n);
    }
}

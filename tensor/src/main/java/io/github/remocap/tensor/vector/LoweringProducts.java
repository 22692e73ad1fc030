package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The part of {@link Lowering} that chooses kernels and layouts for matrix products, convolutions and their gradients. */
final class LoweringProducts {
    /** Below, weights that are transformed beforehand are most of what is read. */
    private static final int WINOGRAD_PIXELS = 400;

    private final Lowering lowering;

    LoweringProducts(Lowering lowering) {
        this.lowering = lowering;
    }

    void weightGradient(Tensor x, Tensor g, Tensor node, WeightGradient.Geometry geometry) {
        Buffer in = lowering.buffer(x);
        Buffer out = lowering.buffer(g);
        boolean whole = geometry.parts() == 1;
        Buffer w = whole ? lowering.output(node) : lowering.plannedBuffer(4 * geometry.floats() * geometry.parts());
        lowering.emit(new WeightGradient(in, out, w, geometry), in, out, w);
        if (!whole) {
            Buffer sum = lowering.output(node);
            lowering.emit(new WeightGradient.Sum(w, geometry.parts(), geometry.floats(), sum), w, sum);
        }
    }

    @Nullable Buffer bias(Tensor node, Epilogue e, int first) {
        return e.bias() ? lowering.buffer(node.input(first)) : null;
    }

    @Nullable Buffer residual(Tensor node, Epilogue e, int first) {
        return e.residual() ? lowering.buffer(node.input(first + (e.bias() ? 1 : 0))) : null;
    }

    /** Whether a product adds up nothing; then this has emitted what is left, the epilogue. */
    boolean nothingToMultiply(Tensor node, long products, Epilogue e, int first) {
        if (node.shape().size() > 0 && products > 0) {
            return false;
        }
        Buffer bias = bias(node, e, first);
        Buffer residual = residual(node, e, first);
        Buffer y = lowering.output(node);
        lowering.emit(new Movement.Zero(y, node.shape().size()), y);
        if (bias != null) {
            lowering.emit(new Elementwise.Binary(Op.BinaryFn.ADD, y, node.shape(), bias, node.input(first).shape(), y, node.shape()), bias, y);
        }
        if (residual != null) {
            lowering.emit(new Elementwise.Binary(Op.BinaryFn.ADD, y, node.shape(), residual, node.shape(), y, node.shape()), residual, y);
        }
        if (e.relu()) {
            lowering.emit(new Elementwise.Unary(Op.UnaryFn.RELU, y, y, node.shape().size()), y);
        }
        return true;
    }

    void matmul(Tensor node, Op.MatMul op) {
        Tensor a = node.input(0);
        Tensor b = node.input(1);
        int m = node.dim(-2);
        int n = node.dim(-1);
        int k = a.dim(op.transposeA() ? -2 : -1);
        if (nothingToMultiply(node, k, op.epilogue(), 2)) {
            return;
        }
        if (op.transposeA() && !op.transposeB() && node.shape().rank() == 2 && op.epilogue().equals(Epilogue.NONE)) {
            weightGradient(b, a, node, WeightGradient.Geometry.product(k, n, m)); // a linear layer's
            return;
        }
        long batch = node.shape().size() / ((long) m * n);
        Buffer left = op.transposeA() ? transposed(a) : lowering.buffer(a);
        boolean oneRight = b.shape().size() == (long) k * n;
        boolean oneLeft = a.shape().size() == (long) m * k;
        Buffer bias = bias(node, op.epilogue(), 2);
        Buffer residual = residual(node, op.epilogue(), 2);
        if (oneRight) {
            Buffer packed = lowering.pack(b, (right, to) -> op.transposeB()
                ? new PackWeights.Direct(right, ImplicitGemm.panel(1, k, n), n, k, 1, PackWeights.straight(1), false, to)
                : new Products.PackMatrix(right, 1, k, n, false, to), ImplicitGemm.packedFloats(1, k, n));
            int rows = Math.toIntExact(oneLeft ? m : batch * m);
            ImplicitGemm gemm = ImplicitGemm.product(rows, k, n);
            Buffer y = lowering.output(node);
            if (oneLeft && batch > 1) {
                multiply(gemm, (int) batch, left, 0, packed, 0, bias, residual, op.epilogue().relu(), y, 4L * m * n, 2L * batch * m * n * k);
            } else {
                multiply(gemm, 1, left, 0, packed, 0, bias, residual, op.epilogue().relu(), y, 0, 2L * rows * n * k);
            }
            return;
        }
        int[] lead = Arrays.copyOf(node.shape().dims(), node.shape().rank() - 2);
        int rights = Math.toIntExact(batch);
        if (!oneLeft && a.shape().size() != batch * m * k) {
            left = spread(a, left, op.transposeA(), lead);
            oneLeft = false;
        }
        Lowering.PackMaker maker = (right, to) -> new Products.PackMatrix(right, rights, k, n, op.transposeB(), to);
        long floats = batch * ImplicitGemm.packedFloats(1, k, n);
        Buffer packed;
        if (b.shape().size() == batch * k * n) {
            packed = lowering.pack(b, maker, floats);
        } else {
            Buffer right = spread(b, lead);
            packed = lowering.plannedBuffer(4 * floats);
            lowering.emit(maker.make(right, packed), right, packed);
        }
        Buffer y = lowering.output(node);
        multiply(ImplicitGemm.product(m, k, n), rights, left, oneLeft ? 0 : 4L * m * k, packed, 4 * ImplicitGemm.packedFloats(1, k, n), bias, residual,
            op.epilogue().relu(), y, 4L * m * n, 2L * rights * m * n * k);
    }

    /** The matrices of b repeated to the output's leading axes, where they are not already. */
    private Buffer spread(Tensor b, int[] lead) {
        return spread(b, lowering.buffer(b), false, lead);
    }

    private Buffer spread(Tensor x, Buffer own, boolean swapped, int[] lead) {
        int[] full = Arrays.copyOf(lead, lead.length + 2);
        full[lead.length] = x.dim(swapped ? -1 : -2);
        full[lead.length + 1] = x.dim(swapped ? -2 : -1);
        Shape to = Shape.of(full);
        if (x.shape().size() == to.size()) {
            return own;
        }
        int[] from = x.shape().dims();
        from[from.length - 2] = full[lead.length];
        from[from.length - 1] = full[lead.length + 1];
        Buffer y = lowering.plannedBuffer(4 * to.size());
        lowering.emit(new Movement.StridedCopy(to, own, 0, Strides.broadcast(Shape.of(from), to), y, 0, to.strides()), own, y);
        return y;
    }

    private Buffer transposed(Tensor x) {
        int[] dims = x.shape().dims();
        long[] strides = x.shape().strides();
        int r = dims.length;
        int rows = dims[r - 2];
        dims[r - 2] = dims[r - 1];
        dims[r - 1] = rows;
        long step = strides[r - 2];
        strides[r - 2] = strides[r - 1];
        strides[r - 1] = step;
        Shape to = Shape.of(dims);
        Buffer from = lowering.buffer(x);
        Buffer y = lowering.plannedBuffer(4 * to.size());
        lowering.emit(new Movement.StridedCopy(to, from, 0, strides, y, 0, to.strides()), from, y);
        return y;
    }

    private void multiply(ImplicitGemm gemm, int batch, Buffer a, long batchBytes, Buffer packed, long packedBytes, @Nullable Buffer bias,
        @Nullable Buffer residual, boolean relu, Buffer y, long outBytes, long flops) {
        lowering.emit(new Products.Product(gemm, batch, a, batchBytes, packed, packedBytes, bias, residual, relu, y, outBytes, flops), a, packed, bias, residual, y);
    }

    private void winograd(WideWinograd winograd, Buffer x, Buffer packed, @Nullable Buffer bias, @Nullable Buffer residual, boolean relu, Buffer y,
        long flops) {
        Buffer transformed = lowering.plannedBuffer(0); // the elements are in a shared array
        lowering.emit(new Products.WinogradPatches(winograd, x, transformed), x, transformed);
        lowering.emit(new Products.WideWinogradConvolution(winograd, transformed, packed, bias, residual, relu, y, flops), transformed, packed, bias, residual,
            y);
    }

    void conv2d(Tensor node, Op.Conv2d op) {
        Shape x = node.input(0).shape();
        Shape w = node.input(1).shape();
        int taps = w.dim(2) * w.dim(3);
        if (nothingToMultiply(node, (long) taps * w.dim(1), op.epilogue(), 2)) {
            return;
        }
        Buffer a = lowering.buffer(node.input(0));
        Buffer bias = bias(node, op.epilogue(), 2);
        Buffer residual = residual(node, op.epilogue(), 2);
        long flops = 2 * node.shape().size() * w.dim(1) * taps;
        boolean winograd = op.padding() == 1 && op.stride() == 1 && isWinograd(x.dim(0), x.dim(1), x.dim(2), w, w.dim(1), w.dim(0));
        // Weights that are transformed beforehand take four times the memory, which must pay: few for many pixels.
        if (winograd && x.dim(1) * x.dim(2) >= WINOGRAD_PIXELS) {
            Lowering.PackMaker maker = lowering.constant(node.input(1)) ? (right, to) -> new Products.PackWinograd(right, w.dim(0), w.dim(1), to)
                : (right, to) -> new PackWeights.Transformed(right, w.dim(0), w.dim(1), false, to);
            winograd(x, node.input(1), w.dim(1), w.dim(0), maker, a, bias, residual, op.epilogue().relu(), node, flops);
            return;
        }
        int width = winograd ? WideWinograd.PANEL : ImplicitGemm.panel(taps, w.dim(1), w.dim(0));
        Buffer packed = lowering.pack(node.input(1),
            (right, to) -> new PackWeights.Direct(right, width, w.dim(0), w.dim(1), taps, PackWeights.straight(taps), false, to),
            Panels.floats(width, taps * w.dim(1), w.dim(0)));
        if (winograd) {
            winograd(new WideWinograd(x.dim(0), x.dim(1), x.dim(2), w.dim(1), w.dim(0)), a, packed, bias, residual, op.epilogue().relu(),
                lowering.output(node), flops);
            return;
        }
        ImplicitGemm gemm = ImplicitGemm.convolution(x.dim(0), x.dim(1), x.dim(2), x.dim(3), w.dim(0), w.dim(2), w.dim(3), op.stride(), op.padding());
        multiply(gemm, 1, a, 0, packed, 0, bias, residual, op.epilogue().relu(), lowering.output(node), 0, flops);
    }

    /** Whether Winograd pays: transformed weights take four times the memory, so that they must be read for many pixels. */
    private static boolean isWinograd(int images, int height, int width, Shape w, int inputs, int outputs) {
        return w.dim(2) == 3 && w.dim(3) == 3 && WideWinograd.pays(images, height, width, inputs, outputs);
    }

    private void winograd(Shape x, Tensor w, int inputs, int outputs, Lowering.PackMaker maker, Buffer a, @Nullable Buffer bias, @Nullable Buffer residual,
        boolean relu, Tensor node, long flops) {
        Buffer transformed = lowering.pack(w, maker, Winograd.packedFloats(inputs, outputs));
        Buffer y = lowering.output(node);
        lowering.emit(new Products.WinogradConvolution(new Winograd(x.dim(0), x.dim(1), x.dim(2), x.dim(3), outputs), a, transformed, bias, residual, relu, y,
            flops), a, transformed, bias, residual, y);
    }

    /**
     * A convolution of the output gradient with the flipped weight. With strides, one for each place in a stride, which some of the
     * taps reach.
     */
    void conv2dInputGradient(Tensor node, Op.Conv2dInputGradient op) {
        Shape gs = node.input(0).shape();
        Shape w = node.input(1).shape();
        if (nothingToMultiply(node, gs.size(), Epilogue.NONE, 2)) {
            return;
        }
        Buffer g = lowering.buffer(node.input(0));
        int taps = w.dim(2) * w.dim(3);
        long flops = 2 * gs.size() * w.dim(1) * taps;
        if (op.stride() > 1) {
            stridedInputGradient(node, op, g, flops);
            return;
        }
        boolean winograd = op.padding() == 1 && isWinograd(gs.dim(0), gs.dim(1), gs.dim(2), w, w.dim(0), w.dim(1));
        if (winograd && gs.dim(1) * gs.dim(2) >= WINOGRAD_PIXELS) {
            winograd(gs, node.input(1), w.dim(0), w.dim(1), (right, to) -> new PackWeights.Transformed(right, w.dim(0), w.dim(1), true, to), g, null, null,
                false, node, flops);
            return;
        }
        int width = winograd ? WideWinograd.PANEL : ImplicitGemm.panel(taps, w.dim(0), w.dim(1));
        Buffer packed = lowering.pack(node.input(1),
            (right, to) -> new PackWeights.Direct(right, width, w.dim(0), w.dim(1), taps, PackWeights.flipped(taps), true, to),
            Panels.floats(width, taps * w.dim(0), w.dim(1)));
        if (winograd) {
            winograd(new WideWinograd(gs.dim(0), gs.dim(1), gs.dim(2), w.dim(0), w.dim(1)), g, packed, null, null, false, lowering.output(node), flops);
            return;
        }
        ImplicitGemm gemm = ImplicitGemm.convolution(gs.dim(0), gs.dim(1), gs.dim(2), gs.dim(3), w.dim(1), w.dim(2), w.dim(3), 1,
            w.dim(2) - 1 - op.padding(), w.dim(3) - 1 - op.padding());
        multiply(gemm, 1, g, 0, packed, 0, null, null, false, lowering.output(node), 0, flops);
    }

    private void stridedInputGradient(Tensor node, Op.Conv2dInputGradient op, Buffer g, long flops) {
        Shape gs = node.input(0).shape();
        Shape w = node.input(1).shape();
        Buffer y = lowering.output(node);
        int stride = op.stride();
        int taps = w.dim(2) * w.dim(3);
        StridedTaps[] rows = new StridedTaps[stride];
        StridedTaps[] columns = new StridedTaps[stride];
        boolean all = true;
        for (int p = 0; p < stride; p++) {
            rows[p] = StridedTaps.of(p, stride, op.padding(), w.dim(2), gs.dim(1), op.height());
            columns[p] = StridedTaps.of(p, stride, op.padding(), w.dim(3), gs.dim(2), op.width());
            all &= rows[p].complete() && columns[p].complete();
        }
        if (!all) {
            lowering.emit(new Movement.Zero(y, node.shape().size()), y);
        }
        for (StridedTaps v : rows) {
            for (StridedTaps h : columns) {
                if (v.count() <= 0 || h.count() <= 0) {
                    continue;
                }
                int[] order = new int[v.taps().length * h.taps().length];
                for (int i = 0; i < order.length; i++) {
                    order[i] = v.taps()[i / h.taps().length] * w.dim(3) + h.taps()[i % h.taps().length];
                }
                int width = ImplicitGemm.panel(order.length, w.dim(0), w.dim(1));
                Buffer packed = lowering.pack(node.input(1),
                    (right, to) -> new PackWeights.Direct(right, width, w.dim(0), w.dim(1), taps, order, true, to),
                    Panels.floats(width, order.length * w.dim(0), w.dim(1)));
                ImplicitGemm gemm = ImplicitGemm.convolution(gs.dim(0), gs.dim(1), gs.dim(2), gs.dim(3), w.dim(1), v.taps().length, h.taps().length, 1,
                    v.padding(), h.padding());
                Shape computed = Shape.of(gs.dim(0), v.extent(gs.dim(1)), h.extent(gs.dim(2)), w.dim(1));
                Buffer part = lowering.plannedBuffer(4 * computed.size());
                multiply(gemm, 1, g, 0, packed, 0, null, null, false, part, 0, flops * order.length / taps);
                Shape area = Shape.of(gs.dim(0), v.count(), h.count(), w.dim(1));
                long[] from = computed.strides();
                long[] to = node.shape().strides();
                long at = to[1] * (v.place() + (long) stride * v.start()) + to[2] * (h.place() + (long) stride * h.start());
                to[1] *= stride;
                to[2] *= stride;
                lowering.emit(new Movement.StridedCopy(area, part, from[1] * v.skip() + from[2] * h.skip(), from, y, at, to), part, y);
            }
        }
    }
}

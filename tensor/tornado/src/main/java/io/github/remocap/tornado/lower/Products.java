package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.Folded;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.tornado.kernel.ConvolutionKernel;
import io.github.remocap.tornado.kernel.ProductKernel;
import io.github.remocap.tornado.kernel.ReduceKernel;
import io.github.remocap.tornado.kernel.WeightGradientKernel;
import io.github.remocap.tornado.kernel.WinogradInputKernel;
import io.github.remocap.tornado.kernel.WinogradOutputKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Matrix products and convolutions. */
final class Products {
    /** Work-groups that fill a large device; with fewer, long sums are cut into parts. */
    private static final int FILLS = 256;
    /** Terms of a sum that are worth a part. */
    private static final int LEAST = 256;

    private final Lowering lowering;
    private final LibraryProducts library;
    private long room;

    /** With so many floats more for transformed weights. */
    Products(Lowering lowering, long room) {
        this.lowering = lowering;
        this.library = new LibraryProducts(lowering);
        this.room = room;
    }

    private static int tiles(long extent, int tile) {
        return Lowering.groups(extent, tile);
    }

    private static int parts(long groups, long terms) {
        return (int) Math.clamp(Math.min(FILLS / Math.max(1, groups), terms / LEAST), 1, 64);
    }

    /** Whether a product adds up nothing; then this has emitted what is left, the epilogue. */
    private boolean nothingToMultiply(Tensor node, long products, Epilogue e, int first) {
        long n = node.shape().size();
        if (n > 0 && products > 0) {
            return false;
        }
        Buffer bias = Epilogues.bias(lowering, node, e, first);
        Buffer residual = Epilogues.residual(lowering, node, e, first);
        Buffer y = lowering.output(node);
        if (n == 0) {
            return true;
        }
        ElementProgram p = new ElementProgram(lowering.pool());
        Epilogues.emit(lowering, p, p.number(0), node, bias, residual, e.relu(), y);
        return true;
    }

    /** Whether a convolution is a product of pixels and channels that the library computes. */
    private boolean isLibraryProduct(int kernelHeight, int kernelWidth, int stride, int padding) {
        return lowering.hasLibrary() && kernelHeight == 1 && kernelWidth == 1 && stride == 1 && padding == 0;
    }

    private static int pixels(Shape images) {
        return images.dim(0) * images.dim(1) * images.dim(2);
    }

    void matmul(Tensor node, Op.MatMul op) {
        Shape sa = node.input(0).shape();
        Shape sb = node.input(1).shape();
        int m = node.dim(-2);
        int n = node.dim(-1);
        int k = sa.dim(op.transposeA() ? -2 : -1);
        if (nothingToMultiply(node, k, op.epilogue(), 2)) {
            return;
        }
        Shape lead = Shape.of(Arrays.copyOf(node.shape().dims(), node.shape().rank() - 2));
        long[] aLead = leading(sa, lead);
        long[] bLead = leading(sb, lead);
        int batches = Math.toIntExact(lead.size());
        // A right side that all share makes one tall product of many.
        boolean tall = !op.transposeA() && batches > 1 && Arrays.stream(bLead).allMatch(s -> s == 0) && isDense(lead, aLead, (long) m * k);
        if (lowering.hasLibrary()) {
            Gemm.Rows rows = new Gemm.Rows(tall ? m * batches : m, n, k, lowering.buffer(node.input(0)), op.transposeA(), lowering.buffer(node.input(1)),
                op.transposeB());
            library.product(node, op.epilogue(), rows, tall ? List.of() : LibraryProducts.axes(lead, aLead, bLead, (long) m * n));
            return;
        }
        List<int[]> axes = tall ? List.of() : axes(lead, aLead, bLead);
        product(node, op, tall ? m * batches : m, n, k, tall ? 1 : batches, axes);
    }

    private static boolean isDense(Shape lead, long[] strides, long inner) {
        long expected = inner;
        for (int a = lead.rank() - 1; a >= 0; a--) {
            if (lead.dim(a) != 1 && strides[a] != expected) {
                return false;
            }
            expected *= lead.dim(a);
        }
        return true;
    }

    /** Strides of the batch's axes in a side, 0 where it is repeated. */
    private static long[] leading(Shape side, Shape lead) {
        long[] own = side.strides();
        long[] strides = new long[lead.rank()];
        int skip = lead.rank() - (side.rank() - 2);
        for (int a = skip; a < lead.rank(); a++) {
            strides[a] = side.dim(a - skip) == 1 ? 0 : own[a - skip];
        }
        return strides;
    }

    private static List<int[]> axes(Shape lead, long[] a, long[] b) {
        List<int[]> axes = new ArrayList<>();
        long divisor = 1;
        for (int i = lead.rank() - 1; i >= 0; i--) {
            if (a[i] != 0 || b[i] != 0) {
                axes.add(new int[] {(int) divisor, lead.dim(i), (int) a[i], (int) b[i]});
            }
            divisor *= lead.dim(i);
        }
        return axes;
    }

    private void product(Tensor node, Op.MatMul op, int m, int n, int k, int batches, List<int[]> axes) {
        Buffer a = lowering.buffer(node.input(0));
        Buffer b = lowering.buffer(node.input(1));
        Buffer bias = Epilogues.bias(lowering, node, op.epilogue(), 2);
        Buffer residual = Epilogues.residual(lowering, node, op.epilogue(), 2);
        int mTiles = tiles(m, ProductKernel.TILE);
        int nTiles = tiles(n, ProductKernel.TILE);
        boolean plain = op.epilogue().equals(Epilogue.NONE);
        int wanted = plain ? parts((long) mTiles * nTiles * batches, k) : 1;
        int length = (k + wanted - 1) / wanted;
        int parts = (k + length - 1) / length;
        long size = (long) batches * m * n;
        Buffer y = lowering.output(node);
        Buffer to = parts == 1 ? y : lowering.scratch(parts * size);
        int aRow = op.transposeA() ? 1 : k;
        int aColumn = op.transposeA() ? m : 1;
        int bRow = op.transposeB() ? 1 : n;
        int bColumn = op.transposeB() ? k : 1;
        lowering.emit(Kind.PRODUCT, mTiles * nTiles * batches * parts, 2 * size * k, Job.list(a, b, bias, residual), Job.list(to), w -> {
            w.add(m, n, k).at(a).add(aRow, aColumn).at(b).add(bRow, bColumn).at(to).at(bias).at(residual);
            w.add(op.epilogue().relu() ? 1 : 0, aColumn == 1 ? 1 : 0, bRow == 1 ? 1 : 0, parts, length, mTiles, nTiles, batches, axes.size(), lowering.isFine() ? 1 : 0);
            axes.forEach(w::add);
        });
        if (parts > 1) {
            lowering.reductions().reduce(ReduceKernel.SUM, new Folded(1, parts, size), to, y);
        }
    }

    /** Offset of a weight's tap, strides to the next output and input channel. */
    private record WeightLayout(Buffer buffer, int tap, int out, int in) {
    }

    /**
     * A constant weight is rearranged to {@code [taps, rows, columns]} of the product, so that neighbouring threads read neighbouring numbers; one that is
     * trained stays as it is.
     *
     * @param back whether output channels are what is summed over
     */
    private WeightLayout weight(Tensor node, boolean back) {
        Shape s = node.shape();
        int o = s.dim(0);
        int i = s.dim(1);
        int taps = s.dim(2) * s.dim(3);
        if (!lowering.isConstantNode(node)) {
            Buffer raw = lowering.buffer(node);
            return back ? new WeightLayout(raw, 1, taps, i * taps) : new WeightLayout(raw, 1, i * taps, taps);
        }
        Buffer packed = lowering.pool().add(s.size(), node.toString(), () -> {
            float[] from = lowering.elements(node);
            float[] to = new float[from.length];
            for (int a = 0; a < o; a++) {
                for (int b = 0; b < i; b++) {
                    for (int t = 0; t < taps; t++) {
                        to[back ? (t * o + a) * i + b : (t * i + b) * o + a] = from[(a * i + b) * taps + t];
                    }
                }
            }
            return to;
        });
        return back ? new WeightLayout(packed, o * i, 1, i) : new WeightLayout(packed, o * i, 1, o);
    }

    void conv2d(Tensor node, Op.Conv2d op) {
        Shape x = node.input(0).shape();
        Shape w = node.input(1).shape();
        Shape y = node.shape();
        int taps = w.dim(2) * w.dim(3);
        if (nothingToMultiply(node, (long) taps * w.dim(1), op.epilogue(), 2)) {
            return;
        }
        if (isLibraryProduct(w.dim(2), w.dim(3), op.stride(), op.padding())) {
            Gemm.Rows rows = new Gemm.Rows(pixels(x), y.dim(3), x.dim(3), lowering.buffer(node.input(0)), false, lowering.buffer(node.input(1)), true);
            library.product(node, op.epilogue(), rows, List.of());
            return;
        }
        boolean possible = w.dim(2) == 3 && w.dim(3) == 3 && op.stride() == 1 && op.padding() == 1 && !lowering.isFine()
            && lowering.isConstantNode(node.input(1));
        long more = (long) (WinogradInputKernel.FREQUENCIES - taps) * x.dim(3) * y.dim(3);
        if (possible && more <= room && Winograd.isChosen(x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(3))) {
            room -= more;
            winograd(node, op);
            return;
        }
        Buffer from = lowering.buffer(node.input(0));
        WeightLayout weight = weight(node.input(1), false);
        Buffer bias = Epilogues.bias(lowering, node, op.epilogue(), 2);
        Buffer residual = Epilogues.residual(lowering, node, op.epilogue(), 2);
        Buffer to = lowering.output(node);
        List<int[]> reach = new ArrayList<>();
        for (int t = 0; t < taps; t++) {
            reach.add(new int[] {t / w.dim(3) - op.padding(), t % w.dim(3) - op.padding(), t * weight.tap()});
        }
        long[] s = y.strides();
        convolution(x, y.dim(1), y.dim(2), y.dim(3), op.stride(), from, weight, to, 0, s, bias, residual, op.epilogue().relu(), reach);
    }

    /** In three steps: patches to frequencies, a product for each, frequencies to tiles of the output. */
    private void winograd(Tensor node, Op.Conv2d op) {
        Shape x = node.input(0).shape();
        int channels = x.dim(3);
        int outputs = node.dim(3);
        int tilesHigh = Lowering.groups(x.dim(1), WinogradInputKernel.TILE);
        int tilesWide = Lowering.groups(x.dim(2), WinogradInputKernel.TILE);
        int tiles = Winograd.tiles(x.dim(0), x.dim(1), x.dim(2));
        int frequencies = WinogradInputKernel.FREQUENCIES;
        Buffer from = lowering.buffer(node.input(0));
        Tensor w = node.input(1);
        Buffer weight = lowering.pool().add((long) frequencies * channels * outputs, w.toString(),
            () -> Winograd.transform(lowering.elements(w), outputs, channels));
        Buffer bias = Epilogues.bias(lowering, node, op.epilogue(), 2);
        Buffer residual = Epilogues.residual(lowering, node, op.epilogue(), 2);
        Buffer patches = lowering.scratch((long) frequencies * tiles * channels);
        Buffer products = lowering.scratch((long) frequencies * tiles * outputs);
        Buffer to = lowering.output(node);
        int in = tiles * channels;
        int out = tiles * outputs;
        lowering.emit(Kind.WINOGRAD_INPUT, Lowering.groups(in, WinogradInputKernel.THREADS), 0, Job.list(from), Job.list(patches),
            d -> d.add(in, channels, x.dim(1), x.dim(2), tilesHigh, tilesWide).at(from).at(patches));
        long flops = 18 * node.shape().size() * channels; // those of direct computation
        if (lowering.hasLibrary()) {
            library.calls(new Gemm.Rows(tiles, outputs, channels, patches, false, weight, false), products,
                List.of(new Gemm.Axis(frequencies, in, (long) channels * outputs, out)), flops);
        } else {
            int mTiles = tiles(tiles, ProductKernel.TILE);
            int nTiles = tiles(outputs, ProductKernel.TILE);
            lowering.emit(Kind.PRODUCT, mTiles * nTiles * frequencies, flops, Job.list(patches, weight), Job.list(products), d -> {
                d.add(tiles, outputs, channels).at(patches).add(channels, 1).at(weight).add(outputs, 1).at(products).add(-1, -1, 0, 1, 0);
                d.add(1, channels, mTiles, nTiles, frequencies, 1, 0).add(1, frequencies, in, channels * outputs);
            });
        }
        lowering.emit(Kind.WINOGRAD_OUTPUT, Lowering.groups(out, WinogradOutputKernel.THREADS), 0, Job.list(products, bias, residual),
            Job.list(to), d -> d.add(out, outputs, x.dim(1), x.dim(2), tilesHigh, tilesWide).at(products).at(to).at(bias).at(residual)
                .add(op.epilogue().relu() ? 1 : 0));
    }

    private void convolution(Shape x, int gridHeight, int gridWidth, int outputs, int step, Buffer from, WeightLayout weight, Buffer to, long shift,
        long[] strides, @Nullable Buffer bias, @Nullable Buffer residual, boolean relu, List<int[]> taps) {
        int rows = x.dim(0) * gridHeight * gridWidth;
        int mTiles = tiles(rows, ConvolutionKernel.TILE);
        int nTiles = tiles(outputs, ConvolutionKernel.TILE);
        long flops = 2L * rows * outputs * x.dim(3) * taps.size();
        lowering.emit(Kind.CONVOLUTION, mTiles * nTiles, flops, Job.list(from, weight.buffer(), bias, residual), Job.list(to), w -> {
            w.add(rows, outputs, x.dim(3), taps.size()).at(from).add(x.dim(1), x.dim(2), gridHeight, gridWidth, step);
            w.at(weight.buffer()).add(weight.out(), weight.in(), to.at() + (int) shift, (int) strides[0], (int) strides[1], (int) strides[2]);
            w.at(bias).at(residual).add(relu ? 1 : 0, mTiles, nTiles, lowering.isFine() ? 1 : 0);
            taps.forEach(w::add);
        });
    }

    /** For each place in a stride a convolution of the output gradient with the taps that reach it. */
    void inputGradient(Tensor node, Op.Conv2dInputGradient op) {
        Shape g = node.input(0).shape();
        Shape w = node.input(1).shape();
        if (nothingToMultiply(node, g.size(), Epilogue.NONE, 2)) {
            return;
        }
        Buffer from = lowering.buffer(node.input(0));
        if (isLibraryProduct(w.dim(2), w.dim(3), op.stride(), op.padding())) {
            Gemm.Rows rows = new Gemm.Rows(pixels(g), w.dim(1), g.dim(3), from, false, lowering.buffer(node.input(1)), false);
            library.product(node, Epilogue.NONE, rows, List.of());
            return;
        }
        WeightLayout weight = weight(node.input(1), true);
        Buffer to = lowering.output(node);
        int stride = op.stride();
        long[] s = node.shape().strides();
        long[] strides = {s[0], s[1] * stride, s[2] * stride, 1};
        for (int py = 0; py < Math.min(stride, op.height()); py++) {
            for (int px = 0; px < Math.min(stride, op.width()); px++) {
                List<int[]> reach = new ArrayList<>();
                for (int t = 0; t < w.dim(2) * w.dim(3); t++) {
                    int down = py + op.padding() - t / w.dim(3);
                    int across = px + op.padding() - t % w.dim(3);
                    if (Math.floorMod(down, stride) == 0 && Math.floorMod(across, stride) == 0) {
                        reach.add(new int[] {Math.floorDiv(down, stride), Math.floorDiv(across, stride), t * weight.tap()});
                    }
                }
                int rows = (op.height() - py + stride - 1) / stride;
                int columns = (op.width() - px + stride - 1) / stride;
                convolution(g, rows, columns, w.dim(1), 1, from, weight, to, s[1] * py + s[2] * px, strides, null, null, false, reach);
            }
        }
    }

    void weightGradient(Tensor node, Op.Conv2dWeightGradient op) {
        Shape x = node.input(0).shape();
        Shape g = node.input(1).shape();
        if (nothingToMultiply(node, g.size(), Epilogue.NONE, 2)) {
            return;
        }
        Buffer from = lowering.buffer(node.input(0));
        Buffer gradient = lowering.buffer(node.input(1));
        int o = g.dim(3);
        int i = x.dim(3);
        int taps = op.kernelHeight() * op.kernelWidth();
        int pixels = pixels(g);
        if (isLibraryProduct(op.kernelHeight(), op.kernelWidth(), op.stride(), op.padding())) {
            library.product(node, Epilogue.NONE, new Gemm.Rows(o, i, pixels, gradient, true, from, false), List.of());
            return;
        }
        int mTiles = tiles(o, WeightGradientKernel.TILE);
        int nTiles = tiles(i, WeightGradientKernel.TILE);
        int wanted = parts((long) mTiles * nTiles * taps, pixels);
        int length = (pixels + wanted - 1) / wanted;
        int parts = (pixels + length - 1) / length;
        long size = node.shape().size();
        Buffer y = lowering.output(node);
        Buffer to = parts == 1 ? y : lowering.scratch(parts * size);
        lowering.emit(Kind.WEIGHT_GRADIENT, mTiles * nTiles * taps * parts, 2 * size * pixels, Job.list(from, gradient), Job.list(to), w -> {
            w.add(o, i, pixels).at(from).add(x.dim(1), x.dim(2), g.dim(1), g.dim(2), op.stride()).at(gradient).at(to);
            w.add(parts, length, mTiles, nTiles, taps, (int) size);
            for (int t = 0; t < taps; t++) {
                w.add(t / op.kernelWidth() - op.padding(), t % op.kernelWidth() - op.padding());
            }
        });
        if (parts > 1) {
            lowering.reductions().reduce(ReduceKernel.SUM, new Folded(1, parts, size), to, y);
        }
    }
}

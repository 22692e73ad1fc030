package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.set;

import io.github.remocap.tensor.SparseMatrix;
import org.jspecify.annotations.Nullable;

/** Steps of matrix products and convolutions: packing the right side, multiplying. */
final class Products {
    private Products() {
    }

    /**
     * Packs the right sides of a product, {@code [k, n]} each, or {@code [n, k]} if transposed, dense, one behind the other.
     */
    static final class PackMatrix extends Step {
        private final Buffer b;
        private final int batch;
        private final int k;
        private final int n;
        private final boolean transposed;
        private final Buffer packed;
        private final int width;
        private final int panels;

        PackMatrix(Buffer b, int batch, int k, int n, boolean transposed, Buffer packed) {
            this.b = b;
            this.batch = batch;
            this.k = k;
            this.n = n;
            this.transposed = transposed;
            this.packed = packed;
            this.width = ImplicitGemm.panel(1, k, n);
            this.panels = (n + width - 1) / width;
        }

        @Override
        int units() {
            return batch * panels;
        }

        @Override
        void run(int unit, Scratch memory) {
            int first = unit % panels * width;
            int count = Math.min(width, n - first);
            long from = b.at() + 4L * k * n * (unit / panels);
            long to = packed.at() + 4 * (ImplicitGemm.packedFloats(1, k, n) * (unit / panels) + (long) first * k);
            if (transposed) {
                Panels.packTransposed(width, from + 4L * k * first, k, count, k, to);
            } else {
                Panels.pack(width, from + 4L * first, k, count, n, to);
            }
        }
    }

    /** Transforms and packs a 3x3 weight {@code [outputs, inputs, 3, 3]} for {@link Winograd}. */
    static final class PackWinograd extends Step {
        private final Buffer w;
        private final int outputs;
        private final int inputs;
        private final Buffer packed;
        private final int pieces;

        PackWinograd(Buffer w, int outputs, int inputs, Buffer packed) {
            this.w = w;
            this.outputs = outputs;
            this.inputs = inputs;
            this.packed = packed;
            this.pieces = Math.min(8, inputs);
        }

        @Override
        int units() {
            return (outputs + MicroKernel.COLUMNS - 1) / MicroKernel.COLUMNS * pieces;
        }

        @Override
        int scratchFloats() {
            return Winograd.packScratch((inputs + pieces - 1) / pieces);
        }

        @Override
        void run(int unit, Scratch memory) {
            int panel = unit / pieces;
            int piece = unit % pieces;
            int first = panel * MicroKernel.COLUMNS;
            Winograd.packPanel(w.at() + 36L * first * inputs, Math.min(MicroKernel.COLUMNS, outputs - first), inputs, (int) from(inputs, pieces, piece),
                (int) from(inputs, pieces, piece + 1), packed.at() + 4 * Winograd.packedFloats(inputs, MicroKernel.COLUMNS) * panel, memory.floats);
        }
    }

    /** y = relu(conv(x) + bias + residual) by {@link Winograd}. */
    static final class WinogradConvolution extends Step {
        private final Winograd winograd;
        private final Buffer x;
        private final Buffer packed;
        private final @Nullable Buffer bias;
        private final @Nullable Buffer residual;
        private final boolean relu;
        private final Buffer y;

        WinogradConvolution(Winograd winograd, Buffer x, Buffer packed, @Nullable Buffer bias, @Nullable Buffer residual, boolean relu, Buffer y,
            long flops) {
            this.winograd = winograd;
            this.x = x;
            this.packed = packed;
            this.bias = bias;
            this.residual = residual;
            this.relu = relu;
            this.y = y;
            this.flops = flops;
        }

        @Override
        int units() {
            return winograd.units();
        }

        @Override
        int scratchFloats() {
            return winograd.scratchFloats();
        }

        @Override
        void run(int unit, Scratch memory) {
            winograd.run(unit, x.at(), packed.at(), bias == null ? 0 : bias.at(), residual == null ? 0 : residual.at(), relu, y.at(), memory.floats);
        }
    }

    /** The first pass of {@link WideWinograd}: leaves transformed patches in a shared array. */
    static final class WinogradPatches extends Step {
        private final WideWinograd winograd;
        private final Buffer x;

        WinogradPatches(WideWinograd winograd, Buffer x, Buffer transformed) {
            this.winograd = winograd;
            this.shared = transformed;
            this.x = x;
        }

        @Override
        int units() {
            return winograd.transformUnits();
        }

        @Override
        int scratchFloats() {
            return winograd.scratchFloats();
        }

        @Override
        int sharedFloats() {
            return winograd.transformedFloats();
        }

        @Override
        void run(int unit, Scratch memory) {
            winograd.transform(unit, x.at(), memory.shared[slot], memory.floats);
        }
    }

    /** The second pass of {@link WideWinograd}: y = relu(conv(x) + bias + residual). */
    static final class WideWinogradConvolution extends Step {
        private final WideWinograd winograd;
        private final Buffer packed;
        private final @Nullable Buffer bias;
        private final @Nullable Buffer residual;
        private final boolean relu;
        private final Buffer y;

        WideWinogradConvolution(WideWinograd winograd, Buffer transformed, Buffer packed, @Nullable Buffer bias, @Nullable Buffer residual, boolean relu, Buffer y,
            long flops) {
            this.winograd = winograd;
            this.shared = transformed;
            this.packed = packed;
            this.bias = bias;
            this.residual = residual;
            this.relu = relu;
            this.y = y;
            this.flops = flops;
        }

        @Override
        int units() {
            return winograd.units();
        }

        @Override
        long scratchBytes() {
            return winograd.scratchBytes();
        }

        @Override
        int scratchFloats() {
            return winograd.scratchFloats();
        }

        @Override
        int sharedFloats() {
            return winograd.transformedFloats();
        }

        @Override
        void run(int unit, Scratch memory) {
            winograd.run(unit, memory.shared[slot], packed.at(), bias == null ? 0 : bias.at(), residual == null ? 0 : residual.at(), relu, y.at(),
                memory.address, memory.floats);
        }
    }

    /** y = relu(a x packed + bias + residual), for several left sides of one geometry. */
    static final class Product extends Step {
        private final ImplicitGemm gemm;
        private final int batch;
        private final Buffer a;
        private final long batchBytes;
        private final Buffer packed;
        private final long packedBytes;
        private final @Nullable Buffer bias;
        private final @Nullable Buffer residual;
        private final boolean relu;
        private final Buffer y;
        private final long outBytes;
        private final int units;

        /**
         * @param batchBytes bytes from one left side to the next
         * @param packedBytes bytes from one right side to the next, 0 if all share one
         * @param outBytes bytes from one result to the next
         */
        Product(ImplicitGemm gemm, int batch, Buffer a, long batchBytes, Buffer packed, long packedBytes, @Nullable Buffer bias,
            @Nullable Buffer residual, boolean relu, Buffer y, long outBytes, long flops) {
            this.gemm = gemm;
            this.batch = batch;
            this.a = a;
            this.batchBytes = batchBytes;
            this.packed = packed;
            this.packedBytes = packedBytes;
            this.bias = bias;
            this.residual = residual;
            this.relu = relu;
            this.y = y;
            this.outBytes = outBytes;
            this.units = gemm.units();
            this.flops = flops;
        }

        @Override
        int units() {
            return batch * units;
        }

        @Override
        int scratchFloats() {
            return gemm.scratchFloats();
        }

        @Override
        void run(int unit, Scratch memory) {
            int s = unit / units;
            long at = outBytes * s;
            gemm.run(unit % units, a.at() + batchBytes * s, packed.at() + packedBytes * s, bias == null ? 0 : bias.at(),
                residual == null ? 0 : residual.at() + at, relu, y.at() + at, memory.floats);
        }
    }

    /** y[b] = matrix @ x[b], rows of c floats. */
    static final class Sparse extends Step {
        private final SparseMatrix matrix;
        private final float[] values;
        private final int batch;
        private final int c;
        private final Buffer x;
        private final Buffer y;
        private final int units;

        Sparse(SparseMatrix matrix, int batch, int c, Buffer x, Buffer y) {
            this.matrix = matrix;
            this.values = new float[matrix.values().length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) matrix.values()[i];
            }
            this.batch = batch;
            this.c = c;
            this.x = x;
            this.y = y;
            this.units = split((long) batch * matrix.rows(), Math.max(1, 8192 / Math.max(1, c)));
        }

        @Override
        int units() {
            return units;
        }

        @Override
        void run(int unit, Scratch memory) {
            int rows = matrix.rows();
            long total = (long) batch * rows;
            long end = from(total, units, unit + 1);
            for (long i = from(total, units, unit); i < end; i++) {
                row((int) (i % rows), x.at() + 4 * (i / rows) * matrix.cols() * c, y.at() + 4 * i * c);
            }
        }

        private void row(int r, long from, long to) {
            int end = matrix.rowStart()[r + 1];
            for (int j = 0; j < c; j++) {
                float acc = 0;
                for (int e = matrix.rowStart()[r]; e < end; e++) {
                    acc += values[e] * get(from + 4 * ((long) matrix.columns()[e] * c + j));
                }
                set(to + 4L * j, acc);
            }
        }
    }
}

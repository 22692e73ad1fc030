package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.store;

import jdk.incubator.vector.FloatVector;

/**
 * Packs convolution weights, and those of linear layers, which have one tap. A unit packs some input channels of a panel's output channels, a
 * block at a time through arrays: what goes in and out is copied in long runs, and plain loops over arrays are fast as soon as the program starts.
 */
abstract sealed class PackWeights extends Step {
    private static final int GRAIN = 4096;
    /** Floats at a time: they stay in the first-level cache or near it. */
    private static final int BLOCK = 8192;

    private final Buffer w;
    /** Output channels of a panel. */
    final int width;
    /** Input channels of the convolution that is computed with the packed weight, and its output channels. */
    final int inputs;
    private final int outputs;
    private final int taps; // that the weight has
    private final int[] order;
    private final boolean swapped;
    private final long inputStride;
    private final long outputStride;
    private final int pieces;
    private final int block; // input channels

    private PackWeights(Buffer w, int width, int outputs, int inputs, int taps, int[] order, boolean swapped) {
        this.w = w;
        this.width = width;
        this.inputs = swapped ? outputs : inputs;
        this.outputs = swapped ? inputs : outputs;
        this.taps = taps;
        this.order = order;
        this.swapped = swapped;
        this.inputStride = swapped ? 4L * inputs * taps : 4L * taps;
        this.outputStride = swapped ? 4L * taps : 4L * inputs * taps;
        this.pieces = Math.clamp((long) this.inputs * taps * width / GRAIN, 1, 16);
        this.block = Math.clamp(BLOCK / (taps * width), 1, (this.inputs + pieces - 1) / pieces);
    }

    /** Taps in their own order. */
    static int[] straight(int taps) {
        return java.util.stream.IntStream.range(0, taps).toArray();
    }

    /** The last tap first. */
    static int[] flipped(int taps) {
        return java.util.stream.IntStream.range(0, taps).map(t -> taps - 1 - t).toArray();
    }

    @Override
    int units() {
        return (outputs + width - 1) / width * pieces;
    }

    @Override
    void run(int unit, Scratch memory) {
        int panel = unit / pieces;
        int piece = unit % pieces;
        int columns = Math.min(width, outputs - panel * width);
        int end = (int) from(inputs, pieces, piece + 1);
        for (int c = (int) from(inputs, pieces, piece); c < end; c += block) {
            int count = Math.min(block, end - c);
            read(panel, columns, c, count, memory.floats);
            write(panel, columns, c, count, memory);
        }
    }

    /** Packs what has been read of {@code count} input channels from {@code c}, see {@link #at}. */
    abstract void write(int panel, int columns, int c, int count, Scratch memory);

    /** Floats of a block. */
    final int blockFloats() {
        return block * taps * width;
    }

    private void read(int panel, int columns, int c, int count, float[] f) {
        long from = w.at() + inputStride * c + outputStride * panel * width;
        if (swapped) {
            for (int i = 0; i < count; i++) {
                Simd.read(from + inputStride * i, f, i * columns * taps, columns * taps);
            }
        } else {
            for (int j = 0; j < columns; j++) {
                Simd.read(from + outputStride * j, f, j * count * taps, count * taps);
            }
        }
    }

    /** Where a block has tap {@code t} of its channel {@code i} for the panel's first column. */
    final int at(int i, int columns, int t) {
        return (swapped ? i * columns : i) * taps + order[t];
    }

    /** Floats from column to column there. */
    final int step(int count) {
        return swapped ? taps : count * taps;
    }

    /** One tap of each column, and zeros. */
    final void line(float[] f, int from, int step, int columns, int to) {
        int at = from;
        for (int j = 0; j < columns; j++) {
            f[to + j] = f[at];
            at += step;
        }
        for (int j = columns; j < width; j++) {
            f[to + j] = 0f;
        }
    }

    /** For {@link ImplicitGemm}: {@code [panel][tap][input][width]}, or {@link WideWinograd}. */
    static final class Direct extends PackWeights {
        private final int taps;
        private final Buffer packed;

        /**
         * @param w {@code [outputs, inputs, taps]}
         * @param width of a panel: {@link ImplicitGemm#panel} or {@link WideWinograd#PANEL}
         * @param order the taps to pack
         * @param swapped for the gradient to the input: inputs and outputs change places
         */
        Direct(Buffer w, int width, int outputs, int inputs, int taps, int[] order, boolean swapped, Buffer packed) {
            super(w, width, outputs, inputs, taps, order, swapped);
            this.taps = order.length;
            this.packed = packed;
        }

        @Override
        int scratchFloats() {
            return 2 * blockFloats();
        }

        @Override
        void write(int panel, int columns, int c, int count, Scratch memory) {
            float[] f = memory.floats;
            int lines = blockFloats();
            int step = step(count);
            for (int t = 0; t < taps; t++) {
                for (int i = 0; i < count; i++) {
                    line(f, at(i, columns, t), step, columns, lines + width * i);
                }
                Simd.write(f, lines, packed.at() + 4L * width * ((long) (panel * taps + t) * inputs + c), width * count);
            }
        }
    }

    /** For {@link Winograd}, transformed: {@code [panel][36][input][width]}. */
    static final class Transformed extends PackWeights {
        private static final int SIZE = 6;

        private final Buffer packed;

        /**
         * @param w {@code [outputs, inputs, 3, 3]}
         * @param gradient for the gradient to the input: taps are flipped, inputs and outputs change places
         */
        Transformed(Buffer w, int outputs, int inputs, boolean gradient, Buffer packed) {
            super(w, MicroKernel.COLUMNS, outputs, inputs, 9, gradient ? flipped(9) : straight(9), gradient);
            this.packed = packed;
        }

        @Override
        int scratchFloats() {
            return blockFloats() + width * 9;
        }

        @Override
        long scratchBytes() {
            return 4L * width * (9 + 3 * SIZE);
        }

        @Override
        void write(int panel, int columns, int c, int count, Scratch memory) {
            for (int i = 0; i < count; i++) {
                for (int t = 0; t < 9; t++) {
                    line(memory.floats, at(i, columns, t), step(count), columns, blockFloats() + width * t);
                }
                Simd.write(memory.floats, blockFloats(), memory.address, width * 9);
                transform(memory.address, packed.at() + 4L * width * ((long) panel * SIZE * SIZE * inputs + c + i));
            }
        }

        private void transform(long weights, long to) {
            long line = 4L * width;
            long half = weights + line * 9;
            long plane = line * inputs;
            for (int i = 0; i < 3 + SIZE; i++) { // columns, then rows; one call, which is inlined once
                boolean column = i < 3;
                int y = i - 3;
                points(column ? weights + line * i : half + 3 * line * y, column ? 3 * line : line, column ? half + line * i : to + plane * SIZE * y,
                    column ? 3 * line : plane);
            }
        }

        /** Three lines to six: the kernel's polynomial at the points 0, 1, -1, 2, -1/2 and infinity, scaled as {@link Winograd} says. */
        private static void points(long from, long step, long to, long toStep) {
            FloatVector third = all(1 / 3f);
            FloatVector fifteenth = all(1 / 15f);
            FloatVector twoFifteenths = all(2 / 15f);
            FloatVector fourFifteenths = all(4 / 15f);
            FloatVector eightFifteenths = all(8 / 15f);
            FloatVector minusFourFifteenths = all(-4 / 15f);
            FloatVector minusSixteenFifteenths = all(-16 / 15f);
            for (int j = 0; j < MicroKernel.COLUMNS; j += LANES) {
                FloatVector w0 = load(from + 4L * j);
                FloatVector w1 = load(from + step + 4L * j);
                FloatVector w2 = load(from + 2 * step + 4L * j);
                FloatVector even = w0.add(w2).mul(third);
                FloatVector odd = w1.mul(third);
                store(w0, to + 4L * j);
                store(Simd.zero().sub(even).sub(odd), to + toStep + 4L * j);
                store(even.sub(odd), to + 2 * toStep + 4L * j);
                store(fma(fourFifteenths, w2, fma(twoFifteenths, w1, w0.mul(fifteenth))), to + 3 * toStep + 4L * j);
                store(fma(minusSixteenFifteenths, w0, fma(eightFifteenths, w1, w2.mul(minusFourFifteenths))), to + 4 * toStep + 4L * j);
                store(w2, to + 5 * toStep + 4L * j);
            }
        }
    }
}

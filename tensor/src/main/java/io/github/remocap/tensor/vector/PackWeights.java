package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.LANES;
import static io.github.remocap.tensor.vector.Simd.all;
import static io.github.remocap.tensor.vector.Simd.fma;
import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.load;
import static io.github.remocap.tensor.vector.Simd.set;
import static io.github.remocap.tensor.vector.Simd.store;

import jdk.incubator.vector.FloatVector;

/**
 * Packs convolution weights that change from run to run. A row is what one panel has of one input channel: all taps of a panel's
 * output channels, read from neighbouring memory and written in whole cache lines.
 */
abstract sealed class PackWeights extends Step {
    private static final int GRAIN = 4096;

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
        for (int c = (int) from(inputs, pieces, piece); c < end; c++) {
            row(w.at() + inputStride * c + outputStride * panel * width, columns, panel, c, memory);
        }
    }

    /** Packs one input channel of a panel, whose first weight is at {@code from}. */
    abstract void row(long from, int columns, int panel, int c, Scratch memory);

    /** One tap of each column. */
    final void line(long from, int columns, int t, long to) {
        long at = from + 4L * order[t];
        for (int j = 0; j < columns; j++) {
            set(to + 4L * j, get(at));
            at += outputStride;
        }
        for (int j = columns; j < width; j++) {
            set(to + 4L * j, 0f);
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
        void row(long from, int columns, int panel, int c, Scratch memory) {
            long to = packed.at() + 4L * width * ((long) panel * taps * inputs + c);
            for (int t = 0; t < taps; t++) {
                line(from, columns, t, to + 4L * width * t * inputs);
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
        long scratchBytes() {
            return 4L * width * (9 + 3 * SIZE);
        }

        @Override
        void row(long from, int columns, int panel, int c, Scratch memory) {
            long half = memory.address + 4L * width * 9;
            for (int t = 0; t < 9; t++) {
                line(from, columns, t, memory.address + 4L * width * t);
            }
            long line = 4L * width;
            long plane = line * inputs;
            long to = packed.at() + line * ((long) panel * SIZE * SIZE * inputs + c);
            for (int i = 0; i < 3 + SIZE; i++) { // columns, then rows; one call, which is inlined once
                boolean column = i < 3;
                int y = i - 3;
                points(column ? memory.address + line * i : half + 3 * line * y, column ? 3 * line : line, column ? half + line * i : to + plane * SIZE * y,
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

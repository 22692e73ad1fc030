package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.set;

import io.github.remocap.tensor.Op.BinaryFn;
import org.jspecify.annotations.Nullable;

/**
 * {@code y = fn(a, b)} where rows are shorter than a few vectors, as points of three coordinates are: a block of rows at a time, for
 * which what broadcasting repeats is written out.
 */
final class ShortRows extends Step {
    private static final int BLOCK = 1024;
    private static final int GRAIN = 16 * BLOCK;

    /** How a side goes on from one row to the next. */
    private enum Form {
        CONTIGUOUS, REPEATED, ONE_EACH, SCALAR
    }

    private final BinaryFn fn;
    private final ElementwiseKernel.Binary kernel;
    private final Buffer a;
    private final Buffer b;
    private final Buffer y;
    private final Strides s;
    private final Form formA;
    private final Form formB;
    private final int inner;
    private final int rows;
    private final int blockRows;
    private final long blocks;
    private final int units;

    private ShortRows(BinaryFn fn, Buffer a, Buffer b, Buffer y, Strides s, Form formA, Form formB) {
        this.fn = fn;
        this.kernel = ElementwiseKernel.of(fn);
        this.a = a;
        this.b = b;
        this.y = y;
        this.s = s;
        this.formA = formA;
        this.formB = formB;
        this.inner = s.inner();
        this.rows = s.middle();
        this.blockRows = BLOCK / inner;
        int perGroup = (rows + blockRows - 1) / blockRows;
        this.blocks = s.rows() / rows * perGroup;
        this.units = split(blocks, Math.max(1, GRAIN / (Math.min(blockRows, rows) * inner)));
    }

    /** The step for this walk, or null where rows are long, few, or walked in another way. */
    static @Nullable ShortRows of(BinaryFn fn, Buffer a, Buffer b, Buffer y, Strides s) {
        if (s.axes() < 2 || s.inner() >= 4 * Simd.LANES || (long) s.inner() * s.middle() < 16L * Simd.LANES) {
            return null;
        }
        Form formA = form(s, 0);
        Form formB = form(s, 1);
        return formA == null || formB == null ? null : new ShortRows(fn, a, b, y, s, formA, formB);
    }

    private static @Nullable Form form(Strides s, int array) {
        long step = s.step(array);
        long next = s.middleStep(array);
        if (step == 1) {
            return next == s.inner() ? Form.CONTIGUOUS : next == 0 ? Form.REPEATED : null;
        }
        return next == 1 ? Form.ONE_EACH : next == 0 ? Form.SCALAR : null;
    }

    @Override
    int units() {
        return units;
    }

    @Override
    long scratchBytes() {
        return 2L * 4 * BLOCK;
    }

    @Override
    void run(int unit, Scratch memory) {
        int perGroup = (rows + blockRows - 1) / blockRows;
        long end = from(blocks, units, unit + 1);
        for (long i = from(blocks, units, unit); i < end; i++) {
            long group = i / perGroup;
            int row = (int) (i % perGroup) * blockRows;
            int count = Math.min(blockRows, rows - row);
            int n = count * inner;
            long at = side(a.at() + 4 * s.offset(0, group * rows), formA, row, count, memory.address);
            long bt = side(b.at() + 4 * s.offset(1, group * rows), formB, row, count, memory.address + 4L * BLOCK);
            int stepA = formA == Form.SCALAR ? 0 : 1;
            int stepB = formB == Form.SCALAR ? 0 : 1;
            long yt = y.at() + 4 * ((group * rows + row) * inner);
            for (int j = kernel.run(at, stepA, bt, stepB, yt, n); j < n; j++) {
                set(yt + 4L * j, Elementwise.apply(fn, get(at + 4L * j * stepA), get(bt + 4L * j * stepB)));
            }
        }
    }

    /** Where a side's rows are as the output has them, written out if they are not there yet. */
    private long side(long group, Form form, int row, int count, long block) {
        switch (form) {
            case CONTIGUOUS -> {
                return group + 4L * row * inner;
            }
            case SCALAR -> {
                return group;
            }
            case REPEATED -> ElementwiseKernel.repeat(group, inner, block, count * inner);
            case ONE_EACH -> ElementwiseKernel.spread(group + 4L * row, inner, block, count);
        }
        return block;
    }
}

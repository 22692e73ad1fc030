package io.github.remocap.tornado.kernel;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** What moves numbers between the arrays that are copied over the bus and the two that stay on the device. */
public final class TransferKernels {
    /** Threads of a work-group. */
    public static final int THREADS = 256;

    private TransferKernels() {
    }

    /** Nothing but the first words: the device's arrays exist once this has run. */
    public static void begin(KernelContext context, FloatArray arena, IntArray code) {
        if (context.globalIdx == 0) {
            arena.set(0, 0f);
            code.set(0, 1);
        }
    }

    /** {@code to[0]: offset; to[1]: elements; to[2]: the record that the next graph starts at, or -1}. */
    public static void load(KernelContext context, FloatArray staging, IntArray to, FloatArray arena, IntArray code, IntArray done) {
        int i = context.globalIdx;
        if (i < to.get(1)) {
            arena.set(to.get(0) + i, staging.get(i));
        }
        if (i == 0) {
            if (to.get(2) >= 0) {
                code.set(0, to.get(2));
            }
            done.set(0, 1);
        }
    }

    /** {@code to[0]: offset; to[1]: words}. */
    public static void loadCode(KernelContext context, IntArray staging, IntArray to, IntArray code, IntArray done) {
        int i = context.globalIdx;
        if (i < to.get(1)) {
            code.set(to.get(0) + i, staging.get(i));
        }
        if (i == 0) {
            done.set(0, 1);
        }
    }

    /** {@code from[0]: offset; from[1]: elements}. */
    public static void save(KernelContext context, FloatArray arena, IntArray from, FloatArray staging) {
        int i = context.globalIdx;
        if (i < from.get(1)) {
            staging.set(i, arena.get(from.get(0) + i));
        }
    }

    /** Goes on to the record of the next graph, whose place is the first word of this one's. */
    public static void next(KernelContext context, IntArray code) {
        if (context.globalIdx == 0) {
            code.set(0, code.get(code.get(0)));
        }
    }
}

package io.github.remocap.tornado.run;

import io.github.remocap.tornado.lower.Gemm;
import java.util.List;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.common.Access;
import uk.ac.manchester.tornado.api.common.LibraryTaskDescriptor;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.runtime.common.TornadoXPUDevice;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryContext;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryInvocation;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;

/**
 * Products of a device's graphs by a library. Graphs are shared by programs, so a library task does not know its products: they are in a table that is
 * set before a graph runs and read when the task is dispatched, which is while {@code execute} runs, on the same thread.
 */
final class Blas {
    /** A product and whose it is. */
    record Call(String label, Gemm gemm) {
    }

    /** What the library answered, and to what. */
    static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int task;
        private final String label;

        private Failure(int task, Call call, String function, Throwable cause) {
            super(function + " of " + call + " failed", cause);
            this.task = task;
            this.label = call.label();
        }

        /** Which of the graph's tasks it was. */
        int task() {
            return task;
        }

        /** The op and the module. */
        String label() {
            return label;
        }
    }

    private static final int NORMAL = 0;
    private static final int TRANSPOSED = 1;

    private final TornadoLibraryProvider library;
    private List<List<Call>> calls = List.of();
    private @Nullable LibraryContext context;
    private long address;

    Blas(TornadoLibraryProvider library) {
        this.library = library;
    }

    /** A task that does what the table says for its place in the graph. */
    LibraryTaskDescriptor task(FloatArray arena, int place) {
        return new LibraryTaskDescriptor().withLibrary(BlasProvider.NAME).withFunction("products").withParameters(new Object[] {arena, place})
            .withAccess(new Access[] {Access.READ_WRITE, Access.READ_ONLY}).withTuning(this);
    }

    /** Says what the tasks of the next graph must do, by their places; nothing for those that are kernels. */
    void next(List<List<Call>> table) {
        calls = table;
    }

    /** Makes the library's handle for a device's queue, once. */
    LibraryContext open(TornadoXPUDevice device, long plan) {
        if (context == null) {
            try {
                context = library.createContext(device, plan);
            } catch (RuntimeException | Error e) {
                throw new DeviceException("the library for products does not start: " + e.getMessage() + ". " + Advice.LIBRARY, e);
            }
        }
        return context;
    }

    /** Frees the library's handle. */
    void close() {
        if (context != null) {
            library.destroyContext(context);
            context = null;
        }
    }

    /** Where the device's array is, as the last task was told. */
    long address() {
        return address;
    }

    /** Dispatches the products of a task, whose arguments are those of {@link #task}. */
    void run(LibraryInvocation task) {
        address = task.getDevicePointer(0);
        int place = (int) task.getArg(1);
        LibraryContext opened = open(task.getDevice(), task.getExecutionPlanId());
        for (Call call : calls.get(place)) {
            String function = call.gemm().batch() == 1 ? "cublasSgemm" : "cublasSgemmStridedBatched";
            try {
                library.dispatch(function, invocation(call.gemm(), task, opened));
            } catch (RuntimeException | Error e) {
                throw new Failure(place, call, function, e);
            }
        }
    }

    /** Arguments in cuBLAS's order, matrices as addresses. No tuning: the handle's default mode computes float32 in float32, never in TF32. */
    private LibraryInvocation invocation(Gemm g, LibraryInvocation task, LibraryContext opened) {
        Object arena = task.getArg(0);
        int opA = g.transposeA() ? TRANSPOSED : NORMAL;
        int opB = g.transposeB() ? TRANSPOSED : NORMAL;
        boolean one = g.batch() == 1;
        Object[] arguments = one
            ? new Object[] {opA, opB, g.m(), g.n(), g.k(), 1f, arena, g.lda(), arena, g.ldb(), 0f, arena, g.ldc()}
            : new Object[] {opA, opB, g.m(), g.n(), g.k(), 1f, arena, g.lda(), (long) g.strideA(), arena, g.ldb(), (long) g.strideB(), 0f, arena, g.ldc(),
                (long) g.strideC(), g.batch()};
        int[] places = one ? new int[] {6, 8, 11} : new int[] {6, 9, 13};
        int[] offsets = {g.a(), g.b(), g.c()};
        long[] addresses = new long[arguments.length];
        boolean[] isReference = new boolean[arguments.length];
        for (int i = 0; i < places.length; i++) {
            addresses[places[i]] = address + (long) Float.BYTES * offsets[i];
            isReference[places[i]] = true;
        }
        return new LibraryInvocation(arguments, addresses, isReference, task.getDevice(), task.getExecutionPlanId(), opened, null);
    }
}

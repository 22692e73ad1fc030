package io.github.remocap.tornado.run;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.runtime.common.TornadoXPUDevice;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryContext;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryInvocation;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;

/**
 * cuBLAS's place on a device that has none: the same two functions with the same arguments, in Java. It takes them as TornadoVM's own provider does, refuses
 * what cuBLAS refuses, copies the matrices from the device, and the result back, while the graph that asked is being dispatched.
 */
public final class FakeBlas implements TornadoLibraryProvider {
    /** A handle. */
    private record Handle(long plan) implements LibraryContext {
    }

    private final List<String> functions = new ArrayList<>();
    private @Nullable TornadoDevice device;
    private int handles;
    private boolean failing;

    /** Says whose array the addresses are in. */
    void attach(TornadoDevice owner) {
        device = owner;
    }

    /** Says that all calls fail from now on, as those of a lost device would. */
    void fail() {
        failing = true;
    }

    /** Names of the functions called since somebody asked. */
    public List<String> called() {
        List<String> called = List.copyOf(functions);
        functions.clear();
        return called;
    }

    /** Handles that were made and not freed. */
    int handles() {
        return handles;
    }

    @Override
    public String libraryName() {
        return "nvidia/cublas";
    }

    @Override
    public boolean canHandle(TornadoXPUDevice any) {
        return true;
    }

    @Override
    public LibraryContext createContext(TornadoXPUDevice any, long executionPlanId) {
        handles++;
        return new Handle(executionPlanId);
    }

    @Override
    public void destroyContext(LibraryContext context) {
        handles--;
    }

    /** Arguments as cuBLAS names them, without alpha, which is 1, and beta, which is 0. */
    private record Arguments(int transa, int transb, int m, int n, int k, long a, int lda, long strideA, long b, int ldb, long strideB, long c, int ldc,
        long strideC, int batch) {
        boolean isValid() {
            return (transa == 0 || transa == 1) && (transb == 0 || transb == 1) && m >= 0 && n >= 0 && k >= 0 && batch >= 0
                && lda >= Math.max(1, transa == 0 ? m : k) && ldb >= Math.max(1, transb == 0 ? k : n) && ldc >= Math.max(1, m);
        }
    }

    @Override
    public void dispatch(String function, LibraryInvocation i) {
        functions.add(function);
        if (((Handle) i.getContext()).plan() != i.getExecutionPlanId() || i.getTuning() != null) {
            throw new IllegalStateException("a handle of another plan, or another math mode");
        }
        Arguments arguments;
        float alpha = (float) i.getArg(5);
        float beta;
        switch (function) {
            case "cublasSgemm" -> {
                beta = (float) i.getArg(10);
                arguments = new Arguments((int) i.getArg(0), (int) i.getArg(1), (int) i.getArg(2), (int) i.getArg(3), (int) i.getArg(4), address(i, 6),
                    (int) i.getArg(7), 0, address(i, 8), (int) i.getArg(9), 0, address(i, 11), (int) i.getArg(12), 0, 1);
            }
            case "cublasSgemmStridedBatched" -> {
                beta = (float) i.getArg(12);
                arguments = new Arguments((int) i.getArg(0), (int) i.getArg(1), (int) i.getArg(2), (int) i.getArg(3), (int) i.getArg(4), address(i, 6),
                    (int) i.getArg(7), (long) i.getArg(8), address(i, 9), (int) i.getArg(10), (long) i.getArg(11), address(i, 13), (int) i.getArg(14),
                    (long) i.getArg(15), (int) i.getArg(16));
            }
            default -> throw new TornadoRuntimeException("[ERROR] cuBLAS function not supported: " + function);
        }
        if (failing) {
            throw new TornadoRuntimeException("[ERROR] " + function + " failed with status: CUBLAS_STATUS_EXECUTION_FAILED");
        }
        if (alpha != 1 || beta != 0 || !arguments.isValid()) {
            throw new TornadoRuntimeException("[ERROR] " + function + " failed with status: CUBLAS_STATUS_INVALID_VALUE, " + arguments);
        }
        compute(arguments);
    }

    private static long address(LibraryInvocation i, int argument) {
        if (!i.isReference(argument)) {
            throw new IllegalStateException("argument " + argument + " is no matrix");
        }
        return i.getDevicePointer(argument);
    }

    private float[] read(long address, long count) {
        float[] elements = new float[Math.toIntExact(count)];
        owner().transfers().save(offset(address), MemorySegment.ofArray(elements), count);
        return elements;
    }

    private TornadoDevice owner() {
        if (device == null) {
            throw new IllegalStateException("no device");
        }
        return device;
    }

    private long offset(long address) {
        Blas blas = owner().runtime().blas();
        long bytes = blas == null ? -1 : address - blas.address();
        if (bytes < 0 || bytes % Float.BYTES != 0) {
            throw new IllegalStateException("address " + address + " is not in the device's array");
        }
        return bytes / Float.BYTES;
    }

    /** Floats from the first element to the last one's end. */
    private static long extent(int rows, int columns, int ld, long stride, int batch) {
        return (batch - 1) * stride + (columns - 1L) * ld + rows;
    }

    private void compute(Arguments g) {
        boolean na = g.transa() == 0;
        boolean nb = g.transb() == 0;
        float[] a = read(g.a(), na ? extent(g.m(), g.k(), g.lda(), g.strideA(), g.batch()) : extent(g.k(), g.m(), g.lda(), g.strideA(), g.batch()));
        float[] b = read(g.b(), nb ? extent(g.k(), g.n(), g.ldb(), g.strideB(), g.batch()) : extent(g.n(), g.k(), g.ldb(), g.strideB(), g.batch()));
        float[] c = read(g.c(), extent(g.m(), g.n(), g.ldc(), g.strideC(), g.batch()));
        for (int p = 0; p < g.batch(); p++) {
            for (int column = 0; column < g.n(); column++) {
                for (int row = 0; row < g.m(); row++) {
                    float sum = 0;
                    for (int t = 0; t < g.k(); t++) {
                        long atA = p * g.strideA() + (na ? row + (long) t * g.lda() : t + (long) row * g.lda());
                        long atB = p * g.strideB() + (nb ? t + (long) column * g.ldb() : column + (long) t * g.ldb());
                        sum += a[(int) atA] * b[(int) atB];
                    }
                    c[(int) (p * g.strideC() + row + (long) column * g.ldc())] = sum;
                }
            }
        }
        owner().transfers().load(MemorySegment.ofArray(c), offset(g.c()), c.length, -1);
    }
}

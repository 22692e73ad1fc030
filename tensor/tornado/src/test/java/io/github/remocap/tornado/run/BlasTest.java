package io.github.remocap.tornado.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.remocap.tornado.Gpu;
import io.github.remocap.tornado.lower.Gemm;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.common.LibraryTaskDescriptor;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.runtime.common.TornadoXPUDevice;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryContext;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryInvocation;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;

/** What TornadoVM's provider of cuBLAS is given. */
class BlasTest {
    private static final long ADDRESS = 0x7f12_0000_0010L;
    private static final long PLAN = 7;
    /** One product, of matrices that lie row by row: {@code [4, 5]} times {@code [6, 5]} transposed. */
    private static final Gemm ONE = new Gemm(true, false, 6, 4, 5, 1000, 5, 0, 2000, 5, 0, 536_870_000, 6, 0, 1);
    /** Three of them, which share the right side. */
    private static final Gemm THREE = new Gemm(false, true, 6, 4, 5, 1000, 6, 0, 2000, 4, 20, 3000, 6, 24, 3);

    /** Keeps what it is given. */
    private static class Recorder implements TornadoLibraryProvider {
        private final LibraryContext handle = new LibraryContext() { };
        private final List<String> functions = new ArrayList<>();
        private final List<LibraryInvocation> invocations = new ArrayList<>();
        private int open;

        @Override
        public String libraryName() {
            return "nvidia/cublas";
        }

        @Override
        public boolean canHandle(TornadoXPUDevice device) {
            return true;
        }

        @Override
        public LibraryContext createContext(TornadoXPUDevice device, long executionPlanId) {
            assertEquals(PLAN, executionPlanId);
            open++;
            return handle;
        }

        @Override
        public void dispatch(String function, LibraryInvocation invocation) {
            functions.add(function);
            invocations.add(invocation);
        }

        @Override
        public void destroyContext(LibraryContext context) {
            assertSame(handle, context);
            open--;
        }
    }

    @BeforeEach
    void needsTornado() {
        Gpu.device();
    }

    /** Runs task {@code place} of a graph as TornadoVM would. */
    private static void dispatch(Blas blas, int place, LibraryContext context) {
        FloatArray arena = new FloatArray(1);
        LibraryTaskDescriptor task = blas.task(arena, place);
        BlasProvider provider = new BlasProvider();
        assertEquals(provider.libraryName(), task.getLibraryName());
        assertEquals(task.getParameters().length, task.getAccess().length);
        provider.prepare(task, context);
        provider.dispatch(task.getFunctionName(), new LibraryInvocation(task.getParameters(), new long[] {ADDRESS, 0}, new boolean[] {true, false},
            device(), PLAN, context, task.getTuning()));
    }

    private static TornadoXPUDevice device() {
        return (TornadoXPUDevice) uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider.getTornadoRuntime().getBackend(0).getDevice(0);
    }

    private static List<Object> arguments(LibraryInvocation i) {
        return IntStream.range(0, i.getNumArgs()).mapToObj(a -> i.isReference(a) ? "at " + (i.getDevicePointer(a) - ADDRESS) : i.getArg(a)).toList();
    }

    @Test
    void aLibraryThatDoesNotStartSaysWhatHelps() {
        Blas blas = new Blas(new Recorder() {
            @Override
            public LibraryContext createContext(TornadoXPUDevice device, long executionPlanId) {
                throw new TornadoRuntimeException("no handle");
            }
        });
        DeviceException e = assertThrows(DeviceException.class, () -> blas.open(device(), PLAN));
        assertTrue(e.getMessage().contains("no handle") && e.getMessage().contains(Libraries.PROPERTY + "=never"), e.getMessage());
    }

    @Test
    void argumentsAreThoseOfCublas() {
        Recorder library = new Recorder();
        Blas blas = new Blas(library);
        LibraryContext context = new BlasProvider().createContext(device(), PLAN);
        blas.next(List.of(List.of(), List.of(new Blas.Call("MatMul at a", ONE), new Blas.Call("MatMul at b", THREE)), List.of()));
        dispatch(blas, 1, context);
        assertEquals(List.of("cublasSgemm", "cublasSgemmStridedBatched"), library.functions);
        // transa, transb, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc: bytes from the array's first element
        assertEquals(List.of(1, 0, 6, 4, 5, 1f, "at 4000", 5, "at 8000", 5, 0f, "at 2147480000", 6), arguments(library.invocations.get(0)));
        // ..., A, lda, strideA, B, ldb, strideB, beta, C, ldc, strideC, batchCount
        assertEquals(List.of(0, 1, 6, 4, 5, 1f, "at 4000", 6, 0L, "at 8000", 4, 20L, 0f, "at 12000", 6, 24L, 3), arguments(library.invocations.get(1)));
        for (LibraryInvocation i : library.invocations) {
            assertSame(library.handle, i.getContext());
            assertNull(i.getTuning(), "the default mode, without TF32");
            assertEquals(PLAN, i.getExecutionPlanId());
        }
    }

    @Test
    void tasksReadTheTableWhenTheyAreDispatched() {
        Recorder library = new Recorder();
        Blas blas = new Blas(library);
        BlasProvider provider = new BlasProvider();
        LibraryContext context = provider.createContext(device(), PLAN);
        blas.next(List.of(List.of(new Blas.Call("first", ONE))));
        dispatch(blas, 0, context);
        blas.next(List.of(List.of(new Blas.Call("second", THREE), new Blas.Call("third", THREE))));
        dispatch(blas, 0, context);
        assertEquals(List.of("cublasSgemm", "cublasSgemmStridedBatched", "cublasSgemmStridedBatched"), library.functions);
        assertEquals(1, library.open, "one handle for all");
        provider.destroyContext(context);
        assertEquals(0, library.open);
    }

    @Test
    void aFailureNamesItsProduct() {
        Blas blas = new Blas(new Recorder() {
            @Override
            public void dispatch(String function, LibraryInvocation invocation) {
                if (function.equals("cublasSgemmStridedBatched")) {
                    throw new TornadoRuntimeException("[ERROR] " + function + " failed with status: CUBLAS_STATUS_EXECUTION_FAILED");
                }
            }
        });
        blas.next(List.of(List.of(), List.of(new Blas.Call("MatMul at a", ONE), new Blas.Call("MatMul at b.c", THREE))));
        LibraryContext context = new BlasProvider().createContext(device(), PLAN);
        Blas.Failure failure = assertThrows(Blas.Failure.class, () -> dispatch(blas, 1, context));
        assertEquals(1, failure.task());
        assertEquals("MatMul at b.c", failure.label());
    }

    /** The provider of the SDK itself, up to the call of cuBLAS, which is not there: it takes types and positions as they are. */
    @Test
    void tornadosOwnProviderTakesTheArguments() throws ReflectiveOperationException {
        TornadoLibraryProvider real = ServiceLoader.load(TornadoLibraryProvider.class).stream().map(ServiceLoader.Provider::get)
            .filter(p -> p.libraryName().equals("nvidia/cublas")).findFirst().orElse(null);
        assumeTrue(real != null, "the SDK has no tornado-cublas jar");
        Class<?> type = Arrays.stream(real.getClass().getDeclaredClasses()).filter(LibraryContext.class::isAssignableFrom).findFirst().orElseThrow();
        Constructor<?> constructor = type.getDeclaredConstructor(long.class);
        constructor.setAccessible(true);
        LibraryContext handle = (LibraryContext) constructor.newInstance(0L);
        assumeTrue(Libraries.of(uk.ac.manchester.tornado.api.enums.TornadoVMBackendType.CUDA).blas() == null, "cuBLAS is there: no call with a handle of 0");
        List<String> reached = new ArrayList<>();
        Blas blas = new Blas(new Recorder() {
            @Override
            public LibraryContext createContext(TornadoXPUDevice device, long executionPlanId) {
                return handle;
            }

            @Override
            public void dispatch(String function, LibraryInvocation invocation) {
                UnsatisfiedLinkError e = assertThrows(UnsatisfiedLinkError.class, () -> real.dispatch(function, invocation));
                StackTraceElement top = e.getStackTrace()[0];
                assertTrue(top.isNativeMethod() && top.getClassName().endsWith("CuBlasNativeLib"), top.toString());
                reached.add(top.getMethodName());
            }
        });
        blas.next(List.of(List.of(new Blas.Call("a", ONE), new Blas.Call("b", THREE))));
        dispatch(blas, 0, new BlasProvider().createContext(device(), PLAN));
        assertEquals(List.of("cublasSgemm", "cublasSgemmStridedBatched"), reached);
    }

    @Test
    void theProviderIsRegistered() {
        List<String> names = ServiceLoader.load(TornadoLibraryProvider.class).stream().map(p -> p.get().libraryName()).toList();
        assertTrue(names.contains(BlasProvider.NAME), names.toString());
        assertFalse(names.stream().filter(BlasProvider.NAME::equals).count() > 1);
    }

    @Test
    void offsetsBeyondTwoGibibytesAreWhole() {
        Recorder library = new Recorder();
        Blas blas = new Blas(library);
        Gemm far = new Gemm(false, false, 1, 1, 1, 2_000_000_000, 1, 0, 2_000_000_016, 1, 0, 2_000_000_032, 1, 0, 1);
        blas.next(List.of(List.of(new Blas.Call("far", far))));
        dispatch(blas, 0, new BlasProvider().createContext(device(), PLAN));
        LibraryInvocation i = library.invocations.getFirst();
        long[] distances = {i.getDevicePointer(6) - ADDRESS, i.getDevicePointer(8) - ADDRESS, i.getDevicePointer(11) - ADDRESS};
        assertArrayEquals(new long[] {8_000_000_000L, 8_000_000_064L, 8_000_000_128L}, distances);
    }
}

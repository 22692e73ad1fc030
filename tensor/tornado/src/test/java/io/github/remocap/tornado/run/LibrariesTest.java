package io.github.remocap.tornado.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.remocap.tornado.Gpu;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;

/** When products go to a library, and what is said where they do not. */
class LibrariesTest {
    private final List<String> loaded = new ArrayList<>();

    @BeforeEach
    void needsTornado() {
        Gpu.device();
    }

    @Test
    void cudaWithTheJarAndTheLibraryUsesIt() {
        FakeBlas blas = new FakeBlas();
        Libraries auto = Libraries.choose("auto", TornadoVMBackendType.CUDA, () -> List.of(new BlasProvider(), blas), loaded::add);
        assertSame(blas, auto.blas());
        assertFalse(auto.training());
        assertEquals("products by cuBLAS, in training by own kernels", auto.said());
        assertEquals(List.of("tornado-cublas"), loaded);
        Libraries always = Libraries.choose("Always", TornadoVMBackendType.CUDA, () -> List.of(blas), loaded::add);
        assertTrue(always.training());
        assertEquals("products by cuBLAS", always.said());
    }

    @Test
    void otherBackendsUseKernels() {
        for (TornadoVMBackendType backend : List.of(TornadoVMBackendType.OPENCL, TornadoVMBackendType.PTX)) {
            Libraries none = Libraries.choose("auto", backend, () -> List.of(new FakeBlas()), loaded::add);
            assertNull(none.blas());
            assertTrue(none.said().contains("own kernels") && none.said().contains("cuda") && none.said().contains(backend.name().toLowerCase(Locale.ROOT)),
                none.said());
        }
        assertEquals(List.of(), loaded);
    }

    @Test
    void whatIsMissingIsNamed() {
        Libraries noJar = Libraries.choose("auto", TornadoVMBackendType.CUDA, () -> List.of(new BlasProvider()), loaded::add);
        assertNull(noJar.blas());
        assertTrue(noJar.said().contains("tornado-cublas jar"), noJar.said());
        Libraries noLibrary = Libraries.choose("auto", TornadoVMBackendType.CUDA, () -> List.of(new FakeBlas()), name -> {
            throw new UnsatisfiedLinkError("libcublas.so.12: cannot open shared object file");
        });
        assertNull(noLibrary.blas());
        assertTrue(noLibrary.said().contains("own kernels") && noLibrary.said().contains("libcublas.so.12"), noLibrary.said());
    }

    @Test
    void whoInsistsIsToldWhyNot() {
        String said = assertThrows(IllegalArgumentException.class,
            () -> Libraries.choose("always", TornadoVMBackendType.OPENCL, () -> List.of(new FakeBlas()), loaded::add)).getMessage();
        assertTrue(said.contains("remocap.tornado.libraries is always") && said.contains("opencl"), said);
        Libraries never = Libraries.choose("never", TornadoVMBackendType.CUDA, () -> List.of(new FakeBlas()), loaded::add);
        assertNull(never.blas());
        assertEquals(List.of(), loaded);
        assertThrows(IllegalArgumentException.class, () -> Libraries.choose("yes", TornadoVMBackendType.CUDA, List::of, loaded::add));
    }

    @Test
    void theSdksJarIsFoundAndItsNativeLibraryAskedFor() {
        boolean jar = ServiceLoader.load(TornadoLibraryProvider.class).stream().anyMatch(p -> p.get().libraryName().equals("nvidia/cublas"));
        assumeTrue(jar, "the SDK has no tornado-cublas jar");
        // Where the SDK was built without CUDA, the native library is missing.
        Libraries found = Libraries.of(TornadoVMBackendType.CUDA);
        assertTrue(found.said().contains(found.blas() == null ? "cuBLAS cannot be loaded: " : "products by cuBLAS"), found.said());
    }
}

package io.github.remocap.tornado.run;

import io.github.remocap.tornado.Gpu;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/**
 * The first device with a library of matrix products that is a fake. All but the library's own work is as with cuBLAS: lowering, library tasks within graphs,
 * TornadoVM's dispatch to the project's provider, addresses, arguments.
 *
 * @param device for tests
 * @param blas its library
 */
public record LibraryDevice(TornadoDevice device, FakeBlas blas) {
    private static final long MEBIBYTES = 256;
    private static int made;

    /**
     * A new one, which keeps its memory as long as the program runs; the test is skipped where there is no device.
     *
     * @param training whether parameters may change in programs that use the library
     */
    public static synchronized LibraryDevice of(boolean training) {
        Gpu.device(); // says what is missing
        FakeBlas blas = new FakeBlas();
        var place = TornadoRuntimeProvider.getTornadoRuntime().getBackend(0).getDevice(0);
        TornadoDevice device = new TornadoDevice("tornado:library", "a device with a library", place, 1000 + made++, MEBIBYTES,
            new Libraries(blas, training, "products by a fake"));
        blas.attach(device);
        return new LibraryDevice(device, blas);
    }

    /** The one that tests share, which uses its library in training, too. */
    public static LibraryDevice shared() {
        return Shared.DEVICE;
    }

    private static final class Shared {
        static final LibraryDevice DEVICE = of(true);
    }
}

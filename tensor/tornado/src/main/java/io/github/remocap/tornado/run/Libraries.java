package io.github.remocap.tornado.run;

import java.util.List;
import java.util.Locale;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;

/**
 * What a device leaves to libraries.
 *
 * @param blas TornadoVM's way to a library of matrix products, which understands {@code cublasSgemm} and {@code cublasSgemmStridedBatched}; null for none
 * @param training whether programs with parameters that change use it, too: its sums are not compensated
 * @param said who computes products, and why not a library, for people
 */
public record Libraries(@Nullable TornadoLibraryProvider blas, boolean training, String said) {
    /** {@code -Dremocap.tornado.libraries=auto}, {@code never} or {@code always}. */
    static final String PROPERTY = "remocap.tornado.libraries";

    private static final String CUBLAS = "nvidia/cublas";
    private static final String NATIVE = "tornado-cublas";

    /**
     * What a device of a backend can use.
     *
     * @throws IllegalArgumentException if the property has another value, or wants what there is not
     */
    public static Libraries of(TornadoVMBackendType backend) {
        return choose(System.getProperty(PROPERTY, "auto"), backend, Libraries::providers, Libraries::load);
    }

    private static List<TornadoLibraryProvider> providers() {
        return ServiceLoader.load(TornadoLibraryProvider.class).stream().map(ServiceLoader.Provider::get).toList();
    }

    private static void load(String name) {
        System.loadLibrary(name);
    }

    /** The same with everything that depends on the machine as arguments. */
    static Libraries choose(String wanted, TornadoVMBackendType backend, Supplier<List<TornadoLibraryProvider>> providers, Consumer<String> load) {
        String choice = wanted.toLowerCase(Locale.ROOT);
        if (!List.of("auto", "never", "always").contains(choice)) {
            throw new IllegalArgumentException(PROPERTY + " must be auto, never or always, not '" + wanted + "'");
        }
        if (choice.equals("never")) {
            return kernels(PROPERTY + "=never");
        }
        TornadoLibraryProvider blas = null;
        String missing = "";
        if (backend != TornadoVMBackendType.CUDA) {
            missing = "cuBLAS needs TornadoVM's backend cuda, this is " + backend.name().toLowerCase(Locale.ROOT);
        } else {
            try {
                blas = providers.get().stream().filter(p -> p.libraryName().equals(CUBLAS)).findFirst().orElse(null);
                if (blas == null) {
                    missing = "the SDK has no tornado-cublas jar, or it is not on the module path";
                } else {
                    load.accept(NATIVE);
                }
            } catch (LinkageError | ServiceConfigurationError e) {
                missing = "cuBLAS cannot be loaded: " + e.getMessage();
            }
        }
        if (missing.isEmpty()) {
            boolean all = choice.equals("always");
            return new Libraries(blas, all, "products by cuBLAS" + (all ? "" : ", in training by own kernels"));
        }
        if (choice.equals("always")) {
            throw new IllegalArgumentException(PROPERTY + " is always, but " + missing);
        }
        return kernels(missing);
    }

    private static Libraries kernels(String why) {
        return new Libraries(null, false, "products by own kernels (" + why + ")");
    }
}

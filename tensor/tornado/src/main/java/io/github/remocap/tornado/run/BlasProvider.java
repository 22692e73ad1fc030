package io.github.remocap.tornado.run;

import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.common.LibraryTaskDescriptor;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.runtime.common.TornadoXPUDevice;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryContext;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryInvocation;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;

/**
 * What TornadoVM calls where a graph has a library task of this project. TornadoVM's own providers take whole arrays; this one adds offsets in the device's
 * array to its address and hands many calls on to one of them, which {@link Blas} knows.
 */
public final class BlasProvider implements TornadoLibraryProvider {
    static final String NAME = "remocap/blas";

    /** For {@link java.util.ServiceLoader}. */
    public BlasProvider() {
    }

    /** A plan has one device, and a device one library, which is known with the first task. */
    private static final class Opened implements LibraryContext {
        private final TornadoXPUDevice device;
        private final long plan;
        private @Nullable Blas blas;

        private Opened(TornadoXPUDevice device, long plan) {
            this.device = device;
            this.plan = plan;
        }
    }

    @Override
    public String libraryName() {
        return NAME;
    }

    /** Tasks bring their library along, which was chosen for the device. */
    @Override
    public boolean canHandle(TornadoXPUDevice device) {
        return true;
    }

    @Override
    public LibraryContext createContext(TornadoXPUDevice device, long executionPlanId) {
        return new Opened(device, executionPlanId);
    }

    @Override
    public void prepare(LibraryTaskDescriptor descriptor, LibraryContext context) {
        Opened opened = (Opened) context;
        Blas blas = (Blas) descriptor.getTuning();
        blas.open(opened.device, opened.plan);
        opened.blas = blas;
    }

    @Override
    public void dispatch(String functionName, LibraryInvocation invocation) {
        if (!(invocation.getTuning() instanceof Blas blas)) {
            throw new TornadoRuntimeException(functionName + " is no task of " + NAME);
        }
        blas.run(invocation);
    }

    @Override
    public void destroyContext(LibraryContext context) {
        Blas blas = ((Opened) context).blas;
        if (blas != null) {
            blas.close();
        }
    }
}

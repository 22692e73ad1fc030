package io.github.remocap.tornado.run;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Program;

/** A device of TornadoVM. */
public final class TornadoDevice implements Device {
    private static final int MEBIBYTE = 1 << 20;
    /** TornadoVM numbers plans from 1 and never reaches this. */
    private static final long PLANS = 1L << 40;
    /** 32 MiB of code: some hundred large programs. */
    private static final int CODE_WORDS = 8 << 20;

    private final String name;
    private final String description;
    private final Libraries libraries;
    private final Runtime runtime;
    private final Transfers transfers;
    private final ParameterStore parameters;

    /**
     * Allocates its memory.
     *
     * @param name as on the command line
     * @param description of the hardware
     * @param device TornadoVM's
     * @param number different for each device
     * @param mebibytes of its array
     * @param libraries that it uses
     */
    public TornadoDevice(String name, String description, uk.ac.manchester.tornado.api.common.TornadoDevice device, int number, long mebibytes,
        Libraries libraries) {
        this.name = name;
        this.description = description;
        this.libraries = libraries;
        int elements = (int) Math.min(Integer.MAX_VALUE - 1024, mebibytes * (MEBIBYTE / Float.BYTES));
        this.runtime = new Runtime(device, PLANS + number, elements, CODE_WORDS, libraries.blas());
        this.transfers = new Transfers(runtime);
        this.parameters = new ParameterStore(runtime, transfers);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public Program compile(Compilation compilation) {
        synchronized (runtime) {
            return new TornadoProgram(this, compilation);
        }
    }

    @Override
    public void parametersToHost() {
        synchronized (runtime) {
            parameters.copyBack();
        }
    }

    @Override
    public void parametersFromHost() {
        synchronized (runtime) {
            parameters.copyAgain();
        }
    }

    /** Bytes of the device's array that programs and parameters use. */
    public long memoryInUse() {
        synchronized (runtime) {
            return Float.BYTES * runtime.floats().inUse();
        }
    }

    /** Bytes copied to the device so far. */
    public long bytesIn() {
        synchronized (runtime) {
            return transfers.bytesIn();
        }
    }

    /** Bytes copied from the device so far. */
    public long bytesOut() {
        synchronized (runtime) {
            return transfers.bytesOut();
        }
    }

    /** Whether products of a program are for the library. */
    boolean usesLibrary(Compilation compilation) {
        return libraries.blas() != null && (compilation.frozen() || libraries.training());
    }

    Runtime runtime() {
        return runtime;
    }

    Transfers transfers() {
        return transfers;
    }

    ParameterStore parameters() {
        return parameters;
    }
}

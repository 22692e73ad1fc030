package io.github.remocap.tornado;

import io.github.remocap.tornado.run.TornadoDevice;
import org.junit.jupiter.api.Assumptions;

/** The device that tests run on. */
public final class Gpu {
    private Gpu() {
    }

    /** The first device, or the test is skipped with the reason. */
    public static TornadoDevice device() {
        try {
            return (TornadoDevice) new TornadoProvider().device("tornado");
        } catch (IllegalArgumentException e) {
            System.err.println("skipped, there is no device: " + e.getMessage());
            Assumptions.abort("no device: " + e.getMessage());
            throw e;
        }
    }
}

package io.github.remocap.tornado.run;

/** What an error suggests. */
final class Advice {
    static final String MEMORY = "Use a smaller batch, fewer pixels or recompute, close other programs, or let the device take more:"
        + " REMOCAP_OPTS='-Dremocap.tornado.memory=6000 -Dtornado.device.memory=8GB' (MiB of its arrays; TornadoVM's limit must be larger).";
    static final String COMPILE = "If the device's compiler refuses a kernel, its message is above; --device cpu runs everything.";
    static final String LIBRARY = "REMOCAP_OPTS=-D" + Libraries.PROPERTY + "=never computes products with the project's own kernels.";

    private Advice() {
    }
}

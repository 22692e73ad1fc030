package io.github.remocap.tornado.run;

/** What went wrong on the device, where in the network, and what can be done. */
public final class DeviceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With a cause from TornadoVM, which may be missing. */
    DeviceException(String message, @org.jspecify.annotations.Nullable Throwable cause) {
        super(message, cause);
    }
}

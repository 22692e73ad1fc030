package io.github.remocap.io.pickle;

/** Thrown by constructors on arguments they cannot take; the machine adds file, entry and offset. */
public final class PickleException extends Exception {
    private static final long serialVersionUID = 1;

    /** An error with what was expected, and what was found. */
    public PickleException(String message) {
        super(message);
    }
}

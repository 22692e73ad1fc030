package io.github.remocap.train;

/** A loss, a gradient or a weight is NaN or infinite. The message names the step, the part, and where it comes from. */
public final class NonFiniteException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NonFiniteException(String message) {
        super(message);
    }
}

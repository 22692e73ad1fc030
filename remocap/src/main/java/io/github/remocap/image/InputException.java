package io.github.remocap.image;

import org.jspecify.annotations.Nullable;

/**
 * Something that the user gave cannot be used. The message names the file, the field and what was expected, and is meant
 * to be shown as it is, without a stack trace.
 */
public final class InputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private InputException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * @param file the file or folder, as the user wrote it
     * @param field which part of it: a line, a column, a key
     * @param found what is there
     * @param expected what should be there
     */
    public static InputException of(Object file, String field, String found, String expected) {
        return new InputException(file + ": " + field + ": " + found + "; expected " + expected, null);
    }

    /** An error about a whole file. */
    public static InputException of(Object file, String found, String expected) {
        return new InputException(file + ": " + found + "; expected " + expected, null);
    }

    /** An error about a whole file that some other exception reported. */
    public static InputException of(Object file, String found, String expected, Throwable cause) {
        String why = cause.getMessage();
        return new InputException(file + ": " + found + (why == null ? "" : " (" + why + ")") + "; expected " + expected, cause);
    }
}

package io.github.remocap.io.pickle;

import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;

/** A pickle names a class or function that is not on its reader's list. It was not run. */
public final class RefusedGlobalException extends CorruptFileException {
    private static final long serialVersionUID = 1;

    private final String global;

    RefusedGlobalException(Location location, long offset, String global) {
        super(location.path(), location.entry(), offset, "refused: " + printable(global)
            + " (a pickle may only name constructors known to its reader; nothing was executed)");
        this.global = global;
    }

    /** The full name, for example {@code posix.system}. */
    public String global() {
        return global;
    }
}

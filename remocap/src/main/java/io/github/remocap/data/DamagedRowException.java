package io.github.remocap.data;

import java.io.IOException;

/** A row of a data set that cannot be used. Training skips such rows and counts them, evaluation stops unless told otherwise. */
public final class DamagedRowException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * @param where file, row (from 0) and key
     * @param what is wrong with which field, and what was expected
     */
    public DamagedRowException(String where, String what) {
        super(where + ": " + what);
    }

    /** With the error that showed it. */
    public DamagedRowException(String where, String what, Throwable cause) {
        super(where + ": " + what, cause);
    }
}

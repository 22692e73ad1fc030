package io.github.remocap.io.pickle;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A constructed value that takes its state later, from the BUILD opcode (Python's {@code __setstate__}). */
public interface PickleState {
    /**
     * Takes the state.
     *
     * @throws PickleException if it is not what this value takes
     * @throws IOException if what the state refers to in the file is damaged
     */
    void setState(@Nullable Object state, PickleContext context) throws PickleException, IOException;
}

package io.github.remocap.io.pickle;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Makes a value from the arguments in a pickle. It must not call anything that the arguments contain. */
@FunctionalInterface
public interface PickleConstructor {
    /**
     * The value.
     *
     * @throws PickleException if the arguments are not what this constructor takes
     * @throws IOException if what the arguments refer to in the file is damaged
     */
    @Nullable Object construct(PickleTuple arguments, PickleContext context) throws PickleException, IOException;
}

package io.github.remocap.io.pickle;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An instance of a class that is only looked at: its name, its arguments and its state. Equality is identity.
 */
public final class PickleObject implements PickleState {
    private final String className;
    private final PickleTuple arguments;
    private @Nullable Object state;

    PickleObject(String className, PickleTuple arguments) {
        this.className = className;
        this.arguments = arguments;
    }

    /** The full name, for example {@code scipy.sparse.csc.csc_matrix}. */
    public String className() {
        return className;
    }

    /** What the constructor was given. */
    public PickleTuple arguments() {
        return arguments;
    }

    /** What BUILD gave it, or null. */
    public @Nullable Object state() {
        return state;
    }

    /** One attribute of a state that is a dict (or a pair of dicts, as classes with slots have it), or null. */
    public @Nullable Object attribute(String name) {
        if (state instanceof PickleTuple pair && pair.size() == 2) {
            for (int i = 1; i >= 0; i--) {
                if (pair.get(i) instanceof Map<?, ?> map && map.get(name) != null) {
                    return map.get(name);
                }
            }
            return null;
        }
        return state instanceof Map<?, ?> map ? map.get(name) : null;
    }

    @Override
    public void setState(@Nullable Object newState, PickleContext context) throws PickleException {
        if (state != null) {
            throw new PickleException(className + " is given its state twice");
        }
        state = newState;
    }

    /** The class name. */
    @Override
    public String toString() {
        return "object of " + className;
    }
}

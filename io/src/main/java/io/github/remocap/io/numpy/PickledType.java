package io.github.remocap.io.numpy;

import io.github.remocap.io.pickle.PickleContext;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.io.pickle.PickleState;
import io.github.remocap.io.pickle.PickleTuple;
import io.github.remocap.io.pickle.Pickles;
import org.jspecify.annotations.Nullable;

/** A numpy.dtype inside a pickle; its byte order arrives as a state. */
final class PickledType implements PickleState {
    private NumpyType type;

    PickledType(NumpyType type) {
        this.type = type;
    }

    static NumpyType of(@Nullable Object value) throws PickleException {
        if (value instanceof PickledType t) {
            return t.type;
        }
        throw Pickles.wrong(value, "the type of an array", "a numpy.dtype");
    }

    /** (version, order, subtype, names, fields, item size, alignment, flags, ...). */
    @Override
    public void setState(@Nullable Object state, PickleContext context) throws PickleException {
        PickleTuple t = Pickles.tuple(state, "the state of a dtype").expect("the state of a dtype", 5, 9);
        if (t.get(2) != null || t.get(3) != null) {
            throw new PickleException("an element type without fields or a shape of its own");
        }
        type = type.withOrder(t.text(1, "the byte order of a dtype"));
    }
}

package io.github.remocap.io.numpy;

import io.github.remocap.io.pickle.PickleContext;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.io.pickle.PickleState;
import io.github.remocap.io.pickle.PickleTuple;
import io.github.remocap.io.pickle.Pickles;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An ndarray inside a pickle, which is made empty and filled later. Equality is identity. */
public final class PickledArray implements PickleState {
    private final Arena arena;
    private @Nullable NpyArray array;

    PickledArray(Arena arena) {
        this.arena = arena;
    }

    /**
     * The array.
     *
     * @throws IllegalStateException if the pickle never filled it
     */
    public NpyArray array() {
        if (array == null) {
            throw new IllegalStateException("the pickle makes an array but never gives it elements");
        }
        return array;
    }

    boolean isFilled() {
        return array != null;
    }

    /** (version, shape, dtype, is_fortran, bytes or list); old files leave out the version. */
    @Override
    public void setState(@Nullable Object state, PickleContext context) throws PickleException, IOException {
        PickleTuple t = Pickles.tuple(state, "the state of an array").expect("the state of an array", 4, 5);
        int at = t.size() - 4;
        fill(t.integers(at, "shape of an array"), t.get(at + 1), t.integer(at + 2, "order") != 0, t.get(at + 3), context);
    }

    void fill(long[] extents, @Nullable Object dtype, boolean fortran, @Nullable Object data, PickleContext context)
            throws PickleException, IOException {
        if (array != null) {
            throw new PickleException("an array is filled twice");
        }
        Shape shape = NumpyType.shape(extents);
        NumpyType type = PickledType.of(dtype);
        if (type.isObject()) {
            if (!(data instanceof List<?> items) || items.size() != shape.size() || fortran && shape.rank() > 1) {
                throw new PickleException("an object array of shape " + shape + " takes a list of as many objects, in row-major order");
            }
            context.charge(16L * items.size(), "an array of objects");
            List<@Nullable Object> copy = new ArrayList<>(items);
            array = new NpyArray.Objects(shape, copy);
            return;
        }
        long bytes = Pickles.byteCount(data, "the elements of an array");
        if (data instanceof String) {
            context.charge(bytes, "an array");
        }
        MemorySegment segment = Pickles.bytes(data, "the elements of an array");
        array = type.array(shape, segment, fortran, arena, context);
    }
}

package io.github.remocap.io.pickle;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A Python tuple. Equality is identity: a hostile pickle may share tuples so often that a comparison of their items
 * would never end.
 */
public final class PickleTuple {
    /** The tuple of nothing. */
    public static final PickleTuple EMPTY = new PickleTuple();

    private final @Nullable Object[] items;

    /** A tuple of these items, not copied. */
    public PickleTuple(@Nullable Object... items) {
        this.items = items;
    }

    /** Number of items. */
    public int size() {
        return items.length;
    }

    /** One item. */
    public @Nullable Object get(int i) {
        return items[i];
    }

    /** Whether all items may be part of a map's key: numbers, text, truth values, None. */
    boolean isFlat() {
        for (Object o : items) {
            if (!PickleMachine.isScalar(o)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Checks the number of items.
     *
     * @throws PickleException if it is outside {@code min..max}
     */
    public PickleTuple expect(String of, int min, int max) throws PickleException {
        if (items.length < min || items.length > max) {
            throw new PickleException(of + " takes " + (min == max ? "" + min : min + " to " + max) + " arguments, not " + items.length);
        }
        return this;
    }

    /** Item i as text. */
    public String text(int i, String what) throws PickleException {
        return Pickles.text(items[i], what);
    }

    /** Item i as an integer. */
    public long integer(int i, String what) throws PickleException {
        return Pickles.integer(items[i], what);
    }

    /** Item i as a list of integers, from a tuple or list. */
    public long[] integers(int i, String what) throws PickleException {
        return Pickles.integers(items[i], what);
    }

    /** The number of items; for a tuple of scalars the items. */
    @Override
    public String toString() {
        return items.length < 20 && isFlat() ? Arrays.toString(items) : "tuple of " + items.length;
    }
}

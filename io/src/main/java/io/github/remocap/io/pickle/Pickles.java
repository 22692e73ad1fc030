package io.github.remocap.io.pickle;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checked access to values from a pickle. */
public final class Pickles {
    private Pickles() {}

    /** The value as text. */
    public static String text(@Nullable Object value, String what) throws PickleException {
        if (value instanceof String s) {
            return s;
        }
        throw wrong(value, what, "text");
    }

    /** The value as a 64-bit integer; a truth value is 0 or 1. */
    public static long integer(@Nullable Object value, String what) throws PickleException {
        return switch (value) {
            case Long v -> v;
            case Boolean b -> b ? 1 : 0;
            case null, default -> throw wrong(value, what, "a 64-bit integer");
        };
    }

    /** The value, a tuple or list of integers, as an array. */
    public static long[] integers(@Nullable Object value, String what) throws PickleException {
        int n = switch (value) {
            case PickleTuple t -> t.size();
            case List<?> l -> l.size();
            case null, default -> throw wrong(value, what, "a tuple of integers");
        };
        if (n > 1024) {
            throw new PickleException(what + " of " + n + " numbers");
        }
        long[] out = new long[n];
        for (int i = 0; i < n; i++) {
            out[i] = integer(value instanceof PickleTuple t ? t.get(i) : ((List<?>) value).get(i), what);
        }
        return out;
    }

    /** Number of bytes that {@link #bytes} would return, without making them. */
    public static long byteCount(@Nullable Object value, String what) throws PickleException {
        return switch (value) {
            case MemorySegment s -> s.byteSize();
            case String s -> s.length();
            case null, default -> throw wrong(value, what, "bytes");
        };
    }

    /** The value as bytes. Text stands for the bytes of its Latin-1 form, as in pickles by Python 2; it is copied. */
    public static MemorySegment bytes(@Nullable Object value, String what) throws PickleException {
        return switch (value) {
            case MemorySegment s -> s;
            case String s -> {
                if (!StandardCharsets.ISO_8859_1.newEncoder().canEncode(s)) {
                    throw new PickleException(what + " holds characters beyond Latin-1, which cannot stand for bytes");
                }
                yield MemorySegment.ofArray(s.getBytes(StandardCharsets.ISO_8859_1));
            }
            case null, default -> throw wrong(value, what, "bytes");
        };
    }

    /** The value as a tuple. */
    public static PickleTuple tuple(@Nullable Object value, String what) throws PickleException {
        if (value instanceof PickleTuple t) {
            return t;
        }
        throw wrong(value, what, "a tuple");
    }

    /** An exception saying that {@code what} is not what was expected. */
    public static PickleException wrong(@Nullable Object value, String what, String expected) {
        return new PickleException(what + " must be " + expected + ", not " + describe(value));
    }

    /** Kind of a value, in a few words, without looking into containers. */
    public static String describe(@Nullable Object value) {
        return switch (value) {
            case null -> "None";
            case Boolean b -> b ? "True" : "False";
            case Long v -> "the integer " + v;
            case BigInteger v -> "an integer of " + v.bitLength() + " bits";
            case Double d -> "the number " + d;
            case String s -> "text of " + s.length() + " characters";
            case MemorySegment s -> s.byteSize() + " bytes";
            case PickleTuple t -> "a tuple of " + t.size();
            case List<?> l -> "a list of " + l.size();
            case Map<?, ?> m -> "a dict of " + m.size();
            case Set<?> s -> "a set of " + s.size();
            case PickleObject o -> "an object of " + o.className();
            case PickleConstructor c -> "a class or function";
            default -> "a value of type " + value.getClass().getSimpleName();
        };
    }
}

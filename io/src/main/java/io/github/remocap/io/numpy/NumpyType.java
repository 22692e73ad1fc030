package io.github.remocap.io.numpy;

import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.StridedView;
import io.github.remocap.io.pickle.PickleContext;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * NumPy's name of an element type: kind (b i u f U S O), bytes of an item, byte order.
 *
 * @param kind NumPy's letter; {@code b} is boolean
 * @param bytes bytes of an element in the file
 * @param bigEndian whether numbers (or the code points of a text) lie with their high byte first
 */
record NumpyType(char kind, int bytes, boolean bigEndian) {
    private static final int MAX_TEXT = 1 << 20;

    /** Parses {@code <f4}, {@code |b1}, {@code >i8}, {@code <U12}, {@code |S5}, {@code |O}; the order may be missing. */
    static NumpyType parse(String descr) throws PickleException {
        int at = 0;
        boolean big = false;
        if (!descr.isEmpty() && "<>|=".indexOf(descr.charAt(0)) >= 0) {
            big = descr.charAt(0) == '>';
            at = 1;
        }
        String digits = descr.substring(Math.min(descr.length(), at + 1));
        if (descr.length() <= at || digits.length() > 9 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw unknown(descr);
        }
        char kind = descr.charAt(at);
        int count = digits.isEmpty() ? 0 : Integer.parseInt(digits);
        NumpyType type = new NumpyType(kind, kind == 'U' ? Math.multiplyExact(Math.min(count, MAX_TEXT + 1), 4) : kind == 'O' ? 0 : count, big);
        boolean known = switch (kind) {
            case 'b' -> count == 1;
            case 'i', 'u' -> count == 1 || count == 2 || count == 4 || count == 8;
            case 'f' -> count == 2 || count == 4 || count == 8;
            case 'U', 'S', 'a' -> count <= MAX_TEXT;
            case 'O' -> true;
            default -> false;
        };
        if (!known) {
            throw unknown(descr);
        }
        return type;
    }

    private static PickleException unknown(String descr) {
        return new PickleException("an element type among b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 U S O, not '"
            + CorruptFileException.printable(descr) + "'");
    }

    NumpyType withOrder(String order) {
        return new NumpyType(kind, bytes, order.equals(">"));
    }

    boolean isObject() {
        return kind == 'O';
    }

    boolean isText() {
        return kind == 'U' || kind == 'S' || kind == 'a';
    }

    /** NumPy's name of an element type of ours. */
    static String descr(DType type) {
        return switch (type) {
            case BOOL -> "|b1";
            case U8 -> "|u1";
            case I8 -> "|i1";
            case I16 -> "<i2";
            case I32 -> "<i4";
            case I64 -> "<i8";
            case F16 -> "<f2";
            case F32, BF16 -> "<f4";
            case F64 -> "<f8";
        };
    }

    /** The element type that holds all values of this one. */
    private DType dtype() {
        return switch (kind) {
            case 'b' -> DType.BOOL;
            case 'i' -> switch (bytes) {
                case 1 -> DType.I8;
                case 2 -> DType.I16;
                case 4 -> DType.I32;
                default -> DType.I64;
            };
            case 'u' -> switch (bytes) {
                case 1 -> DType.U8;
                case 2 -> DType.I32;
                default -> DType.I64;
            };
            default -> switch (bytes) {
                case 2 -> DType.F16;
                case 4 -> DType.F32;
                default -> DType.F64;
            };
        };
    }

    /** Checks extents from a file. */
    static Shape shape(long[] extents) throws PickleException {
        int[] dims = new int[extents.length];
        for (int i = 0; i < dims.length; i++) {
            if (extents[i] < 0 || extents[i] > Integer.MAX_VALUE) {
                throw new PickleException("an extent from 0 to " + Integer.MAX_VALUE + ", not " + extents[i]);
            }
            dims[i] = (int) extents[i];
        }
        if (dims.length > 64) {
            throw new PickleException("at most 64 axes, not " + dims.length);
        }
        try {
            Shape shape = Shape.of(dims);
            Math.multiplyExact(shape.size(), 4L * MAX_TEXT);
            return shape;
        } catch (ArithmeticException e) {
            throw new PickleException("a shape whose size fits into 64 bits");
        }
    }

    /**
     * The array over raw data; a slice of it where its order allows.
     *
     * @param data exactly the elements
     * @param fortran whether the first axis is the contiguous one
     * @param arena owns what must be copied; charged to the context
     */
    NpyArray array(Shape shape, MemorySegment data, boolean fortran, Arena arena, PickleContext context) throws PickleException, IOException {
        if (isObject()) {
            throw new PickleException("an array of numbers or texts");
        }
        if (data.byteSize() != shape.size() * bytes) {
            throw new PickleException(shape.size() * bytes + " bytes for shape " + shape + ", not " + data.byteSize());
        }
        if (isText()) {
            return texts(shape, data, fortran, context);
        }
        MemorySegment elements = data;
        if (bigEndian && bytes > 1) {
            context.charge(data.byteSize(), "an array in another byte order");
            elements = arena.allocate(data.byteSize(), 64);
            StridedView.swapBytes(data, elements, bytes);
        }
        DType type = dtype();
        if (type.bytes() != bytes || kind == 'u' && bytes == 8) {
            context.charge(shape.size() * type.bytes(), "a widened array");
            elements = widened(elements, shape.size(), type, arena);
        }
        if (!fortran || shape.rank() < 2) {
            return new NpyArray.Numbers(new StoredTensor(type, shape, elements));
        }
        long[] sizes = new long[shape.rank()];
        long[] strides = new long[shape.rank()];
        long step = 1;
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = shape.dim(i);
            strides[i] = step;
            step *= shape.dim(i);
        }
        StridedView view = new StridedView(type, elements, 0, sizes, strides);
        if (!view.isContiguous()) {
            context.charge(view.bytes(), "an array in column order");
        }
        return new NpyArray.Numbers(view.toTensor(arena));
    }

    private MemorySegment widened(MemorySegment from, long n, DType type, Arena arena) throws PickleException {
        MemorySegment to = arena.allocate(n * type.bytes(), 64);
        ValueLayout.OfInt intLayout = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        ValueLayout.OfLong longLayout = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        ValueLayout.OfShort shortLayout = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        for (long i = 0; i < n; i++) {
            if (bytes == 2) {
                to.set(intLayout, i * 4, from.get(shortLayout, i * 2) & 0xffff);
            } else if (bytes == 4) {
                to.set(longLayout, i * 8, from.get(intLayout, i * 4) & 0xffffffffL);
            } else {
                long v = from.get(longLayout, i * 8);
                if (v < 0) {
                    throw new PickleException("unsigned integers below 2^63, not " + Long.toUnsignedString(v));
                }
                to.set(longLayout, i * 8, v);
            }
        }
        return to;
    }

    private NpyArray texts(Shape shape, MemorySegment data, boolean fortran, PickleContext context) throws PickleException, IOException {
        if (fortran && shape.rank() > 1) {
            throw new PickleException("texts in row-major order");
        }
        if (shape.size() > Integer.MAX_VALUE / 16) {
            throw new PickleException("fewer texts than " + shape.size());
        }
        context.charge(shape.size() * 48 + data.byteSize(), "an array of texts");
        ValueLayout.OfInt layout = ValueLayout.JAVA_INT_UNALIGNED.withOrder(bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        List<String> texts = new ArrayList<>();
        for (long i = 0; i < shape.size(); i++) {
            StringBuilder b = new StringBuilder();
            for (long at = i * bytes; at < (i + 1) * bytes; at += kind == 'U' ? 4 : 1) {
                int point = kind == 'U' ? data.get(layout, at) : data.get(ValueLayout.JAVA_BYTE, at) & 0xff;
                if (!Character.isValidCodePoint(point)) {
                    throw new PickleException("characters, not 0x" + Integer.toHexString(point));
                }
                b.appendCodePoint(point);
            }
            int end = b.length();
            while (end > 0 && b.charAt(end - 1) == 0) {
                end--;
            }
            texts.add(b.substring(0, end));
        }
        return new NpyArray.Texts(shape, List.copyOf(texts));
    }
}

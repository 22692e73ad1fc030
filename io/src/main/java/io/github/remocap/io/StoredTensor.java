package io.github.remocap.io;

import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * An array as it lies in a file: element type, shape, and contiguous little-endian row-major data, often a slice of the
 * mapped file. Immutable by agreement; valid as long as the file (or arena) it came from is open. The data need not be
 * aligned to its element size.
 */
public final class StoredTensor {
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final DType type;
    private final Shape shape;
    private final MemorySegment data;

    /**
     * A tensor over existing memory, not copied.
     *
     * @throws IllegalArgumentException unless {@code data} has exactly the bytes that type and shape need
     */
    public StoredTensor(DType type, Shape shape, MemorySegment data) {
        if (data.byteSize() != Math.multiplyExact(shape.size(), (long) type.bytes())) {
            throw new IllegalArgumentException(type.toString() + shape + " needs " + shape.size() * type.bytes() + " bytes, not " + data.byteSize());
        }
        this.type = type;
        this.shape = shape;
        this.data = data.asReadOnly();
    }

    /** A float32 tensor with a copy of the values. */
    public static StoredTensor ofFloats(Shape shape, float... values) {
        MemorySegment data = MemorySegment.ofArray(new float[values.length]);
        MemorySegment.copy(values, 0, data, FLOAT, 0, values.length);
        return new StoredTensor(DType.F32, shape, data);
    }

    /** A float64 tensor with a copy of the values. */
    public static StoredTensor ofDoubles(Shape shape, double... values) {
        MemorySegment data = MemorySegment.ofArray(new double[values.length]);
        MemorySegment.copy(values, 0, data, DOUBLE, 0, values.length);
        return new StoredTensor(DType.F64, shape, data);
    }

    /** An int32 tensor with a copy of the values. */
    public static StoredTensor ofInts(Shape shape, int... values) {
        MemorySegment data = MemorySegment.ofArray(new int[values.length]);
        MemorySegment.copy(values, 0, data, INT, 0, values.length);
        return new StoredTensor(DType.I32, shape, data);
    }

    /** An int64 tensor with a copy of the values. */
    public static StoredTensor ofLongs(Shape shape, long... values) {
        MemorySegment data = MemorySegment.ofArray(new long[values.length]);
        MemorySegment.copy(values, 0, data, LONG, 0, values.length);
        return new StoredTensor(DType.I64, shape, data);
    }

    /** Element type in the file. */
    public DType type() {
        return type;
    }

    /** Extents. */
    public Shape shape() {
        return shape;
    }

    /** The elements, little-endian, row-major, read-only, without a promise of alignment. */
    public MemorySegment data() {
        return data;
    }

    /** Number of elements. */
    public long size() {
        return shape.size();
    }

    /** One element by its row-major index; booleans are 0 and 1. Integers beyond 2^53 are rounded. */
    public double getDouble(long i) {
        return switch (type) {
            case F32 -> data.get(FLOAT, i * 4);
            case F64 -> data.get(DOUBLE, i * 8);
            case F16 -> Float.float16ToFloat(data.get(SHORT, i * 2));
            case BF16 -> bfloat16(data.get(SHORT, i * 2));
            case BOOL, U8, I8, I16, I32, I64 -> getLong(i);
        };
    }

    /** One element by its row-major index; a floating point number is truncated as by a cast. */
    public long getLong(long i) {
        return switch (type) {
            case BOOL -> data.get(ValueLayout.JAVA_BYTE, i) != 0 ? 1 : 0;
            case U8 -> data.get(ValueLayout.JAVA_BYTE, i) & 0xff;
            case I8 -> data.get(ValueLayout.JAVA_BYTE, i);
            case I16 -> data.get(SHORT, i * 2);
            case I32 -> data.get(INT, i * 4);
            case I64 -> data.get(LONG, i * 8);
            case F16, BF16, F32, F64 -> (long) getDouble(i);
        };
    }

    /**
     * All elements as float32, row-major.
     *
     * @throws IllegalStateException if there are more than an array holds
     */
    public float[] toFloats() {
        float[] out = new float[arrayLength()];
        copyFloatsTo(MemorySegment.ofArray(out), ByteOrder.nativeOrder());
        return out;
    }

    /**
     * Writes all elements as little-endian float32. F16 and BF16 convert exactly, F64 and integers are rounded to nearest.
     *
     * @throws IllegalArgumentException if {@code destination} does not have 4 bytes for each element
     */
    public void copyFloatsTo(MemorySegment destination) {
        copyFloatsTo(destination, ByteOrder.LITTLE_ENDIAN);
    }

    private void copyFloatsTo(MemorySegment to, ByteOrder order) {
        long n = shape.size();
        if (to.byteSize() != n * 4) {
            throw new IllegalArgumentException("destination of " + to.byteSize() + " bytes for " + n + " floats");
        }
        ValueLayout.OfFloat out = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(order);
        switch (type) {
            case F32 -> MemorySegment.copy(data, FLOAT, 0, to, out, 0, n);
            case F16 -> {
                for (long i = 0; i < n; i++) {
                    to.set(out, i * 4, Float.float16ToFloat(data.get(SHORT, i * 2)));
                }
            }
            case BF16 -> {
                for (long i = 0; i < n; i++) {
                    to.set(out, i * 4, bfloat16(data.get(SHORT, i * 2)));
                }
            }
            case F64 -> {
                for (long i = 0; i < n; i++) {
                    to.set(out, i * 4, (float) data.get(DOUBLE, i * 8));
                }
            }
            case BOOL, U8, I8, I16, I32, I64 -> {
                for (long i = 0; i < n; i++) {
                    to.set(out, i * 4, (float) getLong(i));
                }
            }
        }
    }

    /**
     * All elements as float64, row-major; exact but for integers beyond 2^53.
     *
     * @throws IllegalStateException if there are more than an array holds
     */
    public double[] toDoubles() {
        double[] out = new double[arrayLength()];
        for (int i = 0; i < out.length; i++) {
            out[i] = getDouble(i);
        }
        return out;
    }

    /**
     * All elements as integers, row-major; floating point numbers are truncated.
     *
     * @throws IllegalStateException if there are more than an array holds
     */
    public long[] toLongs() {
        long[] out = new long[arrayLength()];
        for (int i = 0; i < out.length; i++) {
            out[i] = getLong(i);
        }
        return out;
    }

    /**
     * All elements as 32-bit integers, row-major.
     *
     * @throws ArithmeticException if one does not fit
     * @throws IllegalStateException if there are more than an array holds
     */
    public int[] toInts() {
        int[] out = new int[arrayLength()];
        for (int i = 0; i < out.length; i++) {
            out[i] = Math.toIntExact(getLong(i));
        }
        return out;
    }

    private int arrayLength() {
        if (shape.size() > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException(this + " does not fit into a Java array");
        }
        return (int) shape.size();
    }

    private static float bfloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** Whether type, shape and all bytes are equal. */
    public boolean contentEquals(StoredTensor that) {
        return type == that.type && shape.equals(that.shape) && data.mismatch(that.data) < 0;
    }

    /** For example {@code F32[64, 3, 3, 3]}. */
    @Override
    public String toString() {
        return type.toString() + shape;
    }
}

package io.github.remocap.io;

import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A window into a storage, as files describe it: element i of an axis lies {@code stride} elements after element i - 1.
 * All numbers may come from a hostile file; the constructor checks them.
 */
public final class StridedView {
    private final DType type;
    private final Shape shape;
    private final long[] strides;
    private final long offset;
    private final MemorySegment storage;

    /**
     * Checks that every element lies inside the storage.
     *
     * @param type element type of storage and view
     * @param storage the elements
     * @param offset element of the storage at which the view starts
     * @param sizes extents
     * @param strides elements (not bytes) between neighbours along each axis, not negative
     * @throws IllegalArgumentException naming the number that is wrong
     */
    public StridedView(DType type, MemorySegment storage, long offset, long[] sizes, long[] strides) {
        if (sizes.length != strides.length) {
            throw new IllegalArgumentException(sizes.length + " extents but " + strides.length + " strides");
        }
        if (sizes.length > 64) {
            throw new IllegalArgumentException("a tensor of " + sizes.length + " axes");
        }
        int[] dims = new int[sizes.length];
        boolean empty = false;
        for (int i = 0; i < dims.length; i++) {
            if (sizes[i] < 0 || sizes[i] > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("extent " + sizes[i] + " of axis " + i + " is outside 0.." + Integer.MAX_VALUE);
            }
            if (strides[i] < 0) {
                throw new IllegalArgumentException("stride " + strides[i] + " of axis " + i + " is negative");
            }
            dims[i] = (int) sizes[i];
            empty |= dims[i] == 0;
        }
        long elements = storage.byteSize() / type.bytes();
        if (offset < 0 || offset > elements) {
            throw new IllegalArgumentException("offset " + offset + " into a storage of " + elements + " elements");
        }
        try {
            this.shape = Shape.of(dims);
            Math.multiplyExact(shape.size(), 8L);
            long last = offset;
            for (int i = 0; i < dims.length && !empty; i++) {
                last = Math.addExact(last, Math.multiplyExact(strides[i], dims[i] - 1L));
            }
            if (!empty && last >= elements) {
                throw new IllegalArgumentException("element " + last + " of a storage of " + elements + " elements");
            }
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("extents, strides and offset exceed 64 bits", e);
        }
        this.type = type;
        this.strides = strides.clone();
        this.offset = offset;
        this.storage = storage;
    }

    /** Extents. */
    public Shape shape() {
        return shape;
    }

    /** Bytes of the elements, once they are contiguous. */
    public long bytes() {
        return shape.size() * type.bytes();
    }

    /** Whether the elements lie one after the other in row-major order, so that nothing need be copied. */
    public boolean isContiguous() {
        if (shape.size() == 0) {
            return true;
        }
        long step = 1;
        for (int i = shape.rank() - 1; i >= 0; i--) {
            if (shape.dim(i) != 1) {
                if (strides[i] != step) {
                    return false;
                }
                step *= shape.dim(i);
            }
        }
        return true;
    }

    /** The contiguous tensor: a slice of the storage if possible, else a copy allocated in {@code arena}. */
    public StoredTensor toTensor(Arena arena) {
        if (isContiguous()) {
            return new StoredTensor(type, shape, storage.asSlice(shape.size() == 0 ? 0 : offset * type.bytes(), bytes()));
        }
        MemorySegment to = arena.allocate(bytes(), 64);
        int rank = shape.rank();
        int inner = shape.dim(-1);
        long innerStride = strides[rank - 1];
        int[] index = new int[rank];
        long from = offset;
        long rows = shape.size() / inner;
        long at = 0;
        for (long r = 0; r < rows; r++) {
            copyRow(from, innerStride, inner, to, at);
            at += inner;
            for (int axis = rank - 2; axis >= 0; axis--) {
                from += strides[axis];
                if (++index[axis] < shape.dim(axis)) {
                    break;
                }
                from -= strides[axis] * shape.dim(axis);
                index[axis] = 0;
            }
        }
        return new StoredTensor(type, shape, to);
    }

    private void copyRow(long from, long stride, int count, MemorySegment to, long at) {
        switch (type.bytes()) {
            case 1 -> {
                for (int i = 0; i < count; i++) {
                    to.set(ValueLayout.JAVA_BYTE, at + i, storage.get(ValueLayout.JAVA_BYTE, from + i * stride));
                }
            }
            case 2 -> {
                for (int i = 0; i < count; i++) {
                    to.set(StoredTensor.SHORT, (at + i) * 2, storage.get(StoredTensor.SHORT, (from + i * stride) * 2));
                }
            }
            case 4 -> {
                for (int i = 0; i < count; i++) {
                    to.set(StoredTensor.INT, (at + i) * 4, storage.get(StoredTensor.INT, (from + i * stride) * 4));
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    to.set(StoredTensor.LONG, (at + i) * 8, storage.get(StoredTensor.LONG, (from + i * stride) * 8));
                }
            }
        }
    }

    /** Copies {@code from} into {@code to} with the bytes of each element of {@code width} bytes reversed. */
    public static void swapBytes(MemorySegment from, MemorySegment to, int width) {
        long n = from.byteSize() / width;
        switch (width) {
            case 1 -> to.copyFrom(from);
            case 2 -> {
                for (long i = 0; i < n; i++) {
                    to.set(StoredTensor.SHORT, i * 2, Short.reverseBytes(from.get(StoredTensor.SHORT, i * 2)));
                }
            }
            case 4 -> {
                for (long i = 0; i < n; i++) {
                    to.set(StoredTensor.INT, i * 4, Integer.reverseBytes(from.get(StoredTensor.INT, i * 4)));
                }
            }
            case 8 -> {
                for (long i = 0; i < n; i++) {
                    to.set(StoredTensor.LONG, i * 8, Long.reverseBytes(from.get(StoredTensor.LONG, i * 8)));
                }
            }
            default -> throw new IllegalArgumentException("elements of " + width + " bytes");
        }
    }
}

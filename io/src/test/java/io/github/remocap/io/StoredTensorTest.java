package io.github.remocap.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class StoredTensorTest {
    private static StoredTensor shorts(DType type, int... bits) {
        ByteBuffer b = ByteBuffer.allocate(bits.length * 2 + 1).order(ByteOrder.LITTLE_ENDIAN).put((byte) 0);
        for (int s : bits) {
            b.putShort((short) s);
        }
        // At an odd offset: data in files is not aligned.
        return new StoredTensor(type, Shape.of(bits.length), MemorySegment.ofArray(b.array()).asSlice(1));
    }

    @Test
    void halvesConvertExactly() {
        assertArrayEquals(new float[] {1, -2, 65504, 0x1p-24f, Float.POSITIVE_INFINITY, Float.NaN},
            shorts(DType.F16, 0x3c00, 0xc000, 0x7bff, 1, 0x7c00, 0x7e00).toFloats());
        assertArrayEquals(new float[] {1, -2, 0x1.fep127f, Float.NEGATIVE_INFINITY},
            shorts(DType.BF16, 0x3f80, 0xc000, 0x7f7f, 0xff80).toFloats());
    }

    @Test
    void numbersConvert() {
        assertArrayEquals(new float[] {0.1f, 1e10f}, StoredTensor.ofDoubles(Shape.of(2), 0.1, 1e10).toFloats());
        assertArrayEquals(new float[] {-3, 0x1p62f}, StoredTensor.ofLongs(Shape.of(2), -3, 1L << 62).toFloats());
        assertArrayEquals(new long[] {-1, 2}, StoredTensor.ofFloats(Shape.of(2), -1.9f, 2.9f).toLongs());
        assertArrayEquals(new int[] {-1, 2}, StoredTensor.ofInts(Shape.of(2), -1, 2).toInts());
        assertThrows(ArithmeticException.class, () -> StoredTensor.ofLongs(Shape.of(1), 1L << 40).toInts());
        assertArrayEquals(new double[] {7}, StoredTensor.ofInts(Shape.of(1), 7).toDoubles());
    }

    @Test
    void sizesAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new StoredTensor(DType.F32, Shape.of(2), MemorySegment.ofArray(new byte[7])));
        assertThrows(IllegalArgumentException.class, () -> StoredTensor.ofFloats(Shape.of(2), 1));
        assertThrows(IllegalArgumentException.class, () -> StoredTensor.ofFloats(Shape.of(2), 1, 2).copyFloatsTo(MemorySegment.ofArray(new byte[4])));
        assertEquals("F32[2]", StoredTensor.ofFloats(Shape.of(2), 1, 2).toString());
    }
}

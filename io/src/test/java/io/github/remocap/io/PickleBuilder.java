package io.github.remocap.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes pickles opcode by opcode, honest or not. */
public final class PickleBuilder {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Raw bytes; characters stand for themselves. */
    public PickleBuilder raw(String latin1) {
        out.writeBytes(latin1.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    public PickleBuilder op(int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
        return this;
    }

    public PickleBuilder i32(int value) {
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
        return this;
    }

    public PickleBuilder i64(long value) {
        out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
        return this;
    }

    /** BINUNICODE. */
    public PickleBuilder text(String s) {
        byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
        op('X').i32(utf8.length);
        out.writeBytes(utf8);
        return this;
    }

    /** LONG1 of 8 bytes. */
    public PickleBuilder integer(long v) {
        return op(0x8a, 8).i64(v);
    }

    public PickleBuilder global(String module, String name) {
        return raw("c" + module + "\n" + name + "\n");
    }

    /** A tensor over storage {@code key}. */
    public PickleBuilder tensor(String key, String type, long elements, long offset, long[] size, long[] stride) {
        global("torch._utils", "_rebuild_tensor_v2").op('(');
        op('(').text("storage").global("torch", type).text(key).text("cpu").integer(elements).op('t', 'Q');
        integer(offset).tuple(size).tuple(stride);
        return op(0x89, '}', 't', 'R');
    }

    public PickleBuilder tuple(long... values) {
        op('(');
        for (long v : values) {
            integer(v);
        }
        return op('t');
    }

    /** The bytes with a STOP. */
    public byte[] stop() {
        out.write('.');
        return out.toByteArray();
    }

    /** The bytes so far. */
    public byte[] bytes() {
        return out.toByteArray();
    }
}

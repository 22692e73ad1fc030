package io.github.remocap.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;

/** A position in a range of bytes; every read is checked against its end. Numbers are little-endian unless said otherwise. */
public final class ByteCursor {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Location location;
    private final MemorySegment data;
    private long at;

    /** A cursor at the first byte of {@code data}. */
    public ByteCursor(Location location, MemorySegment data) {
        this.location = location;
        this.data = data;
    }

    /** Where the bytes came from. */
    public Location location() {
        return location;
    }

    /** Bytes from the start to the next byte to be read. */
    public long position() {
        return at;
    }

    /** Bytes in total. */
    public long size() {
        return data.byteSize();
    }

    /** Bytes not yet read. */
    public long remaining() {
        return data.byteSize() - at;
    }

    /**
     * Moves to an offset from the start.
     *
     * @throws CorruptFileException if it lies outside the data
     */
    public void seek(long position) throws CorruptFileException {
        if (position < 0 || position > data.byteSize()) {
            throw location.corrupt(at, "offset " + position + " lies outside the " + data.byteSize() + " bytes there are");
        }
        at = position;
    }

    /**
     * Checks that {@code bytes} more bytes are there.
     *
     * @throws CorruptFileException if not, or if {@code bytes} is negative
     */
    public void require(long bytes, String what) throws CorruptFileException {
        if (bytes < 0 || bytes > remaining()) {
            throw location.corrupt(at, "expected " + bytes + " bytes of " + what + ", but only " + remaining() + " are left");
        }
    }

    /** An unsigned byte. */
    public int u8(String what) throws CorruptFileException {
        require(1, what);
        return data.get(ValueLayout.JAVA_BYTE, at++) & 0xff;
    }

    /** An unsigned 16-bit number. */
    public int u16(String what) throws CorruptFileException {
        require(2, what);
        int v = data.get(SHORT, at) & 0xffff;
        at += 2;
        return v;
    }

    /** A signed 32-bit number. */
    public int i32(String what) throws CorruptFileException {
        require(4, what);
        int v = data.get(INT, at);
        at += 4;
        return v;
    }

    /** An unsigned 32-bit number. */
    public long u32(String what) throws CorruptFileException {
        return i32(what) & 0xffffffffL;
    }

    /** A signed 64-bit number. */
    public long i64(String what) throws CorruptFileException {
        require(8, what);
        long v = data.get(LONG, at);
        at += 8;
        return v;
    }

    /** A big-endian double. */
    public double f64BigEndian(String what) throws CorruptFileException {
        return Double.longBitsToDouble(Long.reverseBytes(i64(what)));
    }

    /** The next {@code bytes} bytes, not copied. */
    public MemorySegment slice(long bytes, String what) throws CorruptFileException {
        require(bytes, what);
        MemorySegment s = data.asSlice(at, bytes);
        at += bytes;
        return s;
    }

    /** The next {@code bytes} bytes as text. */
    public String text(long bytes, Charset charset, String what) throws CorruptFileException {
        require(bytes, what);
        if (bytes > Integer.MAX_VALUE - 16) {
            throw location.corrupt(at, what + " of " + bytes + " bytes is too long");
        }
        ByteBuffer source = data.asSlice(at, bytes).asByteBuffer();
        try {
            String s = charset.newDecoder().onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT)
                .decode(source).toString();
            at += bytes;
            return s;
        } catch (CharacterCodingException e) {
            throw location.corrupt(at + source.position(), what + " is not valid " + charset);
        }
    }

    /**
     * The bytes up to the next line feed, as Latin-1 text without it.
     *
     * @param limit longest line accepted
     */
    public String line(long limit, String what) throws CorruptFileException {
        long end = at;
        long last = Math.min(data.byteSize(), at + limit);
        while (end < last && data.get(ValueLayout.JAVA_BYTE, end) != '\n') {
            end++;
        }
        if (end == last) {
            throw location.corrupt(at, "expected a line feed after " + what);
        }
        StringBuilder b = new StringBuilder();
        for (long i = at; i < end; i++) {
            b.append((char) (data.get(ValueLayout.JAVA_BYTE, i) & 0xff));
        }
        at = end + 1;
        return b.toString();
    }
}

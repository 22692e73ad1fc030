package io.github.remocap.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.Checksum;

/** Moves the bytes of segments, on the heap or off it, through interfaces that only know byte buffers. */
public final class ByteTransfer {
    private static final int DIRECT = 1 << 28;
    private static final int COPIED = 1 << 18;

    private ByteTransfer() {}

    /** What is done with a piece. */
    @FunctionalInterface
    public interface Piece {
        /** Consumes the whole buffer. */
        void accept(ByteBuffer buffer) throws IOException;
    }

    /** Hands the segment's bytes, in order, to {@code piece} in buffers of up to 256 MiB; off-heap memory is not copied. */
    public static void forEach(MemorySegment segment, Piece piece) throws IOException {
        if (segment.isNative()) {
            for (long at = 0; at < segment.byteSize(); at += DIRECT) {
                piece.accept(segment.asSlice(at, Math.min(DIRECT, segment.byteSize() - at)).asByteBuffer());
            }
            return;
        }
        byte[] scratch = new byte[(int) Math.min(COPIED, segment.byteSize())];
        for (long at = 0; at < segment.byteSize(); at += scratch.length) {
            int n = (int) Math.min(scratch.length, segment.byteSize() - at);
            MemorySegment.copy(segment, at, MemorySegment.ofArray(scratch), 0, n);
            piece.accept(ByteBuffer.wrap(scratch, 0, n));
        }
    }

    /** Appends the segment's bytes at the channel's position. */
    public static void write(FileChannel channel, MemorySegment segment) throws IOException {
        forEach(segment, buffer -> writeFully(channel, buffer));
    }

    /** Appends the buffer's remaining bytes at the channel's position. */
    public static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** Feeds the segment's bytes to a checksum, and returns its value. */
    public static long checksum(MemorySegment segment, Checksum sum) {
        try {
            forEach(segment, sum::update);
        } catch (IOException e) {
            throw new AssertionError("a checksum does no input or output", e);
        }
        return sum.getValue();
    }
}

package io.github.remocap.io.zip;

import io.github.remocap.io.ByteTransfer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Writes a zip archive to an empty channel, zip64 where sizes require it. The data of stored members starts at a multiple
 * of 64 bytes, so that they can be mapped. Time stamps are 1980-01-01: equal content gives equal files.
 */
public final class ZipWriter {
    private static final int ALIGNMENT = 64;
    private static final long MAX_32 = 0xffffffffL;
    private static final int DATE_1980 = 1 << 5 | 1;

    private final FileChannel channel;
    private final List<ZipMember> members = new ArrayList<>();
    private final List<Long> headers = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /** A writer to an empty channel. The caller closes the channel after {@link #finish}. */
    public ZipWriter(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Appends a member made of the pieces, one after the other.
     *
     * @param deflate whether to compress it
     * @param progress told the number of uncompressed bytes written so far of this member
     * @throws IOException if writing fails, or if there is a member of that name already
     */
    public void add(String name, boolean deflate, List<MemorySegment> pieces, LongConsumer progress) throws IOException {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        if (utf8.length > 0xffff - 100) {
            throw new IOException("the name of a zip member has " + utf8.length + " bytes");
        }
        if (!names.add(name)) {
            throw new IOException("a zip archive cannot have two members named " + name);
        }
        long header = channel.position();
        long size = pieces.stream().mapToLong(MemorySegment::byteSize).sum();
        boolean large = isLarge(size);
        int fixed = 30 + utf8.length + (large ? 20 : 0);
        int padding = Math.floorMod(-(header + fixed + 4), ALIGNMENT) + 4;
        long start = header + fixed + padding;
        // Checksum and packed size are known only afterwards: the header is written last, into this gap.
        channel.position(start);
        CRC32 crc = new CRC32();
        long packed = deflate ? deflate(pieces, crc, progress) : store(pieces, crc, progress);
        ZipMember member = new ZipMember(name, deflate, (int) crc.getValue(), start, packed, size);
        ByteBuffer b = ByteBuffer.allocate((int) (start - header)).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0x04034b50).putShort((short) (large ? 45 : 20));
        putCommon(b, member, large);
        b.putShort((short) utf8.length).putShort((short) (b.capacity() - 30 - utf8.length)).put(utf8);
        if (large) {
            b.putShort((short) 1).putShort((short) 16).putLong(size).putLong(packed);
        }
        b.putShort((short) 0x4246).putShort((short) (padding - 4));
        channel.position(header);
        ByteTransfer.writeFully(channel, b.rewind());
        channel.position(start + packed);
        members.add(member);
        headers.add(header);
    }

    /** Whether size or packed size may need 64 bits: incompressible data grows a little. */
    private static boolean isLarge(long size) {
        return size >= MAX_32 - (1 << 24);
    }

    private static void putCommon(ByteBuffer b, ZipMember m, boolean large) {
        b.putShort((short) 0x800).putShort((short) (m.deflated() ? 8 : 0)).putShort((short) 0).putShort((short) DATE_1980).putInt(m.crc());
        b.putInt((int) (large ? MAX_32 : m.packed())).putInt((int) (large ? MAX_32 : m.size()));
    }

    private long store(List<MemorySegment> pieces, CRC32 crc, LongConsumer progress) throws IOException {
        long[] done = new long[1];
        for (MemorySegment piece : pieces) {
            ByteTransfer.forEach(piece, buffer -> {
                crc.update(buffer.duplicate());
                done[0] += buffer.remaining();
                ByteTransfer.writeFully(channel, buffer);
                progress.accept(done[0]);
            });
        }
        return done[0];
    }

    private long deflate(List<MemorySegment> pieces, CRC32 crc, LongConsumer progress) throws IOException {
        Deflater deflater = new Deflater(6, true);
        try {
            ByteBuffer out = ByteBuffer.allocateDirect(1 << 16);
            long[] done = new long[1];
            for (MemorySegment piece : pieces) {
                ByteTransfer.forEach(piece, buffer -> {
                    crc.update(buffer.duplicate());
                    done[0] += buffer.remaining();
                    deflater.setInput(buffer);
                    while (!deflater.needsInput()) {
                        deflater.deflate(out.clear());
                        ByteTransfer.writeFully(channel, out.flip());
                    }
                    progress.accept(done[0]);
                });
            }
            deflater.finish();
            while (!deflater.finished()) {
                deflater.deflate(out.clear());
                ByteTransfer.writeFully(channel, out.flip());
            }
            return deflater.getBytesWritten();
        } finally {
            deflater.end();
        }
    }

    /** Writes the directory. */
    public void finish() throws IOException {
        long start = channel.position();
        for (int i = 0; i < members.size(); i++) {
            ZipMember m = members.get(i);
            long header = headers.get(i);
            byte[] utf8 = m.name().getBytes(StandardCharsets.UTF_8);
            boolean large = isLarge(m.size());
            boolean far = header >= MAX_32;
            int extra = large || far ? 4 + (large ? 16 : 0) + (far ? 8 : 0) : 0;
            ByteBuffer b = ByteBuffer.allocate(46 + utf8.length + extra).order(ByteOrder.LITTLE_ENDIAN);
            b.putInt(0x02014b50).putShort((short) 45).putShort((short) (extra > 0 ? 45 : 20));
            putCommon(b, m, large);
            b.putShort((short) utf8.length).putShort((short) extra).putShort((short) 0).putShort((short) 0).putShort((short) 0);
            b.putInt(0).putInt((int) (far ? MAX_32 : header)).put(utf8);
            if (extra > 0) {
                b.putShort((short) 1).putShort((short) (extra - 4));
                if (large) {
                    b.putLong(m.size()).putLong(m.packed());
                }
                if (far) {
                    b.putLong(header);
                }
            }
            ByteTransfer.writeFully(channel, b.flip());
        }
        long end = channel.position();
        boolean zip64 = members.size() >= 0xffff || end >= MAX_32;
        ByteBuffer b = ByteBuffer.allocate(120).order(ByteOrder.LITTLE_ENDIAN);
        if (zip64) {
            b.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0).putInt(0);
            b.putLong(members.size()).putLong(members.size()).putLong(end - start).putLong(start);
            b.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
        }
        short count = (short) (zip64 ? 0xffff : members.size());
        b.putInt(0x06054b50).putShort((short) 0).putShort((short) 0).putShort(count).putShort(count);
        b.putInt((int) (zip64 ? MAX_32 : end - start)).putInt((int) (zip64 ? MAX_32 : start)).putShort((short) 0);
        ByteTransfer.writeFully(channel, b.flip());
    }
}

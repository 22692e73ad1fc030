package io.github.remocap.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes zip archives member by member, honest or not; optionally all in zip64. */
public final class ZipBuilder {
    private final boolean zip64;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
    private int count;

    public ZipBuilder(boolean zip64) {
        this.zip64 = zip64;
    }

    public ZipBuilder stored(String name, byte[] data) {
        return member(name, 0, data, data, data.length);
    }

    public ZipBuilder deflated(String name, byte[] data) {
        return member(name, 8, deflate(data), data, data.length);
    }

    public static byte[] deflate(byte[] data) {
        Deflater deflater = new Deflater(1, true);
        deflater.setInput(data);
        deflater.finish();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 16];
        while (!deflater.finished()) {
            bytes.write(buffer, 0, deflater.deflate(buffer));
        }
        deflater.end();
        return bytes.toByteArray();
    }

    /** A member with a size of the caller's choice. */
    public ZipBuilder member(String name, int method, byte[] packed, byte[] plain, long claimedSize) {
        int header = out.size();
        CRC32 crc = new CRC32();
        crc.update(plain);
        entry(header, name, name, method, (int) crc.getValue(), packed.length, claimedSize);
        out.writeBytes(packed);
        return this;
    }

    /** A directory entry that points at any byte, without data of its own. */
    public ZipBuilder pointer(String name, int header, long size) {
        directory.writeBytes(central(header, name, 0, 0, size, size));
        count++;
        return this;
    }

    /** A member whose local header has another name than the directory. */
    public ZipBuilder twoNames(String local, String inDirectory, byte[] data) {
        CRC32 crc = new CRC32();
        crc.update(data);
        entry(out.size(), local, inDirectory, 0, (int) crc.getValue(), data.length, data.length);
        out.writeBytes(data);
        return this;
    }

    private void entry(int header, String local, String name, int method, int crc, long packed, long size) {
        byte[] n = local.getBytes(StandardCharsets.UTF_8);
        ByteBuffer b = ByteBuffer.allocate(30 + n.length + (zip64 ? 20 : 0)).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0x04034b50).putShort((short) 45).putShort((short) 0x800).putShort((short) method).putInt(0).putInt(crc);
        b.putInt(zip64 ? -1 : (int) packed).putInt(zip64 ? -1 : (int) size).putShort((short) n.length).putShort((short) (zip64 ? 20 : 0)).put(n);
        if (zip64) {
            b.putShort((short) 1).putShort((short) 16).putLong(size).putLong(packed);
        }
        out.writeBytes(b.array());
        directory.writeBytes(central(header, name, method, crc, packed, size));
        count++;
    }

    private byte[] central(long header, String name, int method, int crc, long packed, long size) {
        byte[] n = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer b = ByteBuffer.allocate(46 + n.length + (zip64 ? 28 : 0)).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0x02014b50).putShort((short) 45).putShort((short) 45).putShort((short) 0x800).putShort((short) method).putInt(0).putInt(crc);
        b.putInt(zip64 ? -1 : (int) packed).putInt(zip64 ? -1 : (int) size).putShort((short) n.length);
        b.putShort((short) (zip64 ? 28 : 0)).putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0);
        b.putInt(zip64 ? -1 : (int) header).put(n);
        if (zip64) {
            b.putShort((short) 1).putShort((short) 24).putLong(size).putLong(packed).putLong(header);
        }
        return b.array();
    }

    public byte[] finish() {
        int start = out.size();
        out.writeBytes(directory.toByteArray());
        int end = out.size();
        ByteBuffer b = ByteBuffer.allocate(98).order(ByteOrder.LITTLE_ENDIAN);
        if (zip64) {
            b.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0).putInt(0).putLong(count).putLong(count);
            b.putLong(end - start).putLong(start).putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
        }
        b.putInt(0x06054b50).putInt(0).putShort((short) (zip64 ? -1 : count)).putShort((short) (zip64 ? -1 : count));
        b.putInt(zip64 ? -1 : end - start).putInt(zip64 ? -1 : start).putShort((short) 0);
        out.write(b.array(), 0, b.position());
        return out.toByteArray();
    }
}

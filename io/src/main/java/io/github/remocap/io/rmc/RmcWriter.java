package io.github.remocap.io.rmc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.github.remocap.io.AtomicFile;
import io.github.remocap.io.ByteTransfer;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.rmc.proto.Header;
import io.github.remocap.io.rmc.proto.TensorHeader;
import io.github.remocap.io.rmc.proto.Trailer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/** Writes {@code .rmc} checkpoints: streaming, atomically, never holding more than one chunk's bookkeeping in memory. */
public final class RmcWriter {
    /** Bytes of data in a chunk; a tensor that fits into one is mapped without a copy when read. */
    public static final int CHUNK = 64 << 20;

    private final FileChannel channel;
    private final CRC32C all = new CRC32C();

    private RmcWriter(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Writes a checkpoint; equal input gives equal bytes.
     *
     * @param tensors in the order in which they are to be written
     * @param metadata String, Long, Integer, Double, Float, Boolean or byte[] by name
     * @throws IOException if writing fails or metadata is of another type
     */
    public static void write(Path path, Map<String, StoredTensor> tensors, Map<String, ?> metadata, ProgressListener progress)
            throws IOException {
        write(path, tensors, metadata, progress, CHUNK);
    }

    /** As above, in chunks of {@code chunkBytes} bytes (up to 1 GiB, a multiple of 8). */
    public static void write(Path path, Map<String, StoredTensor> tensors, Map<String, ?> metadata, ProgressListener progress, int chunkBytes)
            throws IOException {
        if (chunkBytes <= 0 || chunkBytes > 1 << 30 || chunkBytes % 8 != 0) {
            throw new IllegalArgumentException("chunks of " + chunkBytes + " bytes");
        }
        Header.Builder header = Header.newBuilder().setVersion(RmcTypes.VERSION).setTensors(tensors.size()).setProducer("remocap");
        for (Map.Entry<String, ?> e : new TreeMap<>(metadata).entrySet()) {
            header.putMetadata(e.getKey(), RmcTypes.toProto(e.getKey(), e.getValue()));
        }
        AtomicFile.write(path, channel -> new RmcWriter(channel).write(header.build(), tensors, progress, chunkBytes));
    }

    private void write(Header header, Map<String, StoredTensor> tensors, ProgressListener progress, int chunkBytes) throws IOException {
        ByteTransfer.writeFully(channel, ByteBuffer.wrap(RmcTypes.MAGIC));
        record(RmcTypes.TAG_HEADER, header);
        long total = tensors.values().stream().mapToLong(t -> t.data().byteSize()).sum();
        long done = 0;
        for (Map.Entry<String, StoredTensor> e : tensors.entrySet()) {
            StoredTensor t = e.getValue();
            long bytes = t.data().byteSize();
            TensorHeader.Builder h = TensorHeader.newBuilder().setName(e.getKey()).setType(RmcTypes.toProto(t.type())).setBytes(bytes);
            for (int d : t.shape().dims()) {
                h.addShape(d);
            }
            long chunks = (bytes + chunkBytes - 1) / chunkBytes;
            record(RmcTypes.TAG_TENSOR, h.setChunks(Math.toIntExact(chunks)).setChunkBytes(chunkBytes).build());
            for (long at = 0; at < bytes; at += chunkBytes) {
                long n = Math.min(chunkBytes, bytes - at);
                chunk(at, t.data().asSlice(at, n));
                done += n;
                progress.progress(e.getKey(), done, total);
            }
        }
        Trailer trailer = Trailer.newBuilder().setTensors(tensors.size()).setBytes(channel.position()).setCrc32C((int) all.getValue()).build();
        record(RmcTypes.TAG_TRAILER, trailer);
    }

    private void record(int tag, MessageLite message) throws IOException {
        byte[] body = message.toByteArray();
        CRC32C crc = new CRC32C();
        crc.update(body);
        RmcTypes.update(all, (int) crc.getValue());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeUInt32NoTag(5 + 1 + CodedOutputStream.computeUInt32SizeNoTag(body.length) + body.length);
        out.writeUInt32NoTag(RmcTypes.TAG_CRC);
        out.writeFixed32NoTag((int) crc.getValue());
        out.writeUInt32NoTag(tag);
        out.writeUInt32NoTag(body.length);
        out.writeRawBytes(body);
        out.flush();
        ByteTransfer.writeFully(channel, ByteBuffer.wrap(bytes.toByteArray()));
    }

    private void chunk(long offset, MemorySegment payload) throws IOException {
        int crc = (int) ByteTransfer.checksum(payload, new CRC32C());
        RmcTypes.update(all, crc);
        // The length prefixes depend on the padding, and the padding on their sizes: try until the payload is aligned.
        byte[] prefix = prefix(offset, crc, (int) payload.byteSize(), 0);
        for (int padding = 1; (channel.position() + prefix.length) % RmcTypes.ALIGNMENT != 0; padding++) {
            prefix = prefix(offset, crc, (int) payload.byteSize(), padding);
        }
        ByteTransfer.writeFully(channel, ByteBuffer.wrap(prefix));
        ByteTransfer.write(channel, payload);
    }

    private static byte[] prefix(long offset, int crc, int payload, int padding) throws IOException {
        int chunk = 1 + CodedOutputStream.computeUInt64SizeNoTag(offset) + 1 + CodedOutputStream.computeUInt32SizeNoTag(padding) + padding
            + 1 + CodedOutputStream.computeUInt32SizeNoTag(payload) + payload;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeUInt32NoTag(5 + 1 + CodedOutputStream.computeUInt32SizeNoTag(chunk) + chunk);
        out.writeUInt32NoTag(RmcTypes.TAG_CRC);
        out.writeFixed32NoTag(crc);
        out.writeUInt32NoTag(RmcTypes.TAG_CHUNK);
        out.writeUInt32NoTag(chunk);
        out.writeUInt32NoTag(RmcTypes.TAG_OFFSET);
        out.writeUInt64NoTag(offset);
        out.writeUInt32NoTag(RmcTypes.TAG_PADDING);
        out.writeUInt32NoTag(padding);
        out.writeRawBytes(new byte[padding]);
        out.writeUInt32NoTag(RmcTypes.TAG_PAYLOAD);
        out.writeUInt32NoTag(payload);
        out.flush();
        return bytes.toByteArray();
    }
}

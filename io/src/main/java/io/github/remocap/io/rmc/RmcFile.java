package io.github.remocap.io.rmc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.ByteTransfer;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.rmc.proto.Header;
import io.github.remocap.io.rmc.proto.TensorHeader;
import io.github.remocap.io.rmc.proto.Trailer;
import io.github.remocap.io.rmc.proto.Value;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.zip.CRC32C;

/**
 * A mapped {@code .rmc} checkpoint. All checksums are verified when it is opened. Tensors of one chunk are slices of the
 * file; larger ones are copied together.
 */
public final class RmcFile implements AutoCloseable {
    private static final int MAX_MESSAGE = 256 << 20;

    private final MappedFile file;
    private final SequencedMap<String, StoredTensor> tensors = new LinkedHashMap<>();
    private final SequencedMap<String, Object> metadata = new LinkedHashMap<>();

    private final ByteCursor in;
    private final CRC32C all = new CRC32C();
    private final List<Sum> chunks = new ArrayList<>();
    private Location where;

    private RmcFile(MappedFile file) {
        this.file = file;
        this.where = Location.of(file.path());
        this.in = new ByteCursor(where, file.data());
    }

    /**
     * Opens and checks a checkpoint.
     *
     * @throws CorruptFileException naming tensor and offset, if it is damaged or cut off
     */
    public static RmcFile open(Path path) throws IOException {
        MappedFile file = MappedFile.open(path);
        try {
            return open(file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** As {@link #open(Path)}; the result owns the mapping and closes it. If this throws, the caller still owns it. */
    public static RmcFile open(MappedFile file) throws IOException {
        RmcFile f = new RmcFile(file);
        f.read();
        return f;
    }

    /** Whether the file starts as an .rmc checkpoint does. */
    public static boolean hasMagic(MemorySegment data) {
        return data.byteSize() >= RmcTypes.MAGIC.length
            && data.asSlice(0, RmcTypes.MAGIC.length).mismatch(MemorySegment.ofArray(RmcTypes.MAGIC)) < 0;
    }

    /** The tensors in file order. */
    public SequencedMap<String, StoredTensor> tensors() {
        return Collections.unmodifiableSequencedMap(tensors);
    }

    /** String, Long, Double, Boolean or byte[] by name. */
    public SequencedMap<String, Object> metadata() {
        return Collections.unmodifiableSequencedMap(metadata);
    }

    /** Unmaps the file; its tensors must not be used any more. */
    @Override
    public void close() {
        file.close();
    }

    private void read() throws IOException {
        try {
            readRecords();
        } catch (IOException e) {
            verify(); // damage before the place of that error is what to report
            throw e;
        }
        verify();
    }

    /** Checks all data, on all processors. */
    private void verify() throws CorruptFileException {
        int[] found = chunks.parallelStream().mapToInt(c -> (int) ByteTransfer.checksum(c.bytes, new CRC32C())).toArray();
        for (int i = 0; i < found.length; i++) {
            chunks.get(i).expect(found[i]);
        }
    }

    private void readRecords() throws IOException {
        if (!hasMagic(file.data())) {
            throw where.corrupt(0, "expected an .rmc checkpoint, which starts with \\x89RMC");
        }
        in.seek(RmcTypes.MAGIC.length);
        Header header = message(RmcTypes.TAG_HEADER, Header.parser(), "the header");
        if (header.getVersion() != RmcTypes.VERSION) {
            throw where.corrupt(8, "expected format version " + RmcTypes.VERSION + ", not " + Integer.toUnsignedString(header.getVersion()));
        }
        for (Map.Entry<String, Value> e : header.getMetadataMap().entrySet()) {
            Object value = RmcTypes.fromProto(e.getValue());
            if (value == null) {
                throw where.corrupt(8, "expected a value of a known kind for metadata '" + CorruptFileException.printable(e.getKey()) + "'");
            }
            metadata.put(e.getKey(), value);
        }
        long count = Integer.toUnsignedLong(header.getTensors());
        for (long i = 0; i < count; i++) {
            where = in.location();
            readTensor(i, count);
        }
        where = in.location();
        long end = in.position();
        int sum = (int) all.getValue();
        Trailer trailer = message(RmcTypes.TAG_TRAILER, Trailer.parser(), "the trailer");
        if (trailer.getTensors() != header.getTensors() || trailer.getBytes() != end || trailer.getCrc32C() != sum) {
            throw where.corrupt(end, "expected a trailer for the " + count + " tensors and " + end + " bytes before it");
        }
        if (in.remaining() > 0) {
            throw where.corrupt(in.position(), "expected the end of the file after its trailer, found " + in.remaining() + " bytes more");
        }
    }

    private void readTensor(long number, long count) throws IOException {
        long at = in.position();
        TensorHeader header = message(RmcTypes.TAG_TENSOR, TensorHeader.parser(), "the header of tensor " + (number + 1) + " of " + count);
        where = in.location().entry(header.getName());
        DType type = RmcTypes.fromProto(header.getType());
        if (type == null) {
            throw where.corrupt(at, "expected an element type known to this version, not " + header.getTypeValue());
        }
        Shape shape = shape(header, at);
        long bytes = header.getBytes();
        long chunkBytes = header.getChunkBytes();
        if (shape.size() > Long.MAX_VALUE / 8 || bytes != shape.size() * type.bytes() || chunkBytes <= 0) {
            throw where.corrupt(at, "expected " + shape.size() + " elements of " + type.bytes() + " bytes in chunks, not " + bytes + " bytes in chunks of "
                + chunkBytes);
        }
        if (bytes > in.remaining()) {
            throw where.corrupt(in.position(), "expected " + bytes + " bytes of data, but only " + in.remaining() + " bytes are left: the file is cut off");
        }
        List<MemorySegment> pieces = new ArrayList<>();
        for (long done = 0; done < bytes;) {
            long expected = Math.min(chunkBytes, bytes - done);
            pieces.add(chunk(done, expected));
            done += expected;
        }
        if (pieces.size() != Integer.toUnsignedLong(header.getChunks())) {
            throw where.corrupt(at, "expected " + pieces.size() + " chunks, not " + Integer.toUnsignedString(header.getChunks()));
        }
        if (tensors.put(header.getName(), new StoredTensor(type, shape, joined(pieces, bytes))) != null) {
            throw where.corrupt(at, "expected one tensor of this name, found two");
        }
    }

    private Shape shape(TensorHeader header, long at) throws CorruptFileException {
        int[] dims = header.getShapeList().stream().mapToInt(Integer::intValue).toArray();
        if (dims.length > 64) {
            throw where.corrupt(at, "expected at most 64 axes, not " + dims.length);
        }
        try {
            return Shape.of(dims);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw where.corrupt(at, "expected extents below 2^31 whose product fits into 64 bits");
        }
    }

    private MemorySegment joined(List<MemorySegment> pieces, long bytes) {
        if (pieces.size() == 1) {
            return pieces.get(0);
        }
        MemorySegment whole = file.arena().allocate(bytes, RmcTypes.ALIGNMENT);
        long at = 0;
        for (MemorySegment p : pieces) {
            MemorySegment.copy(p, 0, whole, at, p.byteSize());
            at += p.byteSize();
        }
        return whole;
    }

    private <T extends MessageLite> T message(int tag, Parser<T> parser, String what) throws IOException {
        long at = in.position();
        ByteCursor record = record(what);
        int crc = crc(record);
        MemorySegment body = member(record, tag, what);
        if (record.remaining() > 0 || body.byteSize() > MAX_MESSAGE) {
            throw where.corrupt(at, "expected " + what + " alone in its record, of at most " + MAX_MESSAGE + " bytes");
        }
        check(body, crc, at, what);
        try {
            return parser.parseFrom(body.asByteBuffer());
        } catch (InvalidProtocolBufferException e) {
            throw where.corrupt(at, "expected " + what + ": " + e.getMessage());
        }
    }

    private MemorySegment chunk(long offset, long bytes) throws CorruptFileException {
        long at = in.position();
        String what = "bytes " + offset + " to " + (offset + bytes) + " of the data";
        ByteCursor record = record(what);
        int crc = crc(record);
        ByteCursor chunk = new ByteCursor(where, member(record, RmcTypes.TAG_CHUNK, what));
        if (varint(chunk) != RmcTypes.TAG_OFFSET || varint(chunk) != offset || varint(chunk) != RmcTypes.TAG_PADDING) {
            throw where.corrupt(at, "expected " + what);
        }
        MemorySegment padding = chunk.slice(varint(chunk), "padding");
        if (padding.byteSize() > 2 * RmcTypes.ALIGNMENT || padding.mismatch(MemorySegment.ofArray(new byte[(int) padding.byteSize()])) >= 0
            || varint(chunk) != RmcTypes.TAG_PAYLOAD || varint(chunk) != bytes || chunk.remaining() != bytes || record.remaining() > 0) {
            throw where.corrupt(at, "expected " + what + ", after a padding of zeros");
        }
        MemorySegment payload = chunk.slice(bytes, "data");
        chunks.add(new Sum(payload, crc, where, at, what));
        RmcTypes.update(all, crc);
        return payload;
    }

    /** The bytes of the next record, without its length. */
    private ByteCursor record(String what) throws CorruptFileException {
        long at = in.position();
        if (in.remaining() == 0) {
            throw where.corrupt(at, "expected " + what + ", but the file ends: it is cut off");
        }
        long length = varint(in);
        if (length < 0 || length > in.remaining()) {
            throw where.corrupt(at, "expected " + what + " in " + length + " bytes, but only " + in.remaining() + " are left: the file is cut off or damaged");
        }
        return new ByteCursor(where, in.slice(length, what));
    }

    private static int crc(ByteCursor record) throws CorruptFileException {
        if (varint(record) != RmcTypes.TAG_CRC) {
            throw record.location().corrupt(-1, "expected a record that starts with its checksum");
        }
        return record.i32("checksum");
    }

    private MemorySegment member(ByteCursor record, int tag, String what) throws CorruptFileException {
        long found = varint(record);
        if (found != tag) {
            throw where.corrupt(in.position() - record.remaining(), "expected " + what + " (field " + (tag >> 3) + "), not field " + (found >> 3));
        }
        return record.slice(varint(record), what);
    }

    private void check(MemorySegment bytes, int crc, long at, String what) throws CorruptFileException {
        new Sum(bytes, crc, where, at, what).expect((int) ByteTransfer.checksum(bytes, new CRC32C()));
        RmcTypes.update(all, crc);
    }

    /** Bytes with the checksum that they should have. */
    private record Sum(MemorySegment bytes, int crc, Location where, long at, String what) {
        void expect(int found) throws CorruptFileException {
            if (found != crc) {
                throw where.corrupt(at, what + ": expected checksum " + Integer.toHexString(crc) + ", found " + Integer.toHexString(found)
                    + ": the file is damaged");
            }
        }
    }

    /** A protobuf varint of up to 63 bits. */
    private static long varint(ByteCursor in) throws CorruptFileException {
        long v = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            int b = in.u8("length");
            v |= (long) (b & 0x7f) << shift;
            if (b < 0x80) {
                return v;
            }
        }
        throw in.location().corrupt(in.position(), "expected a number of at most 63 bits");
    }
}

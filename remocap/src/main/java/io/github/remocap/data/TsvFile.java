package io.github.remocap.data;

import io.github.remocap.io.AtomicFile;
import io.github.remocap.io.MappedFile;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a TSV file of any size, read where they are asked for. The file is mapped; in memory is only the byte at which each row begins,
 * from {@code .lineidx} beside it. Where that file is missing it is built (and kept, if the folder can be written).
 */
final class TsvFile implements Closeable {
    private static final VectorSpecies<Byte> WIDE = ByteVector.SPECIES_PREFERRED;

    private final Path path;
    private final MappedFile file;
    private final MemorySegment data;
    private final long[] starts;

    private TsvFile(Path path, MappedFile file, long[] starts) {
        this.path = path;
        this.file = file;
        this.data = file.data();
        this.starts = starts;
    }

    /** {@code train.img.tsv} has its index in {@code train.img.lineidx}. */
    static Path indexOf(Path tsv) {
        String name = String.valueOf(tsv.getFileName());
        int dot = name.lastIndexOf('.');
        return tsv.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + ".lineidx");
    }

    /** @throws IOException if the file cannot be read, or its index does not fit it */
    static TsvFile open(Path path) throws IOException {
        MappedFile file = MappedFile.open(path);
        try {
            Path index = indexOf(path);
            long[] starts;
            if (Files.isRegularFile(index)) {
                starts = readIndex(index);
                check(path, index, file.data(), starts);
            } else {
                starts = scan(file.data());
                store(index, starts);
            }
            return new TsvFile(path, file, starts);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** As {@link #open}, for a small file: its index is neither read nor written. */
    static TsvFile unindexed(Path path) throws IOException {
        MappedFile file = MappedFile.open(path);
        return new TsvFile(path, file, scan(file.data()));
    }

    private static long[] readIndex(Path index) throws IOException {
        try (MappedFile mapped = MappedFile.open(index)) {
            MemorySegment text = mapped.data();
            long[] starts = new long[1024];
            int n = 0;
            long value = -1;
            for (long i = 0; i <= text.byteSize(); i++) {
                byte b = i < text.byteSize() ? text.get(ValueLayout.JAVA_BYTE, i) : (byte) '\n';
                if (b >= '0' && b <= '9' && value < Long.MAX_VALUE / 10 - 1) {
                    value = Math.max(value, 0) * 10 + (b - '0');
                } else if (b == '\n') {
                    if (value >= 0) {
                        starts = n == starts.length ? Arrays.copyOf(starts, 2 * n) : starts;
                        starts[n++] = value;
                        value = -1;
                    }
                } else if (b != ' ' && b != '\r') {
                    throw new IOException(index + ": line " + (n + 1) + " is no number; delete the file to have it built again");
                }
            }
            return Arrays.copyOf(starts, n);
        }
    }

    /** An index of another file would give nonsense: rows must begin behind a line break. */
    private static void check(Path path, Path index, MemorySegment data, long[] starts) throws IOException {
        long before = -1;
        for (int i = 0; i < starts.length; i++) {
            long at = starts[i];
            boolean fits = at > before && at < data.byteSize() && (i == 0 ? at == 0 : i % 4096 != 1 && i != starts.length - 1
                || data.get(ValueLayout.JAVA_BYTE, at - 1) == '\n'); // looking at every row would read the whole file
            if (!fits) {
                throw new IOException(index + ": row " + i + " at byte " + at + " is not where a row of " + path
                    + " begins; delete the index to have it built again");
            }
            before = at;
        }
        long end = starts.length == 0 ? 0 : find(data, (byte) '\n', before, data.byteSize()) + 1;
        if (end < data.byteSize()) {
            throw new IOException(index + ": ends with row " + (starts.length - 1) + ", " + path + " has more; delete the index to have it built again");
        }
    }

    /** Where rows begin. */
    static long[] scan(MemorySegment data) {
        long[] starts = new long[1024];
        int n = 0;
        long size = data.byteSize();
        long start = 0;
        while (start < size) {
            starts = n == starts.length ? Arrays.copyOf(starts, 2 * n) : starts;
            starts[n++] = start;
            start = find(data, (byte) '\n', start, size) + 1;
        }
        return Arrays.copyOf(starts, n);
    }

    /** Place of a byte in [from, to); {@code to} if it is not there. */
    private static long find(MemorySegment data, byte what, long from, long to) {
        long at = from;
        for (; at + WIDE.length() <= to; at += WIDE.length()) {
            VectorMask<Byte> found = ByteVector.fromMemorySegment(WIDE, data, at, ByteOrder.nativeOrder()).compare(VectorOperators.EQ, what);
            if (found.anyTrue()) {
                return at + found.firstTrue();
            }
        }
        for (; at < to; at++) {
            if (data.get(ValueLayout.JAVA_BYTE, at) == what) {
                return at;
            }
        }
        return to;
    }

    private static void store(Path index, long[] starts) throws IOException {
        Path folder = index.toAbsolutePath().getParent();
        if (folder == null || !Files.isWritable(folder)) {
            return; // a data set on a read-only disk: the index is built each time
        }
        AtomicFile.write(index, (FileChannel channel) -> {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < starts.length; i++) {
                text.append(starts[i]).append('\n');
                if (text.length() > 1 << 16 || i == starts.length - 1) {
                    ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.US_ASCII));
                    while (bytes.hasRemaining()) {
                        channel.write(bytes);
                    }
                    text.setLength(0);
                }
            }
        });
    }

    Path path() {
        return path;
    }

    int rows() {
        return starts.length;
    }

    private long end(int row) {
        long end = row + 1 < starts.length ? starts[row + 1] : data.byteSize();
        while (end > starts[row] && (at(end - 1) == '\n' || at(end - 1) == '\r')) {
            end--;
        }
        return end;
    }

    private byte at(long place) {
        return data.get(ValueLayout.JAVA_BYTE, place);
    }

    /** A whole row. */
    String line(int row) {
        return text(starts[row], end(row));
    }

    /** The first column. */
    String key(int row) {
        long end = end(row);
        return text(starts[row], find(data, (byte) '\t', starts[row], end));
    }

    /** The second column; null if there is only one. */
    byte @Nullable [] second(int row) {
        long end = end(row);
        long tab = find(data, (byte) '\t', starts[row], end);
        return tab == end ? null : bytes(tab + 1, find(data, (byte) '\t', tab + 1, end));
    }

    /** The last column; null if there is only one. */
    byte @Nullable [] last(int row) {
        long end = end(row);
        long from = end;
        while (from > starts[row] && at(from - 1) != '\t') {
            from--;
        }
        return from == starts[row] ? null : bytes(from, end);
    }

    private byte[] bytes(long from, long to) {
        return data.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE);
    }

    private String text(long from, long to) {
        return new String(bytes(from, to), StandardCharsets.UTF_8).strip();
    }

    @Override
    public void close() {
        file.close();
    }
}

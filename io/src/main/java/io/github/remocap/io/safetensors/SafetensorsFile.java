package io.github.remocap.io.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** A mapped safetensors file; its tensors are slices of it. */
public final class SafetensorsFile implements AutoCloseable {
    /** The limit of the reference implementation. */
    static final long MAX_HEADER = 100_000_000;
    static final Map<String, DType> TYPES = Map.of("BOOL", DType.BOOL, "U8", DType.U8, "I8", DType.I8, "I16", DType.I16, "I32", DType.I32,
        "I64", DType.I64, "F16", DType.F16, "BF16", DType.BF16, "F32", DType.F32, "F64", DType.F64);

    private final MappedFile file;
    private final SequencedMap<String, StoredTensor> tensors;
    private final SequencedMap<String, String> metadata;

    private SafetensorsFile(MappedFile file, SequencedMap<String, StoredTensor> tensors, SequencedMap<String, String> metadata) {
        this.file = file;
        this.tensors = tensors;
        this.metadata = metadata;
    }

    /**
     * Reads the header and maps the data.
     *
     * @throws CorruptFileException if the header is damaged, or tensors overlap, leave gaps or lie outside the file
     */
    public static SafetensorsFile open(Path path) throws IOException {
        MappedFile file = MappedFile.open(path);
        try {
            return open(file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** As {@link #open(Path)}; the result owns the mapping and closes it. If this throws, the caller still owns it. */
    public static SafetensorsFile open(MappedFile file) throws IOException {
        ByteCursor in = new ByteCursor(Location.of(file.path()), file.data());
        long size = in.i64("header size");
        if (size < 2 || size > MAX_HEADER || size > in.remaining()) {
            throw in.location().corrupt(0, "expected a header of 2 to " + Math.min(MAX_HEADER, in.remaining()) + " bytes, not " + size);
        }
        byte[] json = in.slice(size, "header").toArray(ValueLayout.JAVA_BYTE);
        return new Parser(in.location(), json, in.slice(in.remaining(), "data")).parse(file);
    }

    /** The tensors in the order of their data. */
    public SequencedMap<String, StoredTensor> tensors() {
        return Collections.unmodifiableSequencedMap(tensors);
    }

    /** The texts in {@code __metadata__}. */
    public SequencedMap<String, String> metadata() {
        return Collections.unmodifiableSequencedMap(metadata);
    }

    /** Unmaps the file; its tensors must not be used any more. */
    @Override
    public void close() {
        file.close();
    }

    private record Entry(String name, DType type, Shape shape, long from, long to) {}

    /** Reads {@code {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}}. */
    private static final class Parser {
        private final Location location;
        private final byte[] json;
        private final MemorySegment data;
        private long at = 8;

        Parser(Location location, byte[] json, MemorySegment data) {
            this.location = location;
            this.json = json;
            this.data = data;
        }

        SafetensorsFile parse(MappedFile file) throws IOException {
            List<Entry> entries = new ArrayList<>();
            SequencedMap<String, String> metadata = new LinkedHashMap<>();
            JsonFactory factory = JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
            try (JsonParser p = factory.createParser(json)) {
                expect(p, p.nextToken(), JsonToken.START_OBJECT);
                while (next(p) != JsonToken.END_OBJECT) {
                    String name = p.currentName();
                    expect(p, p.nextToken(), JsonToken.START_OBJECT);
                    if (name.equals("__metadata__")) {
                        readMetadata(p, metadata);
                    } else {
                        entries.add(readEntry(p, name));
                    }
                }
                if (p.nextToken() != null) {
                    throw location.corrupt(at, "expected nothing after the header's object");
                }
            } catch (JsonProcessingException e) {
                JsonLocation where = e.getLocation();
                throw location.corrupt(where == null ? at : 8 + where.getByteOffset(), "expected a JSON header: " + e.getOriginalMessage());
            }
            return new SafetensorsFile(file, slices(entries), metadata);
        }

        private @Nullable JsonToken next(JsonParser p) throws IOException {
            JsonToken t = p.nextToken();
            at = 8 + p.currentLocation().getByteOffset();
            return t;
        }

        private void expect(JsonParser p, @Nullable JsonToken found, JsonToken wanted) throws IOException {
            if (found != wanted) {
                throw location.corrupt(8 + p.currentLocation().getByteOffset(), "expected " + wanted + ", not " + found);
            }
        }

        private void readMetadata(JsonParser p, Map<String, String> metadata) throws IOException {
            while (next(p) != JsonToken.END_OBJECT) {
                String key = p.currentName();
                expect(p, p.nextToken(), JsonToken.VALUE_STRING);
                metadata.put(key, p.getText());
            }
        }

        private Entry readEntry(JsonParser p, String name) throws IOException {
            Location entry = location.entry(name);
            String type = null;
            long[] shape = null;
            long[] offsets = null;
            while (next(p) != JsonToken.END_OBJECT) {
                String key = p.currentName();
                JsonToken value = p.nextToken();
                switch (key) {
                    case "dtype" -> {
                        expect(p, value, JsonToken.VALUE_STRING);
                        type = p.getText();
                    }
                    case "shape" -> shape = numbers(p, value, entry);
                    case "data_offsets" -> offsets = numbers(p, value, entry);
                    default -> throw entry.corrupt(at, "expected dtype, shape and data_offsets, not '" + CorruptFileException.printable(key) + "'");
                }
            }
            DType known = type == null ? null : TYPES.get(type);
            if (known == null || shape == null || offsets == null || offsets.length != 2) {
                throw entry.corrupt(at, "expected a dtype among " + TYPES.keySet().stream().sorted().toList() + ", a shape and two offsets");
            }
            if (offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > data.byteSize()) {
                throw entry.corrupt(at, "expected data inside the " + data.byteSize() + " bytes there are, not at " + offsets[0] + " to " + offsets[1]);
            }
            Shape extents = shape(entry, shape);
            if (extents.size() > Long.MAX_VALUE / 8 || extents.size() * known.bytes() != offsets[1] - offsets[0]) {
                throw entry.corrupt(at, "expected as many bytes as " + known + extents + " needs, not " + (offsets[1] - offsets[0]));
            }
            return new Entry(name, known, extents, offsets[0], offsets[1]);
        }

        private long[] numbers(JsonParser p, @Nullable JsonToken first, Location entry) throws IOException {
            expect(p, first, JsonToken.START_ARRAY);
            List<Long> out = new ArrayList<>();
            for (JsonToken t = next(p); t != JsonToken.END_ARRAY; t = next(p)) {
                expect(p, t, JsonToken.VALUE_NUMBER_INT);
                if (out.size() == 64) {
                    throw entry.corrupt(at, "expected at most 64 numbers");
                }
                out.add(p.getLongValue());
            }
            return out.stream().mapToLong(Long::longValue).toArray();
        }

        private Shape shape(Location entry, long[] extents) throws CorruptFileException {
            int[] dims = new int[extents.length];
            for (int i = 0; i < dims.length; i++) {
                if (extents[i] < 0 || extents[i] > Integer.MAX_VALUE) {
                    throw entry.corrupt(at, "expected an extent from 0 to " + Integer.MAX_VALUE + ", not " + extents[i]);
                }
                dims[i] = (int) extents[i];
            }
            try {
                return Shape.of(dims);
            } catch (ArithmeticException e) {
                throw entry.corrupt(at, "expected a shape whose size fits into 64 bits");
            }
        }

        /** The format wants the data covered without overlap or gap. */
        private SequencedMap<String, StoredTensor> slices(List<Entry> entries) throws CorruptFileException {
            entries.sort(Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to));
            SequencedMap<String, StoredTensor> out = new LinkedHashMap<>();
            long end = 0;
            for (Entry e : entries) {
                if (e.from != end) {
                    throw location.entry(e.name).corrupt(e.from, "expected data that starts where that of the tensor before ends, at " + end
                        + (e.from < end ? ": they overlap" : ": there is a gap"));
                }
                end = e.to;
                out.put(e.name, new StoredTensor(e.type, e.shape, data.asSlice(e.from, e.to - e.from)));
            }
            if (end != data.byteSize()) {
                throw location.corrupt(8 + json.length + end, "expected the end of the file after the last tensor, found " + (data.byteSize() - end)
                    + " bytes more");
            }
            return out;
        }
    }
}

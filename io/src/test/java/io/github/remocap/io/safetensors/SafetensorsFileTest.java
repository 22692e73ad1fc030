package io.github.remocap.io.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.TestFiles;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
    @TempDir
    Path dir;

    private static byte[] file(long claimed, String header, int data) {
        byte[] h = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + h.length + data).order(ByteOrder.LITTLE_ENDIAN).putLong(claimed == -1 ? h.length : claimed).put(h).array();
    }

    private static String tensor(String name, String type, String shape, long from, long to) {
        return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":[" + from + "," + to + "]}";
    }

    private void refuses(String header, int data, String part) throws IOException {
        refuses(file(-1, header, data), part);
    }

    private void refuses(byte[] bytes, String part) throws IOException {
        Path path = Files.write(dir.resolve("bad.safetensors"), bytes);
        CorruptFileException e = assertThrows(CorruptFileException.class, () -> SafetensorsFile.open(path).close());
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    @Test
    void readsWhatTheReferenceWrites() throws IOException {
        String header = "{\"__metadata__\":{\"format\":\"pt\"}," + tensor("b", "I16", "[2]", 4, 8) + "," + tensor("a", "F32", "[]", 0, 4) + "}   ";
        byte[] bytes = file(-1, header, 8);
        bytes[bytes.length - 2] = 7;
        bytes[bytes.length - 5] = 0x3f;
        try (SafetensorsFile f = SafetensorsFile.open(Files.write(dir.resolve("a"), bytes))) {
            assertEquals(Map.of("format", "pt"), f.metadata());
            assertEquals(List.of("a", "b"), List.copyOf(f.tensors().keySet()));
            assertEquals(0.5, f.tensors().get("a").getDouble(0));
            assertArrayEquals(new long[] {0, 7}, f.tensors().get("b").toLongs());
        }
    }

    @Test
    void roundTrip() throws IOException {
        Map<String, StoredTensor> m = new LinkedHashMap<>();
        for (DType t : DType.values()) {
            m.put("t." + t, new StoredTensor(t, Shape.of(3, 1), MemorySegment.ofArray(new byte[3 * t.bytes()])));
        }
        m.put("scalar \"\u20ac\"", StoredTensor.ofFloats(Shape.SCALAR, 3));
        m.put("empty", StoredTensor.ofFloats(Shape.of(4, 0)));
        Path path = dir.resolve("r.safetensors");
        SafetensorsWriter.write(path, m, Map.of("note", "x\ny"), ProgressListener.NONE);
        TestFiles.assertOnlyFiles(dir, "r.safetensors");
        try (SafetensorsFile f = SafetensorsFile.open(path)) {
            assertEquals(m.keySet(), f.tensors().keySet());
            m.forEach((name, t) -> {
                StoredTensor found = f.tensors().get(name);
                assertTrue(t.contentEquals(found), name);
                assertEquals(0, found.data().address() % t.type().bytes(), name);
            });
            assertEquals(Map.of("note", "x\ny"), f.metadata());
        }
        assertThrows(IOException.class, () -> SafetensorsWriter.write(path, Map.of("__metadata__", StoredTensor.ofFloats(Shape.SCALAR, 1)), Map.of(),
            ProgressListener.NONE));
    }

    @Test
    void refusesBrokenHeaders() throws IOException {
        refuses(file(Long.MAX_VALUE, "{}", 0), "header of");
        refuses(file(1L << 63, "{}", 0), "header of");
        refuses(file(3, "{}", 0), "header of");
        refuses("[]", 0, "START_OBJECT");
        refuses("{} x", 0, "JSON");
        refuses("{\"a\":", 0, "JSON");
        refuses("{\"a\":1}", 0, "START_OBJECT");
        refuses("{\"__metadata__\":{\"a\":1}}", 0, "VALUE_STRING");
        refuses("{" + tensor("a", "F32", "[1]", 0, 4) + "," + tensor("a", "F32", "[1]", 0, 4) + "}", 4, "Duplicate");
        refuses("{" + tensor("a", "F32", "[1.5]", 0, 4) + "}", 4, "VALUE_NUMBER_INT");
        refuses("{" + tensor("a", "F32", "[99999999999999999999]", 0, 4) + "}", 4, "JSON");
        refuses("{" + tensor("a", "F8", "[1]", 0, 4) + "}", 4, "dtype");
        refuses("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "two offsets");
        refuses("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"x\":[]}}", 4, "'x'");
        refuses("{\"a\":" + "[".repeat(100_000) + "}", 0, "expected");
    }

    @Test
    void refusesBrokenOffsets() throws IOException {
        refuses("{" + tensor("a", "F32", "[1]", 0, 4) + "," + tensor("b", "F32", "[1]", 2, 6) + "}", 8, "overlap");
        refuses("{" + tensor("a", "F32", "[1]", 0, 4) + "," + tensor("b", "F32", "[1]", 6, 10) + "}", 10, "gap");
        refuses("{" + tensor("a", "F32", "[1]", 0, 4) + "}", 3, "inside the 3 bytes");
        refuses("{" + tensor("a", "F32", "[1]", 0, 4) + "}", 5, "1 bytes more");
        refuses("{" + tensor("a", "F32", "[1]", 4, 0) + "}", 4, "inside");
        refuses("{" + tensor("a", "F32", "[1]", -4, 0) + "}", 4, "inside");
        refuses("{" + tensor("a", "F32", "[2]", 0, 4) + "}", 4, "needs, not 4");
        refuses("{" + tensor("a", "F32", "[-1]", 0, 4) + "}", 4, "extent");
        refuses("{" + tensor("a", "F32", "[2147483647,2147483647,2147483647]", 0, 4) + "}", 4, "64 bits");
        refuses("{" + tensor("a", "F32", "[2147483647,2147483647,2]", 0, 4) + "}", 4, "needs");
    }
}

package io.github.remocap.io.rmc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.TestFiles;
import io.github.remocap.io.rmc.proto.DataChunk;
import io.github.remocap.io.rmc.proto.Record;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RmcFileTest {
    @TempDir
    Path dir;

    private static Map<String, StoredTensor> tensors() {
        Map<String, StoredTensor> m = new LinkedHashMap<>();
        float[] many = new float[1000];
        for (int i = 0; i < many.length; i++) {
            many[i] = i;
        }
        m.put("big", StoredTensor.ofFloats(Shape.of(10, 100), many));
        m.put("scalar", StoredTensor.ofLongs(Shape.SCALAR, -5));
        m.put("empty", StoredTensor.ofFloats(Shape.of(3, 0)));
        for (DType t : DType.values()) {
            m.put("type " + t, new StoredTensor(t, Shape.of(3), MemorySegment.ofArray(Arrays.copyOf(new byte[] {1, 0, 1}, 3 * t.bytes()))));
        }
        return m;
    }

    private Path write(int chunk) throws IOException {
        Path path = dir.resolve("a.rmc");
        RmcWriter.write(path, tensors(), Map.of("epoch", 3, "step", 1L << 40, "lr", 1e-6, "note", "\u20ac", "flag", true, "raw", new byte[] {1, 2}),
            ProgressListener.NONE, chunk);
        TestFiles.assertOnlyFiles(dir, "a.rmc");
        return path;
    }

    @Test
    void roundTrip() throws IOException {
        for (int chunk : new int[] {8, 1000, RmcWriter.CHUNK}) {
            try (RmcFile f = RmcFile.open(write(chunk))) {
                assertEquals(List.copyOf(tensors().keySet()), List.copyOf(f.tensors().keySet()));
                tensors().forEach((name, t) -> assertTrue(t.contentEquals(f.tensors().get(name)), name));
                assertEquals(3L, f.metadata().get("epoch"));
                assertEquals(1L << 40, f.metadata().get("step"));
                assertEquals(1e-6, f.metadata().get("lr"));
                assertEquals("\u20ac", f.metadata().get("note"));
                assertEquals(true, f.metadata().get("flag"));
                assertArrayEquals(new byte[] {1, 2}, (byte[]) f.metadata().get("raw"));
            }
        }
    }

    @Test
    void dataIsAligned() throws IOException {
        try (RmcFile f = RmcFile.open(write(RmcWriter.CHUNK))) {
            // Mappings start at a page, so that an aligned address is an aligned place in the file.
            f.tensors().forEach((name, t) -> assertTrue(t.size() == 0 || t.data().address() % 64 == 0, name));
        }
    }

    @Test
    void equalInputGivesEqualFiles() throws IOException {
        byte[] first = Files.readAllBytes(write(RmcWriter.CHUNK));
        assertArrayEquals(first, Files.readAllBytes(write(RmcWriter.CHUNK)));
    }

    @Test
    void isAStreamOfDelimitedMessages() throws IOException {
        List<Record> records = new ArrayList<>();
        try (InputStream in = Files.newInputStream(write(1000))) {
            in.skipNBytes(8);
            for (Record r = Record.parseDelimitedFrom(in); r != null; r = Record.parseDelimitedFrom(in)) {
                records.add(r);
            }
        }
        assertEquals(Record.KindCase.HEADER, records.get(0).getKindCase());
        assertEquals(tensors().size(), records.get(0).getHeader().getTensors());
        assertEquals("big", records.get(1).getTensor().getName());
        assertEquals(4, records.get(1).getTensor().getChunks());
        DataChunk second = records.get(3).getChunk();
        assertEquals(1000, second.getOffset());
        assertEquals(1000, second.getPayload().size());
        assertEquals(Record.KindCase.TRAILER, records.get(records.size() - 1).getKindCase());
    }

    @Test
    void damagedBytesAreNoticed() throws IOException {
        byte[] whole = Files.readAllBytes(write(1000));
        Path bad = dir.resolve("bad.rmc");
        for (int i = 0; i < whole.length; i += i < 1000 ? 1 : 7) {
            byte[] b = whole.clone();
            b[i] ^= 0x10;
            Files.write(bad, b);
            assertThrows(CorruptFileException.class, () -> RmcFile.open(bad).close(), "byte " + i);
        }
    }

    @Test
    void truncationsAreNoticed() throws IOException {
        byte[] whole = Files.readAllBytes(write(1000));
        Path bad = dir.resolve("bad.rmc");
        for (int n = 0; n < whole.length; n += n < 1000 ? 1 : 7) {
            Files.write(bad, Arrays.copyOf(whole, n));
            assertThrows(CorruptFileException.class, () -> RmcFile.open(bad).close());
        }
        Files.write(bad, Arrays.copyOf(whole, whole.length + 1));
        assertThrows(CorruptFileException.class, () -> RmcFile.open(bad).close());
    }

    @Test
    void errorsNameTensorAndOffset() throws IOException {
        Path path = write(RmcWriter.CHUNK);
        byte[] b = Files.readAllBytes(path);
        b[1000] ^= 1;
        Path bad = Files.write(dir.resolve("bad.rmc"), b);
        CorruptFileException e = assertThrows(CorruptFileException.class, () -> RmcFile.open(bad).close());
        assertEquals("big", e.entry());
        assertTrue(e.offset() > 0 && e.offset() < 1000, e.getMessage());
        assertTrue(e.getMessage().contains("checksum"), e.getMessage());
        Files.write(bad, Arrays.copyOf(Files.readAllBytes(path), 2000));
        e = assertThrows(CorruptFileException.class, () -> RmcFile.open(bad).close());
        assertEquals("big", e.entry());
        assertTrue(e.getMessage().contains("cut off"), e.getMessage());
    }

    @Test
    void damageBeforeTheEndOfACutFileIsReportedFirst() throws IOException {
        byte[] b = Files.readAllBytes(write(1000));
        b[1500] ^= 1;
        Path bad = Files.write(dir.resolve("bad.rmc"), Arrays.copyOf(b, b.length - 100));
        CorruptFileException e = assertThrows(CorruptFileException.class, () -> RmcFile.open(bad).close());
        assertEquals("big", e.entry());
        assertTrue(e.offset() < 1500 && e.getMessage().contains("checksum"), e.getMessage());
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws IOException {
        Path path = write(1000);
        byte[] before = Files.readAllBytes(path);
        ProgressListener breaks = (name, done, total) -> {
            if (done > 2000) {
                throw new IllegalStateException("power cut");
            }
        };
        assertThrows(IllegalStateException.class, () -> RmcWriter.write(path, tensors(), Map.of(), breaks, 1000));
        assertArrayEquals(before, Files.readAllBytes(path));
        TestFiles.assertOnlyFiles(dir, "a.rmc");
        assertThrows(IOException.class, () -> RmcWriter.write(path, tensors(), Map.of("x", List.of()), ProgressListener.NONE));
    }

    @Test
    void progressEndsAtTheTotal() throws IOException {
        long[] last = new long[2];
        RmcWriter.write(dir.resolve("p.rmc"), tensors(), Map.of(), (name, done, total) -> {
            assertTrue(done > last[0]);
            last[0] = done;
            last[1] = total;
        }, 1000);
        assertEquals(last[1], last[0]);
        assertTrue(last[1] > 4000);
    }
}

package io.github.remocap.io.zip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.MemoryBudget;
import io.github.remocap.io.ZipBuilder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ZipArchiveTest {
    @TempDir
    Path dir;

    private static byte[] noise(int n) {
        byte[] b = new byte[n];
        new Random(1).nextBytes(b);
        return b;
    }

    private MappedFile file(byte[] bytes) throws IOException {
        return MappedFile.open(Files.write(dir.resolve("a.zip"), bytes));
    }

    private void refuses(byte[] bytes, String part) throws IOException {
        try (MappedFile f = file(bytes)) {
            CorruptFileException e = assertThrows(CorruptFileException.class, () -> {
                ZipArchive a = ZipArchive.open(f, MemoryBudget.of(f.data().byteSize(), 2));
                for (ZipMember m : a.members().values()) {
                    a.read(m);
                }
            });
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsStoredAndDeflated(boolean zip64) throws IOException {
        byte[] zeros = new byte[100_000];
        byte[] noise = noise(70_000);
        try (MappedFile f = file(new ZipBuilder(zip64).stored("a/b", noise).deflated("c", zeros).deflated("d", noise).stored("empty", new byte[0])
                .deflated("none", new byte[0]).finish())) {
            ZipArchive a = ZipArchive.open(f, MemoryBudget.of(1000, 2));
            assertEquals(List.of("a/b", "c", "d", "empty", "none"), List.copyOf(a.members().keySet()));
            assertArrayEquals(noise, a.read(a.members().get("a/b")).toArray(ValueLayout.JAVA_BYTE));
            assertArrayEquals(zeros, a.read(a.members().get("c")).toArray(ValueLayout.JAVA_BYTE));
            assertArrayEquals(noise, a.read(a.members().get("d")).toArray(ValueLayout.JAVA_BYTE));
            assertEquals(0, a.read(a.members().get("empty")).byteSize());
            assertEquals(0, a.read(a.members().get("none")).byteSize());
            for (ZipMember m : a.members().values()) {
                a.verify(m);
            }
        }
    }

    @Test
    void noticesDamageOnlyWhenAsked() throws IOException {
        byte[] bytes = new ZipBuilder(false).stored("a", noise(1000)).finish();
        bytes[500] ^= 1;
        try (MappedFile f = file(bytes)) {
            ZipArchive a = ZipArchive.open(f, MemoryBudget.of(1000, 2));
            ZipMember m = a.members().get("a");
            assertEquals(1000, a.read(m).byteSize());
            CorruptFileException e = assertThrows(CorruptFileException.class, () -> a.verify(m));
            assertEquals("a", e.entry());
        }
    }

    @Test
    void refusesDuplicates() throws IOException {
        refuses(new ZipBuilder(false).stored("a", noise(10)).stored("a", noise(20)).finish(), "two");
    }

    @Test
    void refusesOverlaps() throws IOException {
        byte[] inner = new ZipBuilder(false).stored("b", noise(10)).finish();
        refuses(new ZipBuilder(false).stored("a", inner).pointer("b", 31, 10).finish(), "overlap");
    }

    @Test
    void refusesContradictions() throws IOException {
        refuses(new ZipBuilder(false).twoNames("a", "b", noise(10)).finish(), "local header");
        refuses(new ZipBuilder(false).pointer("b", 0, 10).finish(), "inside the file");
        refuses(new ZipBuilder(false).stored("x", noise(100)).pointer("b", 40, 10).finish(), "local header");
        refuses(new ZipBuilder(true).stored("x", noise(100)).pointer("b", 0, Long.MAX_VALUE).finish(), "expected");
        refuses(new ZipBuilder(true).stored("x", noise(100)).pointer("b", 0, -1).finish(), "inside the file");
    }

    @Test
    void refusesLyingSizes() throws IOException {
        byte[] zeros = new byte[1 << 20];
        byte[] packed = ZipBuilder.deflate(zeros);
        refuses(new ZipBuilder(true).member("a", 8, packed, zeros, 1L << 60).finish(), "found 1048576");
        refuses(new ZipBuilder(true).member("a", 8, packed, zeros, 100).finish(), "more");
        refuses(new ZipBuilder(true).member("a", 0, zeros, zeros, 1L << 60).finish(), "inside the file");
        refuses(new ZipBuilder(false).member("a", 8, noise(1000), zeros, zeros.length).finish(), "expected");
    }

    @Test
    void refusesBombs() throws IOException {
        byte[] zeros = new byte[300 << 20];
        refuses(new ZipBuilder(false).deflated("a", zeros).finish(), "credible");
    }

    @Test
    void writesWhatOthersRead() throws IOException {
        Path path = dir.resolve("w.zip");
        byte[] noise = noise(3_000_000);
        byte[] zeros = new byte[100_000];
        try (FileChannel c = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ZipWriter w = new ZipWriter(c);
            w.add("stored", false, List.of(MemorySegment.ofArray(zeros), MemorySegment.ofArray(noise)), n -> {});
            w.add("deflated \u20ac", true, List.of(MemorySegment.ofArray(noise), MemorySegment.ofArray(zeros)), n -> {});
            assertThrows(IOException.class, () -> w.add("stored", false, List.of(), n -> {}));
            w.finish();
        }
        try (ZipFile z = new ZipFile(path.toFile()); MappedFile f = MappedFile.open(path)) {
            byte[] stored = z.getInputStream(z.getEntry("stored")).readAllBytes();
            assertEquals(3_100_000, stored.length);
            ZipArchive a = ZipArchive.open(f, MemoryBudget.of(1, 1));
            assertArrayEquals(stored, a.read(a.members().get("stored")).toArray(ValueLayout.JAVA_BYTE));
            assertEquals(0, a.members().get("stored").start() % 64);
            byte[] deflated = z.getInputStream(z.getEntry("deflated \u20ac")).readAllBytes();
            assertArrayEquals(deflated, a.read(a.members().get("deflated \u20ac")).toArray(ValueLayout.JAVA_BYTE));
            assertEquals(noise[5], deflated[5]);
        }
    }
}

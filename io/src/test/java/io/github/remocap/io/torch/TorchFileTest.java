package io.github.remocap.io.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.PickleBuilder;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.ZipBuilder;
import io.github.remocap.io.pickle.PickleTuple;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class TorchFileTest {
    @TempDir
    Path dir;

    private static byte[] floats(ByteOrder order, int n) {
        ByteBuffer b = ByteBuffer.allocate(4 * n).order(order);
        for (int i = 0; i < n; i++) {
            b.putFloat(i);
        }
        return b.array();
    }

    private static PickleBuilder start() {
        return new PickleBuilder().op(0x80, 2);
    }

    private static PickleBuilder floatTensor(long elements, long offset, long[] size, long[] stride) {
        return start().tensor("0", "FloatStorage", elements, offset, size, stride);
    }

    private TorchFile open(byte[] zip) throws IOException {
        return TorchFile.read(Files.write(dir.resolve("t.pt"), zip));
    }

    private static byte[] archive(PickleBuilder pickle, byte[] storage) {
        return new ZipBuilder(false).stored("archive/data.pkl", pickle.stop()).stored("archive/data/0", storage).finish();
    }

    private void refuses(byte[] file, String part) {
        CorruptFileException e = assertThrows(CorruptFileException.class, () -> open(file).close());
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    @Test
    void readsDeflatedZip64WithoutPrefix() throws IOException {
        byte[] zip = new ZipBuilder(true).deflated("data.pkl", floatTensor(6, 0, new long[] {2, 3}, new long[] {3, 1}).stop())
            .deflated("data/0", floats(ByteOrder.LITTLE_ENDIAN, 6)).finish();
        try (TorchFile f = open(zip)) {
            StoredTensor t = assertInstanceOf(StoredTensor.class, f.content());
            assertEquals(Shape.of(2, 3), t.shape());
            assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, t.toFloats());
            f.verify();
        }
    }

    @Test
    void readsOtherByteOrder() throws IOException {
        byte[] zip = new ZipBuilder(false).stored("a/data.pkl", floatTensor(6, 1, new long[] {2}, new long[] {3}).stop())
            .stored("a/byteorder", "big".getBytes(StandardCharsets.US_ASCII)).stored("a/data/0", floats(ByteOrder.BIG_ENDIAN, 6)).finish();
        try (TorchFile f = open(zip)) {
            assertArrayEquals(new float[] {1, 4}, assertInstanceOf(StoredTensor.class, f.content()).toFloats());
        }
    }

    @Test
    void storedContiguousTensorsAreSlices() throws IOException {
        try (TorchFile f = open(archive(floatTensor(6, 2, new long[] {4}, new long[] {1}), floats(ByteOrder.LITTLE_ENDIAN, 6)))) {
            MemorySegment data = assertInstanceOf(StoredTensor.class, f.content()).data();
            MemorySegment file = f.file().data();
            assertTrue(data.address() >= file.address() && data.address() + data.byteSize() <= file.address() + file.byteSize());
        }
    }

    @Test
    void readsParametersNumpyScalarsAndSparseTensors() throws IOException {
        PickleBuilder p = start().op('(').global("torch._utils", "_rebuild_parameter").op('(');
        p.tensor("0", "FloatStorage", 4, 0, new long[] {4}, new long[] {1}).op(0x88).global("collections", "OrderedDict").op(')', 'R', 't', 'R');
        p.global("numpy.core.multiarray", "scalar").op('(').global("numpy", "dtype").text("f8").op('K', 0, 'K', 1, 0x87, 'R');
        p.op('(', 'K', 3).text("<").op('N', 'N', 'N', 'J').i32(-1).op('J').i32(-1).op('K', 0, 't', 'b');
        p.global("_codecs", "encode").text("\0\0\0\0\0\0\u00f8?").text("latin1").op(0x86, 'R', 't', 'R');
        p.global("torch", "Size").tuple(3, 4).op(0x85, 'R');
        p.global("torch", "device").text("cuda").op('K', 1, 0x86, 'R');
        p.global("torch._utils", "_rebuild_sparse_tensor").op('(').global("torch", "sparse_coo").op('(');
        p.tensor("1", "LongStorage", 4, 0, new long[] {2, 2}, new long[] {2, 1}).tensor("0", "FloatStorage", 4, 1, new long[] {2}, new long[] {1});
        p.global("torch", "Size").tuple(5, 6).op(0x85, 'R').op('t', 't', 'R').op('t');
        byte[] zip = new ZipBuilder(false).stored("x/data.pkl", p.stop()).stored("x/data/0", floats(ByteOrder.LITTLE_ENDIAN, 4))
            .stored("x/data/1", new byte[32]).finish();
        try (TorchFile f = open(zip)) {
            var t = assertInstanceOf(PickleTuple.class, f.content());
            assertEquals(Shape.of(4), assertInstanceOf(StoredTensor.class, t.get(0)).shape());
            assertEquals(1.5, t.get(1));
            assertEquals(new TorchSize(new long[] {3, 4}), t.get(2));
            assertEquals("cuda:1", t.get(3));
            SparseTensor s = assertInstanceOf(SparseTensor.class, t.get(4));
            assertEquals(Shape.of(5, 6), s.shape());
            assertEquals(DType.I64, s.indices().type());
            assertArrayEquals(new float[] {1, 2}, s.values().toFloats());
        }
    }

    @Test
    void readsUntypedStorages() throws IOException {
        PickleBuilder p = start().global("torch._utils", "_rebuild_tensor_v3").op('(');
        p.op('(').text("storage").global("torch.storage", "UntypedStorage").text("0").text("cpu").integer(24).op('t', 'Q');
        p.integer(1).tuple(2).tuple(1).op(0x89, '}').global("torch", "float32").op('t', 'R');
        try (TorchFile f = open(archive(p, floats(ByteOrder.LITTLE_ENDIAN, 6)))) {
            assertArrayEquals(new float[] {1, 2}, assertInstanceOf(StoredTensor.class, f.content()).toFloats());
        }
    }

    @Test
    void refusesTensorsBeyondTheirStorage() {
        byte[] six = floats(ByteOrder.LITTLE_ENDIAN, 6);
        long max = Long.MAX_VALUE;
        refuses(archive(floatTensor(6, 0, new long[] {7}, new long[] {1}), six), "element 6 of a storage of 6");
        refuses(archive(floatTensor(6, 7, new long[] {0}, new long[] {1}), six), "offset 7");
        refuses(archive(floatTensor(6, -1, new long[] {2}, new long[] {1}), six), "offset -1");
        refuses(archive(floatTensor(6, max, new long[] {2}, new long[] {1}), six), "offset");
        refuses(archive(floatTensor(6, 0, new long[] {-2}, new long[] {1}), six), "extent -2");
        refuses(archive(floatTensor(6, 0, new long[] {max}, new long[] {1}), six), "extent");
        refuses(archive(floatTensor(6, 0, new long[] {2}, new long[] {-1}), six), "stride -1");
        refuses(archive(floatTensor(6, 0, new long[] {2, 2}, new long[] {max, max}), six), "64 bits");
        refuses(archive(floatTensor(6, 0, new long[] {1 << 30, 1 << 30, 1 << 30}, new long[] {0, 0, 0}), six), "64 bits");
        refuses(archive(floatTensor(6, 0, new long[] {2, 2}, new long[] {1}), six), "1 strides");
        refuses(archive(floatTensor(7, 0, new long[] {2}, new long[] {1}), six), "found 24");
        refuses(archive(floatTensor(-7, 0, new long[] {2}, new long[] {1}), six), "-7 elements");
        refuses(archive(floatTensor(1L << 62, 0, new long[] {2}, new long[] {1}), six), "elements");
        refuses(archive(floatTensor(1L << 40, 0, new long[] {2}, new long[] {1}), six), "found 24");
    }

    @Test
    void refusesExpandedViewsWithoutEnd() throws IOException {
        byte[] six = floats(ByteOrder.LITTLE_ENDIAN, 6);
        try (TorchFile f = open(archive(floatTensor(6, 2, new long[] {100, 2}, new long[] {0, 1}), six))) {
            float[] expanded = assertInstanceOf(StoredTensor.class, f.content()).toFloats();
            assertEquals(200, expanded.length);
            assertEquals(3, expanded[199]);
        }
        refuses(archive(floatTensor(6, 0, new long[] {1 << 30, 16}, new long[] {0, 0}), six), "credible");
        // Many views of 128 MiB each.
        PickleBuilder p = start().op('(');
        for (int i = 0; i < 1000; i++) {
            p.tensor("0", "FloatStorage", 6, 0, new long[] {1 << 24, 2}, new long[] {0, 1});
        }
        refuses(archive(p.op('t'), six), "credible");
    }

    @Test
    void refusesBrokenReferences() {
        byte[] six = floats(ByteOrder.LITTLE_ENDIAN, 6);
        refuses(new ZipBuilder(false).stored("archive/data.pkl", floatTensor(6, 0, new long[] {6}, new long[] {1}).stop()).finish(), "data/0");
        refuses(new ZipBuilder(false).stored("archive/other", six).finish(), "data.pkl");
        refuses(archive(start().tensor("0", "ComplexFloatStorage", 6, 0, new long[] {1}, new long[] {1}), six), "refused: torch.ComplexFloatStorage");
        refuses(archive(start().op('(').tensor("0", "FloatStorage", 6, 0, new long[] {1}, new long[] {1})
            .tensor("0", "IntStorage", 6, 0, new long[] {1}, new long[] {1}).op('t'), six), "one type");
        refuses(archive(start().text("x").op('Q'), six), "persistent id");
        refuses(archive(start().global("torch._utils", "_rebuild_tensor_v2").op('(', 'N', 'N', 'N', 'N', 't', 'R'), six), "a storage");
        refuses(archive(start().global("torch._utils", "_rebuild_parameter").op('K', 1, 'K', 2, 0x86, 'R'), six), "a tensor");
    }

    @Test
    void subclassesCannotNestWithoutEnd() {
        PickleBuilder p = start();
        for (int i = 0; i < 100_000; i++) {
            p.global("torch._tensor", "_rebuild_from_type_v2").op('(').global("torch._tensor", "_rebuild_from_type_v2").global("torch", "Tensor");
        }
        p.op(')');
        for (int i = 0; i < 100_000; i++) {
            p.op('N', 't', 'R');
        }
        refuses(archive(p, new byte[24]), "_rebuild_tensor_v2");
    }

    @Test
    void deflatedStoragesProveTheirSize() throws IOException {
        byte[] packed = ZipBuilder.deflate(new byte[24]);
        refuses(new ZipBuilder(true).stored("a/data.pkl", floatTensor(1L << 40, 0, new long[] {6}, new long[] {1}).stop())
            .member("a/data/0", 8, packed, new byte[24], 4L << 40).finish(), "found 24");
    }

    // ---- legacy

    private static byte[] legacy(PickleBuilder content, PickleBuilder keys, byte[] storages) {
        PickleBuilder b = new PickleBuilder().op(0x80, 2, 0x8a, 10).raw("\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019").op('.');
        b.op(0x80, 2, 'M', 0xe9, 3, '.');
        b.op(0x80, 2, '}').text("little_endian").op(0x88, 's', '.');
        byte[] head = b.bytes();
        byte[] a = content.stop();
        byte[] k = keys.stop();
        return ByteBuffer.allocate(head.length + a.length + k.length + storages.length).put(head).put(a).put(k).put(storages).array();
    }

    private static byte[] counted(long count, byte[] data) {
        return ByteBuffer.allocate(8 + data.length).order(ByteOrder.LITTLE_ENDIAN).putLong(count).put(data).array();
    }

    private static PickleBuilder legacyTensor(String view) {
        PickleBuilder p = start().global("torch._utils", "_rebuild_tensor_v2").op('(');
        p.op('(').text("storage").global("torch", "FloatStorage").text("77").text("cpu").integer(6);
        if (view.isEmpty()) {
            p.op('N');
        } else {
            String[] v = view.split(",");
            p.op('(').text("78").integer(Long.parseLong(v[0])).integer(Long.parseLong(v[1])).op('t');
        }
        return p.op('t', 'Q').integer(1).tuple(2).tuple(1).op(0x89, '}', 't', 'R');
    }

    @Test
    void readsLegacyFiles() throws IOException {
        byte[] six = counted(6, floats(ByteOrder.LITTLE_ENDIAN, 6));
        PickleBuilder keys = start().op(']').text("77").op('a');
        try (TorchFile f = open(legacy(legacyTensor(""), keys, six))) {
            assertTrue(f.isLegacy());
            assertArrayEquals(new float[] {1, 2}, assertInstanceOf(StoredTensor.class, f.content()).toFloats());
        }
        PickleBuilder again = start().op(']').text("77").op('a');
        try (TorchFile f = open(legacy(legacyTensor("2,4"), again, six))) {
            assertArrayEquals(new float[] {3, 4}, assertInstanceOf(StoredTensor.class, f.content()).toFloats());
        }
    }

    @Test
    void refusesBrokenLegacyFiles() {
        byte[] data = floats(ByteOrder.LITTLE_ENDIAN, 6);
        refuses(legacy(legacyTensor(""), start().op(']').text("77").op('a'), counted(7, data)), "storage of 7");
        refuses(legacy(legacyTensor(""), start().op(']').text("77").op('a'), counted(Long.MAX_VALUE, data)), "storage of");
        refuses(legacy(legacyTensor(""), start().op(']').text("77").op('a'), counted(-6, data)), "storage of -6");
        refuses(legacy(legacyTensor(""), start().op(']').text("77").op('a'), counted(6, new byte[20])), "last 20 bytes");
        refuses(legacy(legacyTensor(""), start().op(']'), counted(6, data)), "data of storage 77");
        refuses(legacy(legacyTensor(""), start().op(']').text("79").op('a'), counted(6, data)), "list of storages");
        refuses(legacy(legacyTensor("5,2"), start().op(']').text("77").op('a'), counted(6, data)), "a view");
        refuses(legacy(legacyTensor("-1,2"), start().op(']').text("77").op('a'), counted(6, data)), "a view");
        refuses(legacy(start().global("os", "system").text("x").op(0x85, 'R'), start().op(']'), new byte[0]), "refused: os.system");
        refuses(new PickleBuilder().op(0x80, 2, 'K', 1).stop(), "magic number");
    }

    @Test
    void cyclicContentIsKeptAsItIs() throws IOException {
        PickleBuilder p = start().op('}', 'q', 0).text("self").op('h', 0, 's').text("t");
        p.tensor("0", "FloatStorage", 6, 0, new long[] {6}, new long[] {1}).op('s');
        try (TorchFile f = open(archive(p, floats(ByteOrder.LITTLE_ENDIAN, 6)))) {
            Map<?, ?> m = assertInstanceOf(Map.class, f.content());
            assertSame(m, m.get("self"));
        }
    }

    @Test
    void lists() throws IOException {
        try (TorchFile f = open(archive(start().op(']', 'K', 4, 'a'), new byte[0]))) {
            assertEquals(List.of(4L), f.content());
        }
    }
}

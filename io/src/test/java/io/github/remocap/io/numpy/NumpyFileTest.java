package io.github.remocap.io.numpy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.PickleBuilder;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.TestFiles;
import io.github.remocap.io.ZipBuilder;
import io.github.remocap.io.pickle.PickleGlobals;
import io.github.remocap.io.pickle.PickleObject;
import io.github.remocap.io.pickle.RefusedGlobalException;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class NumpyFileTest {
    @TempDir
    Path dir;

    private static byte[] npy(String header, byte[] data) {
        byte[] h = header.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer b = ByteBuffer.allocate(10 + h.length + data.length).put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.ISO_8859_1)).put((byte) 1);
        return b.put((byte) 0).put((byte) h.length).put((byte) (h.length >> 8)).put(h).put(data).array();
    }

    private static byte[] npy(String descr, boolean fortran, String shape, int... data) {
        byte[] bytes = new byte[data.length];
        for (int i = 0; i < data.length; i++) {
            bytes[i] = (byte) data[i];
        }
        return npy("{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }\n", bytes);
    }

    private NpyArray read(byte[] npy) throws IOException {
        // Closed by the test's end: the arrays are looked at after this returns.
        NumpyFile f = NumpyFile.open(Files.write(dir.resolve("a.npy"), npy));
        opened.add(f);
        return f.array("");
    }

    private final List<NumpyFile> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(NumpyFile::close);
    }

    private StoredTensor tensor(byte[] npy) throws IOException {
        return assertInstanceOf(NpyArray.Numbers.class, read(npy)).tensor();
    }

    private void refuses(byte[] npy, String part) {
        CorruptFileException e = assertThrows(CorruptFileException.class, () -> read(npy));
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    @Test
    void readsEveryType() throws IOException {
        assertArrayEquals(new long[] {1, 0}, tensor(npy("|b1", false, "(2,)", 1, 0)).toLongs());
        assertArrayEquals(new long[] {200}, tensor(npy("|u1", false, "(1,)", 200)).toLongs());
        assertArrayEquals(new long[] {-56}, tensor(npy("|i1", false, "(1,)", 200)).toLongs());
        assertArrayEquals(new long[] {0x0201}, tensor(npy("<i2", false, "(1,)", 1, 2)).toLongs());
        assertArrayEquals(new long[] {0x0102}, tensor(npy(">i2", false, "(1,)", 1, 2)).toLongs());
        assertArrayEquals(new long[] {0xfffe}, tensor(npy("<u2", false, "(1,)", 0xfe, 0xff)).toLongs());
        assertArrayEquals(new long[] {0xfffffffeL}, tensor(npy(">u4", false, "(1,)", 0xff, 0xff, 0xff, 0xfe)).toLongs());
        assertArrayEquals(new long[] {-2}, tensor(npy(">i8", false, "(1,)", 255, 255, 255, 255, 255, 255, 255, 254)).toLongs());
        assertArrayEquals(new long[] {5}, tensor(npy("<u8", false, "(1,)", 5, 0, 0, 0, 0, 0, 0, 0)).toLongs());
        refuses(npy("<u8", false, "(1,)", 5, 0, 0, 0, 0, 0, 0, 0x80), "2^63");
        assertArrayEquals(new float[] {1.5f}, tensor(npy("<f2", false, "(1,)", 0, 0x3e)).toFloats());
        assertArrayEquals(new float[] {1.5f}, tensor(npy(">f4", false, "(1,)", 0x3f, 0xc0, 0, 0)).toFloats());
        StoredTensor scalar = tensor(npy("<f8", false, "()", 0, 0, 0, 0, 0, 0, 0xf8, 0x3f));
        assertEquals(Shape.SCALAR, scalar.shape());
        assertEquals(DType.F64, scalar.type());
        assertEquals(1.5, scalar.getDouble(0));
    }

    @Test
    void readsColumnOrder() throws IOException {
        StoredTensor t = tensor(npy("|u1", true, "(2, 3)", 0, 10, 1, 11, 2, 12));
        assertArrayEquals(new long[] {0, 1, 2, 10, 11, 12}, t.toLongs());
        StoredTensor cube = tensor(npy(">i2", true, "(2, 1, 2)", 0, 1, 0, 2, 0, 3, 0, 4));
        assertArrayEquals(new long[] {1, 3, 2, 4}, cube.toLongs());
    }

    @Test
    void readsTexts() throws IOException {
        NpyArray.Texts u = assertInstanceOf(NpyArray.Texts.class, read(npy("<U2", false, "(2,)", 0x61, 0, 0, 0, 0xac, 0x20, 0, 0, 0x62, 0, 0, 0, 0, 0, 0, 0)));
        assertEquals(List.of("a\u20ac", "b"), u.texts());
        NpyArray.Texts big = assertInstanceOf(NpyArray.Texts.class, read(npy(">U1", false, "()", 0, 0, 0, 0x61)));
        assertEquals(List.of("a"), big.texts());
        NpyArray.Texts s = assertInstanceOf(NpyArray.Texts.class, read(npy("|S3", false, "(1,)", 0x61, 0xe9, 0)));
        assertEquals(List.of("a\u00e9"), s.texts());
    }

    @Test
    void refusesBrokenHeaders() {
        refuses(npy("<f4", false, "(2,)", 0, 0, 0, 0), "8 bytes");
        refuses(npy("<f4", false, "(1,)", 0, 0, 0, 0, 0), "1 more");
        refuses(npy("<f4", false, "(100000000000,)"), "extent");
        refuses(npy("<f4", false, "(2000000000, 2000000000, 2000000000)"), "64 bits");
        refuses(npy("<f4", false, "(-1,)"), "extents");
        refuses(npy("<c8", false, "(1,)", 0, 0, 0, 0, 0, 0, 0, 0), "c8");
        refuses(npy("<f3", false, "(1,)", 0, 0, 0), "f3");
        refuses(npy("<f99999999999", false, "(1,)", 0, 0, 0), "element type");
        refuses(npy("<U2000000", false, "(0,)"), "element type");
        refuses(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", new byte[4]), "structured");
        refuses(npy("{'descr': '<f4', 'fortran_order': False}", new byte[4]), "shape");
        refuses(npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", new byte[4]), "one value");
        refuses(npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()} 1", new byte[4]), "after the dict");
        refuses(npy("__import__('os').system('x')", new byte[4]), "'{'");
        refuses(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 9, 0, 0, 0}, "version");
        refuses("hello world, this is no array".getBytes(StandardCharsets.US_ASCII), "npy");
    }

    private static byte[] sparse(String kind, long rows, long cols, int[] indices, int[] indptr, double[] data) {
        PickleBuilder p = new PickleBuilder().op(0x80, 2);
        p.global("numpy.core.multiarray", "_reconstruct").op('(').global("numpy", "ndarray").op('K', 0, 0x85, 'C', 1, 'b', 't', 'R');
        p.op('(', 'K', 1).tuple(1).global("numpy", "dtype").op('(').text("O8").op('K', 0, 'K', 1, 't', 'R');
        p.op('(', 'K', 3).text("|").op('N', 'N', 'N', 'J').i32(-1).op('J').i32(-1).op('K', 63, 't', 'b', 0x89, ']');
        p.global("scipy.sparse." + kind, kind + "_matrix").op(')', 0x81, '}').text("indices");
        array(p, "i4", ints(indices), indices.length).op('s').text("indptr");
        array(p, "i4", ints(indptr), indptr.length).op('s').text("data");
        ByteBuffer d = ByteBuffer.allocate(8 * data.length).order(ByteOrder.LITTLE_ENDIAN);
        d.asDoubleBuffer().put(data);
        array(p, "f8", d.array(), data.length).op('s').text("_shape").tuple(rows, cols).op('s', 'b', 'a', 't', 'b');
        return npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", p.stop());
    }

    private static byte[] ints(int[] values) {
        ByteBuffer b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        b.asIntBuffer().put(values);
        return b.array();
    }

    private static PickleBuilder array(PickleBuilder p, String type, byte[] data, int n) {
        p.global("numpy.core.multiarray", "_reconstruct").op('(').global("numpy", "ndarray").op('K', 0, 0x85, 'C', 1, 'b', 't', 'R');
        p.op('(', 'K', 1).tuple(n).global("numpy", "dtype").op('(').text(type).op('K', 0, 'K', 1, 't', 'R');
        p.op('(', 'K', 3).text("<").op('N', 'N', 'N', 'J').i32(-1).op('J').i32(-1).op('K', 0, 't', 'b', 0x89);
        return p.op('T').i32(data.length).raw(new String(data, StandardCharsets.ISO_8859_1)).op('t', 'b');
    }

    private SparseMatrix matrix(byte[] npy) throws IOException {
        return assertInstanceOf(NpyArray.Objects.class, read(npy)).as(SparseMatrix.class).get(0);
    }

    @Test
    void readsSparseMatrices() throws IOException {
        // Rows: (1, 0, 2), (0, 3, 0)
        SparseMatrix expected = SparseMatrix.fromDense(2, 3, new double[] {1, 0, 2, 0, 3, 0});
        assertEquals(expected, matrix(sparse("csr", 2, 3, new int[] {2, 0, 1}, new int[] {0, 2, 3}, new double[] {2, 1, 3})));
        assertEquals(expected, matrix(sparse("csc", 2, 3, new int[] {0, 1, 0}, new int[] {0, 1, 2, 3}, new double[] {1, 3, 2})));
        // A repeated entry adds up.
        assertEquals(expected, matrix(sparse("csr", 2, 3, new int[] {2, 0, 2, 1}, new int[] {0, 3, 4}, new double[] {1.5, 1, 0.5, 3})));
    }

    @Test
    void refusesBrokenSparseMatrices() {
        double[] one = {1};
        refuses(sparse("csr", 1, 3, new int[] {3}, new int[] {0, 1}, one), "index");
        refuses(sparse("csr", 1, 3, new int[] {-1}, new int[] {0, 1}, one), "index");
        refuses(sparse("csr", 1, 3, new int[] {0}, new int[] {0, 2}, one), "at most its");
        refuses(sparse("csr", 2, 3, new int[] {0}, new int[] {0, 1}, one), "one more offset");
        refuses(sparse("csr", 2, 3, new int[] {0}, new int[] {0, -1, 1}, one), "ascend");
        refuses(sparse("csr", 2, 3, new int[] {0}, new int[] {0, 2, 1}, one), "ascend");
        refuses(sparse("csc", 1L << 40, 1, new int[] {0}, new int[] {0, 1}, one), "2^28");
        refuses(sparse("csc", 1 << 28, 1, new int[] {0}, new int[] {0, 1}, one), "credible");
        refuses(sparse("csr", -1, 1, new int[] {0}, new int[] {0, 1}, one), "2^28");
        refuses(sparse("dok", 1, 1, new int[] {0}, new int[] {0, 1}, one), "refused: scipy.sparse.dok.dok_matrix");
    }

    @Test
    void oneRefusedArrayDoesNotSpoilTheOthers() throws IOException {
        PickleBuilder evil = new PickleBuilder().global("os", "system").text("x").op(0x85, 'R');
        byte[] zip = new ZipBuilder(false).stored("evil.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n", evil.stop()))
            .deflated("good.npy", npy("|u1", false, "(2,)", 3, 4)).finish();
        try (NumpyFile f = NumpyFile.open(Files.write(dir.resolve("a.npz"), zip))) {
            assertEquals(List.of("evil", "good"), List.copyOf(f.names()));
            assertArrayEquals(new long[] {3, 4}, f.tensor("good").toLongs());
            assertThrows(RefusedGlobalException.class, () -> f.array("evil"));
            assertThrows(IllegalArgumentException.class, () -> f.array("absent"));
            assertThrows(CorruptFileException.class, () -> f.sparse("good"));
        }
    }

    @Test
    void roundTrip() throws IOException {
        Map<String, StoredTensor> m = new LinkedHashMap<>();
        m.put("f32", StoredTensor.ofFloats(Shape.of(2, 2), 1, -2, Float.NaN, 4));
        m.put("scalar", StoredTensor.ofDoubles(Shape.SCALAR, 1e300));
        m.put("empty", StoredTensor.ofInts(Shape.of(0, 2)));
        m.put("module.weight", StoredTensor.ofLongs(Shape.of(1), Long.MIN_VALUE));
        m.put("half", new StoredTensor(DType.F16, Shape.of(1), MemorySegment.ofArray(new byte[] {0, 0x3e})));
        for (boolean deflate : new boolean[] {false, true}) {
            Path path = dir.resolve("r.npz");
            NumpyWriter.writeNpz(path, m, deflate);
            TestFiles.assertOnlyFiles(dir, "r.npz");
            try (NumpyFile f = NumpyFile.open(path)) {
                assertEquals(List.copyOf(m.keySet()), List.copyOf(f.names()));
                for (Map.Entry<String, StoredTensor> e : m.entrySet()) {
                    assertTrue(e.getValue().contentEquals(f.tensor(e.getKey())), e.getKey());
                }
                f.verify();
            }
        }
        Path single = dir.resolve("s.npy");
        NumpyWriter.writeNpy(single, new StoredTensor(DType.BF16, Shape.of(1), MemorySegment.ofArray(new byte[] {(byte) 0xc0, 0x3f})));
        try (NumpyFile f = NumpyFile.open(single)) {
            assertEquals(DType.F32, f.tensor("").type());
            assertArrayEquals(new float[] {1.5f}, f.tensor("").toFloats());
        }
    }

    @Test
    void readsTheMeshHierarchy() throws IOException {
        try (NumpyFile f = NumpyFile.open(TestFiles.shared("smpl/mesh_downsampling.npz"))) {
            assertEquals(List.of("A", "U", "M", "D", "F"), List.copyOf(f.names()));
            List<SparseMatrix> up = f.sparse("U");
            List<SparseMatrix> down = f.sparse("D");
            List<SparseMatrix> adjacency = f.sparse("A");
            assertEquals("[6890x1723, 1723x431]", sizes(up));
            assertEquals("[1723x6890, 431x1723]", sizes(down));
            assertEquals("[6890x6890, 1723x1723, 431x431]", sizes(adjacency));
            // Weighted sums as SciPy computes them.
            assertEquals(27047569038.8295, weighted(up.get(0)), 1e-3);
            assertEquals(428684749.0437899, weighted(up.get(1)), 1e-5);
            assertEquals(6805486119.0, weighted(down.get(0)), 1e-5);
            assertEquals(104933346.0, weighted(down.get(1)), 1e-5);
            assertEquals(1288394184140.0, weighted(adjacency.get(0)), 1e-2);
            assertEquals(308809916.0, weighted(adjacency.get(2)), 1e-5);
            assertEquals(20670, up.get(0).values().length);
            for (SparseMatrix a : adjacency) {
                assertEquals(a, a.transpose());
            }
            assertEquals("__main__.MyMesh", assertThrows(RefusedGlobalException.class, () -> f.array("M")).global());
            NpyArray.Objects faces = assertInstanceOf(NpyArray.Objects.class, f.array("F"));
            assertEquals(Shape.of(13776, 3), faces.as(NpyArray.class).get(0).shape());
        }
        PickleGlobals meshes = PickleGlobals.builder().asData("__main__.MyMesh", "psbody.mesh.mesh.Mesh").build();
        try (NumpyFile f = NumpyFile.open(TestFiles.shared("smpl/mesh_downsampling.npz"), meshes)) {
            assertEquals(3, assertInstanceOf(NpyArray.Objects.class, f.array("M")).as(PickleObject.class).size());
        }
    }

    /** Sum of value times (row + 1) times (column + 3); the columns of each row must ascend. */
    private static double weighted(SparseMatrix m) {
        double sum = 0;
        for (int r = 0; r < m.rows(); r++) {
            for (int i = m.rowStart()[r]; i < m.rowStart()[r + 1]; i++) {
                sum += m.values()[i] * (r + 1) * (m.columns()[i] + 3);
                assertTrue(i == m.rowStart()[r] || m.columns()[i] > m.columns()[i - 1]);
            }
        }
        return sum;
    }

    private static String sizes(List<SparseMatrix> matrices) {
        return matrices.stream().map(m -> m.rows() + "x" + m.cols()).toList().toString();
    }
}

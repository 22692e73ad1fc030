package io.github.remocap.io.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.PickleBuilder;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.TestFiles;
import io.github.remocap.io.ZipBuilder;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.io.torch.TorchFile;
import io.github.remocap.io.torch.TorchSize;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class CheckpointTest {
    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(strings = {"a.rmc", "a.safetensors", "a.npz"})
    void convertedCheckpointsHoldTheSame(String name) throws IOException {
        Path path = dir.resolve(name);
        try (Checkpoint golden = Checkpoint.open(TestFiles.golden("remocap.bin"))) {
            CheckpointWriter.write(path, golden.tensors(), Map.of("epoch", 3, "lr", 0.5, "note", "\u20ac"));
            TestFiles.assertOnlyFiles(dir, name);
            try (Checkpoint c = Checkpoint.open(path)) {
                assertEquals(CheckpointFormat.ofName(path), c.format());
                assertEquals(golden.tensors().keySet(), c.tensors().keySet());
                golden.tensors().forEach((n, t) -> assertTrue(t.contentEquals(c.tensors().get(n)), n));
                boolean texts = c.format() == CheckpointFormat.SAFETENSORS;
                assertEquals(texts ? Map.of("epoch", "3", "lr", "0.5", "note", "\u20ac") : Map.of("epoch", 3L, "lr", 0.5, "note", "\u20ac"), c.metadata());
                c.verify();
            }
        }
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws IOException {
        Map<String, StoredTensor> tensors = Map.of("a", StoredTensor.ofFloats(Shape.of(1), 1));
        ProgressListener breaks = (name, done, total) -> {
            throw new IllegalStateException("power cut");
        };
        for (CheckpointFormat f : List.of(CheckpointFormat.RMC, CheckpointFormat.SAFETENSORS, CheckpointFormat.NPZ)) {
            Path path = dir.resolve("file");
            Files.writeString(path, "old");
            assertThrows(IllegalStateException.class, () -> CheckpointWriter.write(path, f, tensors, Map.of(), breaks));
            assertEquals("old", Files.readString(path));
            TestFiles.assertOnlyFiles(dir, "file");
            assertThrows(IOException.class, () -> CheckpointWriter.write(path, f, tensors, Map.of("x", new Object()), ProgressListener.NONE));
        }
        assertThrows(IllegalArgumentException.class, () -> CheckpointWriter.write(dir.resolve("a.bin"), tensors, Map.of()));
    }

    @Test
    void refusesOtherFiles() throws IOException {
        for (String content : List.of("", "abc", "<html>not a model</html>", "PK but no archive at all")) {
            Path path = Files.writeString(dir.resolve("x"), content);
            assertThrows(CorruptFileException.class, () -> Checkpoint.open(path).close(), content);
        }
        Path zip = Files.write(dir.resolve("y"), new ZipBuilder(false).stored("readme.txt", new byte[3]).finish());
        assertTrue(assertThrows(CorruptFileException.class, () -> Checkpoint.open(zip).close()).getMessage().contains("data.pkl"));
    }

    private Checkpoint torch(PickleBuilder pickle) throws IOException {
        return Checkpoint.open(Files.write(dir.resolve("t.pt"), new ZipBuilder(false).stored("archive/data.pkl", pickle.stop())
            .stored("archive/data/0", new byte[24]).finish()));
    }

    private static PickleBuilder tensor(PickleBuilder p) {
        return p.tensor("0", "FloatStorage", 6, 0, new long[] {6}, new long[] {1});
    }

    @Test
    void findsTheDictWithMostTensors() throws IOException {
        PickleBuilder p = new PickleBuilder().op(0x80, 2, '}', '(');
        tensor(p.text("best")).text("nested").op('}').text("model").op('}', '(');
        tensor(p.text("_orig_mod.module.a"));
        tensor(p.text("_orig_mod.module.b")).op('u', 's').text("groups").op(']', '}').text("lr").op('K', 2, 's', 'a').op('u');
        try (Checkpoint c = torch(p)) {
            assertEquals(List.of("a", "b"), List.copyOf(c.tensors().keySet()));
            assertEquals(Map.of("groups.0.lr", 2L, Checkpoint.STATE_DICT, "nested.model", Checkpoint.PREFIX, "_orig_mod.module."), c.metadata());
            assertEquals(3, c.rawTensors().size());
            assertTrue(c.rawTensors().containsKey("nested.model._orig_mod.module.b"));
        }
    }

    @Test
    void argumentsOfARunAreMetadata() throws IOException {
        PickleBuilder p = tensor(new PickleBuilder().op('}', '(').text("w")).text("args").global("argparse", "Namespace").op(')', 0x81, '}').text("lr");
        try (Checkpoint c = torch(p.op('K', 7, 's', 'b', 'u'))) {
            assertEquals(Map.of("args.lr", 7L), c.metadata());
            assertEquals(List.of("w"), List.copyOf(c.tensors().keySet()));
        }
    }

    @Test
    void plainTensorsAreNameless() throws IOException {
        try (Checkpoint c = torch(tensor(new PickleBuilder()))) {
            assertEquals(List.of(""), List.copyOf(c.tensors().keySet()));
        }
    }

    @Test
    void survivesCyclesSharingAndDepth() throws IOException {
        PickleBuilder cycle = new PickleBuilder().op('}', 'q', 0).text("self").op('h', 0, 's').text("t");
        try (Checkpoint c = torch(tensor(cycle).op('s'))) {
            assertEquals(List.of("t"), List.copyOf(c.tensors().keySet()));
        }
        PickleBuilder shared = tensor(new PickleBuilder());
        for (int i = 0; i < 60; i++) {
            shared.op('2', 0x86);
        }
        try (Checkpoint c = torch(shared)) {
            // Innermost pair: the tensor under two paths; every other container is seen once.
            assertEquals(2, c.rawTensors().size());
        }
        PickleBuilder deep = tensor(new PickleBuilder());
        for (int i = 0; i < 200_000; i++) {
            deep.op(0x85);
        }
        assertTrue(assertThrows(CorruptFileException.class, () -> torch(deep).close()).getMessage().contains("deep"));
    }

    @Test
    void readsTheAdjacencyFiles() throws IOException {
        try (TorchFile indices = TorchFile.read(TestFiles.shared("smpl/smpl_431_adjmat_indices.pt"));
             TorchFile values = TorchFile.read(TestFiles.shared("smpl/smpl_431_adjmat_values.pt"));
             TorchFile size = TorchFile.read(TestFiles.shared("smpl/smpl_431_adjmat_size.pt"));
             NumpyFile mesh = NumpyFile.open(TestFiles.shared("smpl/mesh_downsampling.npz"))) {
            assertEquals(new TorchSize(new long[] {431, 431}), size.content());
            StoredTensor i = assertInstanceOf(StoredTensor.class, indices.content());
            StoredTensor v = assertInstanceOf(StoredTensor.class, values.content());
            assertEquals(Shape.of(2, (int) v.size()), i.shape());
            long[] rows = i.toLongs();
            // The same neighbours as in the mesh hierarchy, and each vertex itself.
            boolean[] adjacent = new boolean[431 * 431];
            for (int k = 0; k < v.size(); k++) {
                adjacent[(int) (rows[k] * 431 + rows[(int) v.size() + k])] = v.getDouble(k) != 0;
            }
            double[] expected = mesh.sparse("A").get(2).toDense();
            boolean[] other = new boolean[adjacent.length];
            for (int k = 0; k < other.length; k++) {
                other[k] = expected[k] != 0 || k / 431 == k % 431;
            }
            assertArrayEquals(other, adjacent);
        }
    }

    @Test
    void namesKeepTheirOrder() throws IOException {
        Map<String, StoredTensor> m = new LinkedHashMap<>();
        for (String n : List.of("z", "a", "m.n")) {
            m.put(n, StoredTensor.ofFloats(Shape.of(1), 1));
        }
        for (String file : List.of("o.rmc", "o.safetensors", "o.npz")) {
            CheckpointWriter.write(dir.resolve(file), m, Map.of());
            try (Checkpoint c = Checkpoint.open(dir.resolve(file))) {
                assertEquals(List.copyOf(m.keySet()), List.copyOf(c.tensors().keySet()));
            }
        }
    }
}

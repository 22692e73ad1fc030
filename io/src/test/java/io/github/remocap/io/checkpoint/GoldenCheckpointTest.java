package io.github.remocap.io.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.TestFiles;
import io.github.remocap.io.pickle.RefusedGlobalException;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoldenCheckpointTest {
    @ParameterizedTest
    @CsvSource({
        "remocap_legacy.bin, TORCH_LEGACY, 0",
        "remocap_fp16.bin, TORCH_ZIP, 4.9e-4",
        "remocap_bf16.bin, TORCH_ZIP, 3.95e-3",
        "remocap_dataparallel.bin, TORCH_ZIP, 0",
        "remocap_nested.bin, TORCH_ZIP, 0"
    })
    void variantsAgree(String name, CheckpointFormat format, double relative) throws IOException {
        try (Checkpoint reference = Checkpoint.open(TestFiles.golden("remocap.bin")); Checkpoint other = Checkpoint.open(TestFiles.golden(name))) {
            assertEquals(format, other.format());
            assertEquals(CheckpointFormat.TORCH_ZIP, reference.format());
            other.verify();
            assertTrue(reference.tensors().size() > 300, "tensors: " + reference.tensors().size());
            assertEquals(List.copyOf(reference.tensors().keySet()), List.copyOf(other.tensors().keySet()));
            boolean differs = false;
            for (Map.Entry<String, StoredTensor> e : reference.tensors().entrySet()) {
                StoredTensor found = other.tensors().get(e.getKey());
                assertEquals(e.getValue().shape(), found.shape(), e.getKey());
                float[] a = e.getValue().toFloats();
                float[] b = found.toFloats();
                for (int i = 0; i < a.length; i++) {
                    // 6e-8: half of the smallest subnormal number of F16
                    assertTrue(Math.abs(a[i] - b[i]) <= relative * Math.abs(a[i]) + (relative > 0 ? 6e-8 : 0), e.getKey() + "[" + i + "]: " + a[i] + " " + b[i]);
                    differs |= a[i] != b[i];
                }
            }
            assertEquals(relative > 0, differs);
        }
    }

    @Test
    void metadataLiesBesideTheStateDict() throws IOException {
        try (Checkpoint c = Checkpoint.open(TestFiles.golden("remocap_nested.bin"))) {
            assertEquals(Map.of("epoch", 3L, "lr", 1e-6, "note", "nested", Checkpoint.STATE_DICT, "state_dict"), c.metadata());
            assertTrue(c.rawTensors().keySet().stream().allMatch(n -> n.startsWith("state_dict.")));
            assertEquals(c.tensors().size(), c.rawTensors().size());
        }
        try (Checkpoint c = Checkpoint.open(TestFiles.golden("remocap_dataparallel.bin"))) {
            assertEquals(Map.of(Checkpoint.PREFIX, "module."), c.metadata());
            assertTrue(c.rawTensors().keySet().stream().allMatch(n -> n.startsWith("module.")));
        }
        try (Checkpoint c = Checkpoint.open(TestFiles.golden("remocap.bin"))) {
            assertEquals(Map.of(), c.metadata());
        }
    }

    @Test
    void typesArriveAsSaved() throws IOException {
        try (Checkpoint half = Checkpoint.open(TestFiles.golden("remocap_fp16.bin")); Checkpoint brain = Checkpoint.open(TestFiles.golden("remocap_bf16.bin"))) {
            assertTrue(half.tensors().values().stream().anyMatch(t -> t.type() == DType.F16));
            assertTrue(half.tensors().values().stream().noneMatch(t -> t.type() == DType.F32));
            assertTrue(brain.tensors().values().stream().anyMatch(t -> t.type() == DType.BF16));
            assertTrue(brain.tensors().values().stream().noneMatch(t -> t.type() == DType.F32));
        }
    }

    @Test
    void viewsAreMadeContiguous() throws IOException {
        try (Checkpoint c = Checkpoint.open(TestFiles.golden("strided.bin"))) {
            Map<String, StoredTensor> t = c.tensors();
            assertEquals(List.of("transposed", "slice", "shared", "scalar", "empty", "int64", "uint8", "bool", "double"), List.copyOf(t.keySet()));
            assertEquals(Shape.of(6, 4), t.get("transposed").shape());
            float[] transposed = t.get("transposed").toFloats();
            for (int i = 0; i < 6; i++) {
                for (int j = 0; j < 4; j++) {
                    assertEquals(j * 6 + i, transposed[i * 4 + j]);
                }
            }
            assertEquals(Shape.of(2, 3), t.get("slice").shape());
            assertArrayEquals(new float[] {6, 8, 10, 12, 14, 16}, t.get("slice").toFloats());
            assertEquals(Shape.of(2, 12), t.get("shared").shape());
            assertEquals(23f, t.get("shared").toFloats()[23]);
            assertEquals(Shape.SCALAR, t.get("scalar").shape());
            assertEquals(7.5, t.get("scalar").getDouble(0));
            assertEquals(Shape.of(0, 3), t.get("empty").shape());
            assertEquals(0, t.get("empty").toFloats().length);
            assertEquals(DType.I64, t.get("int64").type());
            assertArrayEquals(new long[] {0, 1, 2, 3, 4}, t.get("int64").toLongs());
            assertEquals(DType.U8, t.get("uint8").type());
            assertArrayEquals(new long[] {0, 1, 2, 3, 4}, t.get("uint8").toLongs());
            assertEquals(DType.BOOL, t.get("bool").type());
            assertArrayEquals(new long[] {1, 0}, t.get("bool").toLongs());
            assertEquals(DType.F64, t.get("double").type());
            assertArrayEquals(new double[] {1e-300, 2}, t.get("double").toDoubles());
        }
    }

    @Test
    void evilIsRefusedByNameAndDoesNothing() {
        RefusedGlobalException e = assertThrows(RefusedGlobalException.class, () -> Checkpoint.open(TestFiles.golden("evil.bin")));
        assertEquals("posix.system", e.global());
        assertTrue(e.getMessage().contains("refused: posix.system"), e.getMessage());
        assertTrue(e.getMessage().contains("data.pkl"), e.getMessage());
        assertEquals(177, e.offset());
        assertFalse(Files.exists(Path.of("remocap-was-here")));
    }

    @Test
    void meshIsRead() throws IOException {
        try (Checkpoint c = Checkpoint.open(TestFiles.golden("mesh.npz"))) {
            assertEquals(CheckpointFormat.NPZ, c.format());
            assertEquals(List.of("adjacency", "upsample"), List.copyOf(c.tensors().keySet()));
            assertEquals(2, c.tensors().get("adjacency").shape().rank());
            assertEquals(DType.F32, c.tensors().get("upsample").type());
        }
    }

    @Test
    void closedMeansClosed() throws IOException {
        StoredTensor t;
        try (Checkpoint c = Checkpoint.open(TestFiles.golden("strided.bin"))) {
            t = c.tensors().get("shared");
        }
        assertThrows(IllegalStateException.class, t::toFloats);
    }
}

package io.github.remocap.assets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.body.BodyModel;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles of a body of 6 vertices and 4 joints; that of protocol 2 wraps arrays in chumpy's classes, as the released files do. */
class SmplModelTest {
    @TempDir
    private Path folder;

    private static Path resource(String name) {
        return Path.of(java.net.URI.create(Objects.requireNonNull(SmplModelTest.class.getResource(name)).toString()));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void readsAllProtocols(int protocol) throws IOException {
        BodyModel body = SmplModel.read(resource("smpl_protocol" + protocol + ".pkl"));
        try (NumpyFile npz = NumpyFile.open(resource("smpl_expected.npz"))) {
            assertArrayEquals(npz.tensor("v_template").toFloats(), body.template());
            assertArrayEquals(npz.tensor("posedirs").toFloats(), body.poseDirections());
            float[] shapes = npz.tensor("shapedirs").toFloats(); // 12 coefficients, of which 10 are used
            assertEquals(10, body.shapes());
            for (int i = 0; i < 18 * 10; i++) {
                assertEquals(shapes[i / 10 * 12 + i % 10], body.shapeDirections()[i], "shapedirs " + i);
            }
            assertArrayEquals(npz.tensor("J_regressor").toDoubles(), body.jointRegressor().toDense());
            assertEquals(SparseMatrix.fromDense(6, 4, npz.tensor("weights").toDoubles()), body.weights());
        }
        assertArrayEquals(new int[] {-1, 0, 0, 1}, body.parents());
        assertArrayEquals(new int[] {0, 1, 2, 2, 3, 4, 3, 4, 5}, body.faces());
        assertArrayEquals(body.faces(), SmplModel.readFaces(resource("smpl_protocol" + protocol + ".pkl")));
    }

    private IOException refused(int protocol, String... replacements) throws IOException {
        String bytes = new String(Files.readAllBytes(resource("smpl_protocol" + protocol + ".pkl")), StandardCharsets.ISO_8859_1);
        for (int i = 0; i < replacements.length; i += 2) {
            assertTrue(bytes.contains(replacements[i]), replacements[i]);
            bytes = bytes.replace(replacements[i], replacements[i + 1]);
        }
        Path file = Files.write(folder.resolve("changed.pkl"), bytes.getBytes(StandardCharsets.ISO_8859_1));
        IOException e = assertThrows(IOException.class, () -> SmplModel.read(file));
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        return e;
    }

    @Test
    void errorsNameFileAndField() throws IOException {
        assertTrue(refused(1, "posedirs", "posedirX").getMessage().contains("no field 'posedirs'"));
        String swapped = refused(1, "X\1\0\0\0f", "X\1\0\0\0?", "X\1\0\0\0J", "X\1\0\0\0f", "X\1\0\0\0?", "X\1\0\0\0J").getMessage();
        assertTrue(swapped.contains("field 'f'") && swapped.contains("integers"), swapped);
        String unknown = refused(2, "Select", "Selecs").getMessage();
        assertTrue(unknown.contains("'shapedirs'") && unknown.contains("chumpy.reordering.Selecs"), unknown);
        String other = refused(1, "kintree_table", "kintree_tablX").getMessage();
        assertTrue(other.contains("no field 'kintree_table'"), other);
    }

    @Test
    void genderDecidesWhichFileIsRead() throws IOException {
        Files.copy(resource("smpl_protocol1.pkl"), folder.resolve("SMPL_FEMALE.pkl"));
        Files.copy(resource("smpl_protocol2.pkl"), folder.resolve("basicmodel_m_lbs_10_207_0_v1.0.0.pkl"));
        Assets assets = new Assets(folder);
        assertEquals(Optional.of(folder.resolve("SMPL_FEMALE.pkl")), assets.smplFile());
        assertEquals(Optional.of(folder.resolve("basicmodel_m_lbs_10_207_0_v1.0.0.pkl")), assets.smplFile(Assets.Gender.MALE));
        assertEquals(6, assets.smpl(Assets.Gender.FEMALE).vertices());
        assertEquals(List.of(folder.resolve("SMPL_FEMALE.pkl")), assets.used());
        assertTrue(assertThrows(IOException.class, () -> assets.smpl(Assets.Gender.NEUTRAL)).getMessage().contains("SMPL_NEUTRAL.pkl"));
    }
}

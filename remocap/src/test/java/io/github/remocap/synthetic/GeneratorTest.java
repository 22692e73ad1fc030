package io.github.remocap.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.body.Joints;
import io.github.remocap.data.Annotation;
import io.github.remocap.data.TsvImages;
import io.github.remocap.image.InputException;
import io.github.remocap.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneratorTest {
    private static final Recipe RECIPE = new Recipe(3, 1, 2, 4, 48, 12, 0.5, 1, 1, 7);

    @TempDir
    private Path folder;

    @Test
    void splitsAreReadBackWithTheirTruth() throws IOException {
        List<Long> told = new ArrayList<>();
        Generator.write(folder, RECIPE, 2, told::add);
        assertEquals(24L, told.getLast());
        try (TsvImages train = TsvImages.open(folder.resolve("train.yaml")); TsvImages test = TsvImages.open(folder.resolve("test.yaml"))) {
            assertEquals(12, train.size());
            assertEquals(8, test.size());
            assertEquals(12, train.framesPerSecond());
            assertTrue(test.annotation(0).sequence().endsWith("lunging") && train.annotation(0).sequence().endsWith("walking"));
            for (int i = 0; i < train.size(); i++) {
                Annotation a = train.annotation(i);
                assertTrue(a.has2d() && a.has3d() && a.hasSmpl());
                assertEquals(i % 4, a.frame());
                assertEquals(48, train.image(i).getWidth());
                double half = 100 * a.scale() / 1.2 + 1;
                for (int j = 0; j < 24; j++) { // the box holds the joints
                    assertEquals(a.center()[0], a.joints2d()[3 * j], half);
                    assertEquals(a.center()[1], a.joints2d()[3 * j + 1], half);
                }
                assertTrue(a.joints3d()[4 * Joints.J24_PELVIS + 2] > 1);
            }
        }
    }

    @Test
    void aStoppedGenerationContinuesAndGivesTheSame() throws IOException {
        Generator.write(folder.resolve("whole"), RECIPE, 1, done -> { });
        Path stopped = folder.resolve("stopped");
        assertThrows(IllegalStateException.class, () -> Generator.write(stopped, RECIPE, 1, done -> {
            if (done > 16) { // in the test split
                throw new IllegalStateException("stopped");
            }
        }));
        assertTrue(Files.exists(stopped.resolve("train.yaml")));
        try (Stream<Path> files = Files.list(stopped)) {
            assertTrue(files.noneMatch(f -> f.getFileName().toString().startsWith("test")), "nothing half-written");
        }
        var modified = Files.getLastModifiedTime(stopped.resolve("train.img.tsv"));
        Generator.write(stopped, RECIPE, 2, done -> { });
        assertEquals(modified, Files.getLastModifiedTime(stopped.resolve("train.img.tsv")), "what was there is kept");
        try (Stream<Path> files = Files.list(folder.resolve("whole"))) {
            for (Path file : files.toList()) {
                assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(stopped.resolve(file.getFileName())), file.toString());
            }
        }
        Recipe other = new Recipe(3, 1, 2, 4, 48, 12, 0.5, 1, 1, 8);
        assertTrue(assertThrows(InputException.class, () -> Generator.write(stopped, other, 1, done -> { })).getMessage().contains("seed 7"));
    }

    @Test
    void manySequencesComeInParts() throws IOException {
        Generator.write(folder, new Recipe(101, 0, 0, 1, 32, 12, 0, 1, 1, 1), 2, done -> { });
        try (TsvImages first = TsvImages.open(folder.resolve("train-000.yaml")); TsvImages second = TsvImages.open(folder.resolve("train-001.yaml"))) {
            assertEquals(100, first.size());
            assertEquals(1, second.size());
        }
    }

    @Test
    void theStarterConfigIsOneThatTrainTakes() throws IOException {
        Generator.write(folder, RECIPE, 1, done -> { });
        Path file = StarterConfig.write(folder, RECIPE);
        TrainConfig config = TrainConfig.read(file);
        assertEquals(2946, config.model().fine());
        assertEquals(1, config.data().train().size());
        Files.writeString(file, "changed");
        StarterConfig.write(folder, RECIPE);
        assertEquals("changed", Files.readString(file), "an owner's changes stay");
    }
}

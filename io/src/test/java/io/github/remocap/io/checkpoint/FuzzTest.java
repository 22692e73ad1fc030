package io.github.remocap.io.checkpoint;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.TestFiles;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged files of every format: each is read, or refused with the documented exception, and quickly. */
class FuzzTest {
    private static final int ROUNDS = 400;

    @TempDir
    static Path dir;

    static Stream<Path> files() throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        tensors.put("first.weight", StoredTensor.ofFloats(Shape.of(2, 3), 1, 2, 3, 4, 5, 6));
        tensors.put("first.bias", StoredTensor.ofDoubles(Shape.of(3), 1, 2, 3));
        tensors.put("empty", StoredTensor.ofInts(Shape.of(0, 4)));
        tensors.put("count", StoredTensor.ofLongs(Shape.SCALAR, 7));
        Map<String, Object> metadata = Map.of("epoch", 3, "lr", 1e-4, "note", "fuzz");
        for (CheckpointFormat f : List.of(CheckpointFormat.RMC, CheckpointFormat.SAFETENSORS, CheckpointFormat.NPZ)) {
            CheckpointWriter.write(dir.resolve("small." + f), f, tensors, metadata, ProgressListener.NONE);
        }
        return Stream.of(TestFiles.golden("strided.bin"), TestFiles.golden("evil.bin"), TestFiles.golden("remocap_legacy.bin"),
            TestFiles.golden("remocap_nested.bin"), TestFiles.golden("mesh.npz"), dir.resolve("small.RMC"), dir.resolve("small.SAFETENSORS"),
            dir.resolve("small.NPZ"));
    }

    /** Returns whether the file could be read. */
    private static boolean readAll(byte[] bytes, String what) {
        Path path = dir.resolve("damaged");
        return assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            Files.write(path, bytes);
            try (Checkpoint c = Checkpoint.open(path)) {
                double sum = 0;
                for (StoredTensor t : c.rawTensors().values()) {
                    for (long i = 0; i < t.size(); i += 1 + t.size() / 10) {
                        sum += t.getDouble(i);
                    }
                }
                c.verify();
                return !Double.isInfinite(sum) || sum != 0;
            } catch (CorruptFileException e) {
                assertTrue(e.getMessage().startsWith(path.toString()), e.getMessage());
                return false;
            } finally {
                Files.delete(path);
            }
        }, what);
    }

    @ParameterizedTest
    @MethodSource("files")
    void truncated(Path file) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < ROUNDS; i++) {
            // Every position of a small file, an even spread over a large one, and all of the last bytes.
            int n = i < ROUNDS / 4 ? Math.max(0, whole.length - 1 - i) : (int) ((long) whole.length * (i - ROUNDS / 4) / ROUNDS);
            assertTrue(!readAll(Arrays.copyOf(whole, n), file + " cut to " + n), file + " cut to " + n + " bytes was read without an error");
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void damaged(Path file) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(20240601);
        int refused = 0;
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = whole.clone();
            StringBuilder what = new StringBuilder(file + " with");
            for (int k = 0; k <= i % 3; k++) {
                // Headers and directories lie at the ends.
                int at = switch (i % 4) {
                    case 0 -> random.nextInt(bytes.length);
                    case 1 -> random.nextInt(Math.min(bytes.length, 2000));
                    case 2 -> bytes.length - 1 - random.nextInt(Math.min(bytes.length, 2000));
                    default -> random.nextInt(Math.min(bytes.length, 100_000));
                };
                bytes[at] = (byte) (i % 5 == 0 ? 0xff : random.nextInt(256));
                what.append(" byte ").append(at).append(" = ").append(bytes[at]);
            }
            refused += readAll(bytes, what.toString()) ? 0 : 1;
        }
        assertTrue(refused > ROUNDS / 10, "only " + refused + " of " + ROUNDS + " damaged files were refused");
    }
}

package io.github.remocap.io;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/** Finds golden files (test resources) and the data shared beside the repository. */
public final class TestFiles {
    private TestFiles() {}

    /** A file of src/test/resources/golden. */
    public static Path golden(String name) {
        URL url = Objects.requireNonNull(TestFiles.class.getResource("/golden/" + name), name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** A file below {@code ../shared}, seen from the repository's root; the test is skipped if it is not there. */
    public static Path shared(String name) {
        for (Path dir = Path.of("").toAbsolutePath(); dir != null; dir = dir.getParent()) {
            Path file = dir.resolveSibling("shared").resolve(name);
            if (Files.exists(file)) {
                return file;
            }
        }
        assumeTrue(false, "skipped: there is no ../shared/" + name);
        throw new AssertionError();
    }

    /** Checks that nothing but these files is in the directory: no temporary file was left. */
    public static void assertOnlyFiles(Path directory, String... names) throws IOException {
        try (var list = Files.list(directory)) {
            var found = list.map(p -> p.getFileName().toString()).sorted().toList();
            assertTrue(found.equals(Arrays.stream(names).sorted().toList()), "found " + found);
        }
    }
}

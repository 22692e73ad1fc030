package io.github.remocap;

import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.MeshFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Files that tests compare with. */
public final class Golden {
    /** Seed of the golden files' weights and images. */
    public static final String SEED = "golden";

    private Golden() {
    }

    /** A committed file below {@code golden/}. */
    public static Path file(String name) {
        try {
            return Path.of(Golden.class.getResource("/golden/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A small model's sizes. */
    public static Config config(String variant) {
        try {
            return Config.read(file("tiny/" + variant + "_config.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The mesh of the small models. */
    public static Mesh mesh() {
        try {
            return MeshFile.read(file("tiny/mesh.npz"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Something beside the repository, in {@code ../shared}; the test is skipped where it is absent. */
    public static Path shared(String name) {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve(".git"))) {
                Path file = folder.resolveSibling("shared").resolve(name);
                Assumptions.assumeTrue(Files.exists(file), "skipped: needs ../shared/" + name + " beside the repository");
                return file;
            }
        }
        Assumptions.abort("skipped: not in a repository, needs ../shared/" + name);
        throw new AssertionError();
    }
}

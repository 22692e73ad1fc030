package io.github.remocap.cli;

import io.github.remocap.assets.BodyAssets;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.MeshFile;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --assets} or {@code --mesh}. */
final class MeshOptions {
    @Option(names = "--assets", paramLabel = "DIR", description = "Folder with the body's mesh files, or 'embedded' for the body that comes with the program.")
    private @Nullable Path assets;

    @Option(names = "--mesh", paramLabel = "FILE", description = "An npz with adjacency and upsample, instead of a folder.")
    private @Nullable Path mesh;

    Mesh mesh() throws IOException {
        Path file = mesh;
        if (file != null) {
            return MeshFile.read(file);
        }
        Path folder = assets;
        if (folder == null) {
            throw new IllegalStateException("one of the two is required");
        }
        return BodyAssets.open(folder).mesh();
    }
}

package io.github.remocap.run;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to do.
 *
 * @param input a folder of pictures or one picture
 * @param boxes the CSV file of boxes; without it the whole frame is used, letterboxed
 * @param output the folder to write to; it is made if need be
 * @param checkpoint the network's file; here only its name and checksum matter
 * @param assets the files from which mesh, faces and regressors came; likewise
 * @param version the program's version
 * @param mesh the surface to draw
 * @param options what changes the written files
 * @param resume whether to continue what is in {@code output}
 */
public record RunJob(Path input, @Nullable Path boxes, Path output, Path checkpoint, List<Path> assets, String version, BodyMesh mesh,
        RunOptions options, boolean resume) {
    public RunJob {
        assets = List.copyOf(assets);
    }
}

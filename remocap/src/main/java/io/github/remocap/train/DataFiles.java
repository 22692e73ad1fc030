package io.github.remocap.train;

import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.data.TsvImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Opens what {@code data.train} and {@code data.validation} name, by the files' endings. */
final class DataFiles {
    private DataFiles() {
    }

    /** Whether these are annotated pictures (YAML or TSV), and not arrays. */
    static boolean annotated(List<Path> files) {
        return files.stream().anyMatch(DataFiles::annotated);
    }

    private static boolean annotated(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".tsv");
    }

    /**
     * Opens clips.
     *
     * @param training whether they are augmented, if the config says so
     * @param damage told of damaged rows
     */
    static ClipSource open(TrainConfig config, List<Path> files, boolean training, Consumer<String> damage) throws IOException {
        if (!annotated(files)) {
            return NpzClips.open(files, config.model());
        }
        List<AnnotatedImages> sets = new ArrayList<>();
        try {
            for (Path file : files) {
                if (!annotated(file)) {
                    throw new IOException(file + ": arrays and annotated pictures (" + sets.size() + " files before) cannot be mixed");
                }
                sets.add(TsvImages.open(file));
            }
        } catch (IOException | RuntimeException e) {
            for (AnnotatedImages set : sets) {
                set.close();
            }
            throw e;
        }
        TrainConfig.Data data = config.data();
        return new AnnotatedClips(sets, config.model(),
            new AnnotatedClips.Settings(data.protocol(), training && data.augment(), training, data.size(), config.seed()), damage);
    }
}

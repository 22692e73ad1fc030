package io.github.remocap.synthetic;

import io.github.remocap.figure.Figure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The {@code config.yaml} beside generated data, with which training can begin: a small RemoCap on the embedded body. */
public final class StarterConfig {
    /** File name. */
    public static final String NAME = "config.yaml";
    /** Side of the network's input in pixels. */
    public static final int SIZE = 64;

    private static final int EPOCHS = 20;

    private StarterConfig() {
    }

    /**
     * Writes it, unless there is one already, which its owner may have changed.
     *
     * @param folder of the data
     * @return the file
     */
    public static Path write(Path folder, Recipe recipe) throws IOException {
        Path file = folder.resolve(NAME);
        if (!Files.exists(file)) {
            Generator.writeText(file, text("train*.yaml", recipe.validation() > 0 ? "validation*.yaml" : null, EPOCHS, "run"));
        }
        return file;
    }

    /**
     * The text of a config.
     *
     * @param train training data, a file or a glob
     * @param validation validation data; null for none
     * @param output folder to write to
     */
    public static String text(String train, @Nullable String validation, int epochs, String output) {
        Figure figure = Figure.get();
        return String.format(Locale.ROOT, """
            # A small RemoCap for generated clips. Every key is described in docs/training.md.
            model: {width: 8, stage_modules: [1, 1, 1], blocks: 1, stem: 16, bottleneck: 8, head: [8, 16, 16, 32], features: 128, classes: 2,
              frames: 2, sd_groups: 8, md_groups: 32, model_dims: [64, 32], ff_dims: [256, 128], heads: 2, layers: 1, dropout: 0.0, joints: 14,
              coarse: %d, intermediate: %d, fine: %d}  # vertices of the embedded body
            assets: embedded
            data:
              train: '%s'
            %s  size: %d           # side of the network's input in pixels
              protocol: full
              augment: false
              threads: 1
              prefetch: 4
            losses: {edge_normal: 0, fine: 0, velocity: 0}  # with velocities, small models stay at the mean pose for long
            optimizer: {kind: adamw, learning_rate: 0.002, clip_norm: 1.0}
            schedule: {kind: cosine, unit: step, warmup_steps: 40}
            epochs: %d
            batch: 8
            checkpoint: {every_epochs: 0, initial: true}
            output: '%s'
            """, figure.adjacency().length, figure.hierarchy().fineToIntermediate().rows(), figure.body().vertices(), train,
            validation == null ? "" : "  validation: '" + validation + "'\n", SIZE, epochs, output);
    }
}

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
            Generator.writeText(file, text("train*.yaml", recipe.validation() > 0 ? "validation*.yaml" : null, EPOCHS, 0, "run"));
        }
        return file;
    }

    /**
     * The text of a config.
     *
     * @param train training data, a file or a glob
     * @param validation validation data; null for none
     * @param seed of initial weights and the order of clips
     * @param output folder to write to
     */
    public static String text(String train, @Nullable String validation, int epochs, long seed, String output) {
        Figure figure = Figure.get();
        return String.format(Locale.ROOT, """
            # A small RemoCap for generated clips. Every key is described in docs/training.md.
            model: {width: 16, stage_modules: [1, 1, 1], blocks: 1, stem: 16, bottleneck: 8, head: [8, 16, 32, 64], features: 256, classes: 2,
              frames: 2, sd_groups: 2, md_groups: 2, model_dims: [64, 32], ff_dims: [256, 128], heads: 1, layers: 1, dropout: 0.0, joints: 14,
              coarse: %d, intermediate: %d, fine: %d}  # vertices of the embedded body
            assets: embedded
            data:
              train: '%s'
            %s  size: %d           # side of the network's input in pixels
              protocol: full
              augment: false
              threads: 1
              prefetch: 4
            init: {mesh: body}    # neighbours on the body begin alike
            losses: {vertices: 1000, edge_normal: 0, fine: 0, velocity: 0}  # with velocities, small models stay at the mean pose for long
            optimizer: {kind: adamw, learning_rate: 0.003, clip_norm: 1.0}
            schedule: {kind: cosine, unit: step, warmup_steps: 40}
            epochs: %d
            batch: 8
            seed: %d
            checkpoint: {every_epochs: 0, initial: true}
            output: '%s'
            """, figure.adjacency().length, figure.hierarchy().fineToIntermediate().rows(), figure.body().vertices(), train,
            validation == null ? "" : "  validation: '" + validation + "'\n", SIZE, epochs, seed, output);
    }
}

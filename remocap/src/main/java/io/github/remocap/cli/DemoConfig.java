package io.github.remocap.cli;

import io.github.remocap.synthetic.StarterConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The demo's training: the starter config of generated data, with its own paths and length. */
final class DemoConfig {
    /** Side of the network's input. */
    static final int SIZE = StarterConfig.SIZE;
    /** Marks a folder as a demo's. */
    static final String MARK = "demo.txt";

    private DemoConfig() {
    }

    static Path write(Path file, int epochs, long seed) throws IOException {
        return Files.writeString(file, StarterConfig.text("train/train*.yaml", "train/validation.yaml", epochs, seed, "training"));
    }
}

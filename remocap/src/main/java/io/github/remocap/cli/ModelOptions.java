package io.github.remocap.cli;

import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher.Mode;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.RemoCap;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --checkpoint}, {@code --config} and {@code --lenient}. */
final class ModelOptions {
    /** Metadata of our own checkpoints: the model's configuration as JSON. */
    static final String CONFIG_KEY = "model.config";

    @Option(names = "--checkpoint", required = true, paramLabel = "FILE",
        description = "Weights: a PyTorch checkpoint, .rmc, .safetensors or .npz.")
    private Path checkpoint;

    @Option(names = "--config", paramLabel = "FILE",
        description = "Sizes of the model, YAML or JSON. Default: what the checkpoint says of itself (.rmc), else the released model.")
    private @Nullable Path config;

    @Option(names = "--lenient", description = "Load what fits by name; say what is missing or unexpected instead of stopping.")
    private boolean lenient;

    Path file() {
        return checkpoint;
    }

    Checkpoint open() throws IOException {
        return Checkpoint.open(checkpoint);
    }

    RemoCap network(Checkpoint opened) throws IOException {
        return network(checkpoint, config, opened);
    }

    /** The network of a configuration file; without one, of what the checkpoint says of itself, else the released one. */
    static RemoCap network(Path checkpoint, @Nullable Path config, Checkpoint opened) throws IOException {
        if (config != null) {
            return new RemoCap(Config.read(config));
        }
        Object stored = opened.metadata().get(CONFIG_KEY);
        if (stored == null) {
            return new RemoCap(Config.RELEASED);
        }
        try {
            return new RemoCap(Config.parse(String.valueOf(stored)));
        } catch (IllegalArgumentException e) {
            throw new IOException(checkpoint + ": metadata '" + CONFIG_KEY + "': " + e.getMessage(), e);
        }
    }

    Weights weights(RemoCap network, Checkpoint opened) throws IOException {
        return ModelWeights.load(network, opened, checkpoint.toString(), lenient ? Mode.LENIENT : Mode.STRICT, System.err::println);
    }
}

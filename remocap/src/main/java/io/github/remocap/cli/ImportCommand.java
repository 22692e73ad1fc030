package io.github.remocap.cli;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.CheckpointFormat;
import io.github.remocap.io.checkpoint.CheckpointWriter;
import io.github.remocap.model.Config;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.Recognition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Converts checkpoints. */
@Command(name = "import", mixinStandardHelpOptions = true, description = "Convert a checkpoint (PyTorch, .rmc, .safetensors, .npz).")
final class ImportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IN", description = "The checkpoint to read; its format is told by its content.")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT", description = "The file to write: .rmc, .safetensors or .npz.")
    private Path out;

    @Option(names = "--config", paramLabel = "FILE", description = "Sizes of the model, kept in the .rmc file. Default: read off the tensors' shapes where these say all.")
    private @Nullable Path config;

    @Override
    public Integer call() throws IOException {
        CheckpointFormat format;
        try {
            format = CheckpointFormat.ofName(out);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        if (Files.exists(out) && Files.isSameFile(in, out)) {
            throw new ParameterException(spec.commandLine(), "IN and OUT are the same file");
        }
        try (Checkpoint checkpoint = Checkpoint.open(in)) {
            Map<String, StoredTensor> tensors = checkpoint.tensors();
            if (tensors.isEmpty()) {
                throw new IOException(in + ": no tensors in it");
            }
            Map<String, Object> metadata = new LinkedHashMap<>(checkpoint.metadata());
            Optional<Config> model = config != null ? Optional.of(Config.read(config)) : Recognition.of(ModelWeights.shapes(tensors));
            model.filter(c -> config != null || Recognition.isCertain(c)).ifPresent(c -> metadata.putIfAbsent(ModelOptions.CONFIG_KEY, c.toJson()));
            try (ProgressBar bar = new ProgressBarBuilder().setTaskName("writing").setUnit(" MB", 1_000_000).setStyle(ProgressBarStyle.ASCII).build()) {
                CheckpointWriter.write(out, format, tensors, metadata, (tensor, done, total) -> {
                    bar.maxHint(total);
                    bar.stepTo(done);
                });
            }
            System.out.printf("%s: %d tensors, %,d bytes%s%n", out, tensors.size(), Files.size(out),
                model.map(c -> "; " + c.describe()).orElse("; no RemoCap model"));
        }
        return 0;
    }
}

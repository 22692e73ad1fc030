package io.github.remocap.cli;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.model.Config;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.Recognition;
import io.github.remocap.model.RemoCap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what is in a checkpoint. */
@Command(name = "info", mixinStandardHelpOptions = true, description = "Show a checkpoint's tensors, model and metadata, and verify its checksums.")
final class InfoCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The checkpoint.")
    private Path file;

    @Option(names = "--brief", description = "Leave out the list of tensors.")
    private boolean brief;

    @Override
    public Integer call() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            Map<String, StoredTensor> tensors = checkpoint.tensors();
            if (!brief) {
                tensors.forEach((name, t) -> System.out.printf("%-80s %-5s %s%n", name, t.type(), t.shape()));
            }
            long elements = tensors.values().stream().mapToLong(StoredTensor::size).sum();
            System.out.printf("file:       %s%nformat:     %s, %,d bytes%n", file, checkpoint.format(), Files.size(file));
            System.out.printf("tensors:    %d with %,d elements%n", tensors.size(), elements);
            Optional<Config> model = Recognition.of(ModelWeights.shapes(tensors));
            System.out.printf("model:      %s%n", model.map(Config::describe).orElse("none that is known"));
            if (model.isPresent()) {
                RemoCap network = new RemoCap(model.get());
                long disentanglement = network.parameterCount("backbone.ema_");
                long backbone = network.parameterCount("backbone.") - disentanglement;
                System.out.printf("parameters: %,d in the backbone, %,d in SD and MD, %,d in the rest%n", backbone, disentanglement,
                    network.parameterCount("") - backbone - disentanglement);
                System.out.printf("config:     %s%n", model.get().toJson());
                if (!Recognition.isCertain(model.get())) {
                    System.out.println("            (heads and fine cannot be read off the tensors: these two are guesses)");
                }
            }
            checkpoint.metadata().forEach((key, value) -> System.out.printf("metadata:   %s = %s%n", key, value));
            checkpoint.verify();
            System.out.printf("checksum:   %s%n", switch (checkpoint.format()) {
                case TORCH_ZIP, NPZ -> "every member agrees with its CRC-32";
                case RMC -> "every tensor agrees with its CRC-32C";
                case TORCH_LEGACY, SAFETENSORS -> "the format has none; the file's structure is sound";
            });
        }
        return 0;
    }
}

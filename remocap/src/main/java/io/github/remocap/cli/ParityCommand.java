package io.github.remocap.cli;

import io.github.remocap.parity.Check;
import io.github.remocap.parity.Parity;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares with PyTorch. */
@Command(name = "parity", mixinStandardHelpOptions = true,
    description = "Run what a golden folder holds and compare with what PyTorch computed; exit with 1 where a tolerance is exceeded.")
final class ParityCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "The golden folder, or its part 'tiny'.")
    private Path folder;

    @Option(names = "--device", split = ",", defaultValue = "reference,cpu", paramLabel = "NAME",
        description = "Devices for the small models (default: ${DEFAULT-VALUE}); the full-size model runs on the last.")
    private List<String> devices;

    @Option(names = "--assets", paramLabel = "DIR", description = "Folder with the body's mesh files; with it the full-size model runs, too.")
    private @Nullable Path assets;

    @Option(names = "--seed", defaultValue = "golden", paramLabel = "NAME", description = "Seed of the full-size model (default: ${DEFAULT-VALUE}).")
    private String seed;

    @Option(names = "--dump", paramLabel = "DIR", description = "Write what was computed, as npz.")
    private @Nullable Path dump;

    @Override
    public Integer call() throws IOException {
        List<Device> found;
        try {
            found = devices.stream().map(name -> Devices.byName(name, System.err::println)).toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--device: " + e.getMessage(), e);
        }
        List<Check> checks = new Parity(folder, found, seed, assets, dump, c -> { }).run();
        System.out.print(Parity.table(checks));
        long failed = checks.stream().filter(c -> !c.ok()).count();
        System.out.printf("%d checks, %d failed%n", checks.size(), failed);
        return failed == 0 ? 0 : 1;
    }
}

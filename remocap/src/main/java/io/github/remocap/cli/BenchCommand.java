package io.github.remocap.cli;

import io.github.remocap.bench.Bench;
import io.github.remocap.bench.BenchHtml;
import io.github.remocap.bench.BenchResult;
import io.github.remocap.bench.BenchText;
import io.github.remocap.bench.ClipWorkload;
import io.github.remocap.bench.GeneratedMesh;
import io.github.remocap.bench.TrainingWorkload;
import io.github.remocap.bench.Workload;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.vector.VectorDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How fast, and where the time goes. */
@Command(name = "bench", mixinStandardHelpOptions = true, description = {
    "Measure a clip, or a training step: time, where it goes, memory, beside what the machine can do. Writes JSON and a page with plots.",
    "Without --checkpoint the weights are generated: times are the same, only loading is not."})
final class BenchCommand implements Callable<Integer> {
    private static final String CPU = "cpu";

    /** The released model with fewer layers, or as it is. */
    private enum Size { S, M, L }

    @Spec
    private CommandSpec spec;

    @Option(names = "--compare", arity = "2", paramLabel = "FILE", description = "Compare two JSON files instead of measuring.")
    private List<Path> compare = List.of();

    @Option(names = "--train", description = "Measure training steps instead of clips.")
    private boolean train;

    @Option(names = "--recompute", description = "With --train: compute activations again in the backward pass instead of keeping them.")
    private boolean recompute;

    @Option(names = "--checkpoint", paramLabel = "FILE", description = "Weights, and the model that they are of.")
    private @Nullable Path checkpoint;

    @Option(names = "--config", paramLabel = "FILE", description = "Sizes of the model, YAML or JSON.")
    private @Nullable Path config;

    @Option(names = "--model-size", paramLabel = "SIZE", description = "The released model with transformers of 1, 2 or 3 layers: ${COMPLETION-CANDIDATES} (default: L).")
    private @Nullable Size size;

    @Option(names = "--mesh", defaultValue = GeneratedMesh.NAME, paramLabel = "WHERE",
        description = "A folder of body mesh files, an npz, or '${DEFAULT-VALUE}' (the default).")
    private String mesh;

    @Option(names = "--clips", defaultValue = "1", paramLabel = "N", description = "Clips of a run (default: ${DEFAULT-VALUE}).")
    private int clips;

    @Option(names = "--pixels", defaultValue = "224", paramLabel = "N", description = "Side of the images, a multiple of 32 (default: ${DEFAULT-VALUE}).")
    private int pixels;

    @Option(names = "--device", defaultValue = CPU, paramLabel = "NAME", description = "Device, see 'remocap devices' (default: ${DEFAULT-VALUE}).")
    private String deviceName;

    @Option(names = "--threads", paramLabel = "N", description = "Threads of the cpu device (default: one for each processor).")
    private @Nullable Integer threads;

    @Option(names = "--warm", defaultValue = "6", paramLabel = "N", description = "Runs before those that count (default: ${DEFAULT-VALUE}).")
    private int warm;

    @Option(names = "--runs", defaultValue = "9", paramLabel = "N", description = "Runs that count (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--no-scaling", description = "Leave out the runs with one thread.")
    private boolean noScaling;

    @Option(names = "--out", paramLabel = "DIR", defaultValue = "out/bench", description = "Folder to write clip.json and clip.html, or training.json and training.html, to (default: ${DEFAULT-VALUE}).")
    private Path out;

    private record Leased(Device device, boolean own) implements Bench.Lease {
        @Override
        public void close() {
            if (own && device instanceof VectorDevice d) {
                d.close();
            }
        }
    }

    @Override
    public Integer call() throws IOException {
        if (!compare.isEmpty()) {
            System.out.printf("a: %s%nb: %s%n", compare.get(0), compare.get(1));
            System.out.print(BenchText.compare(BenchResult.read(compare.get(0)), BenchResult.read(compare.get(1))));
            return 0;
        }
        check();
        Config sizes = sizes();
        Mesh topology = GeneratedMesh.open(mesh, sizes);
        topology.check(sizes);
        Workload workload = train ? new TrainingWorkload(sizes, topology, clips, pixels, recompute)
            : new ClipWorkload(sizes, topology, checkpoint, clips, pixels);
        Files.createDirectories(out);
        boolean cpu = deviceName.equals(CPU);
        int count = threads != null ? threads : VectorDevice.defaultThreads();
        BenchResult result;
        try (Bench.Lease lease = cpu ? new Leased(new VectorDevice(count), true) : named();
            ProgressBar bar = new ProgressBarBuilder().setTaskName("measuring").setStyle(ProgressBarStyle.ASCII).build()) {
            Supplier<Bench.Lease> single = cpu && count > 1 && !noScaling ? () -> new Leased(new VectorDevice(1), true) : null;
            result = new Bench(workload, warm, runs, (what, done, total) -> {
                bar.maxHint(total);
                bar.stepTo(done);
                bar.setExtraMessage(what);
            }).measure(lease, count, single);
        }
        String name = train ? "training" : "clip";
        result.write(out.resolve(name + ".json"));
        Files.writeString(out.resolve(name + ".html"), BenchHtml.of(result));
        System.out.print(BenchText.of(result));
        System.out.printf("%nwritten: %s and %s%n", out.resolve(name + ".json"), out.resolve(name + ".html"));
        return 0;
    }

    private void check() {
        if (clips < 1 || runs < 1 || warm < 0 || threads != null && threads < 1) {
            throw new ParameterException(spec.commandLine(), "--clips, --runs and --threads must be 1 or more, --warm 0 or more");
        }
        if (pixels < 32 || pixels % 32 != 0) {
            throw new ParameterException(spec.commandLine(), "--pixels must be a multiple of 32, not " + pixels);
        }
        if (threads != null && !deviceName.equals(CPU)) {
            throw new ParameterException(spec.commandLine(), "--threads is for the cpu device, not for " + deviceName);
        }
        if ((checkpoint != null ? 1 : 0) + (config != null ? 1 : 0) + (size != null ? 1 : 0) > 1) {
            throw new ParameterException(spec.commandLine(), "--checkpoint, --config and --model-size each say which model: give one");
        }
        if (train && checkpoint != null) {
            throw new ParameterException(spec.commandLine(), "--train measures with generated weights: give --config instead of --checkpoint");
        }
        if (recompute && !train) {
            throw new ParameterException(spec.commandLine(), "--recompute goes with --train");
        }
    }

    private Bench.Lease named() {
        try {
            return new Leased(Devices.byName(deviceName, System.err::println), false);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--device: " + e.getMessage(), e);
        }
    }

    private Config sizes() throws IOException {
        if (checkpoint != null) {
            try (Checkpoint opened = Checkpoint.open(checkpoint)) {
                return ModelOptions.network(checkpoint, null, opened).config();
            }
        }
        if (config != null) {
            return Config.read(config);
        }
        return size == null ? Config.RELEASED : Config.parse(String.format(Locale.ROOT, "layers: %d", size.ordinal() + 1));
    }
}

package io.github.remocap.cli;

import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.train.TrainConfig;
import io.github.remocap.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Training. */
@Command(name = "train", mixinStandardHelpOptions = true,
    description = {"Train or fine-tune a model as a YAML file says.",
        "Ctrl-C ends the running step, writes a checkpoint and exits with 130; --resume continues exactly there."})
final class TrainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--config", required = true, paramLabel = "FILE", description = "What to train, see docs/training.md.")
    private Path config;

    @Option(names = "--resume", description = "Continue from the newest intact checkpoint in the output folder.")
    private boolean resume;

    @Option(names = "--device", paramLabel = "NAME", description = "Device, see 'remocap devices'. Default: the config's, else cpu.")
    private @Nullable String deviceName;

    @Option(names = "--checkpointing", description = "Compute activations again in the backward pass instead of keeping them: less memory, more time.")
    private boolean recompute;

    @Override
    public Integer call() throws IOException {
        TrainConfig settings = TrainConfig.read(config);
        if (recompute) {
            settings = settings.withRecompute();
        }
        Device device;
        try {
            device = Devices.byName(deviceName != null ? deviceName : settings.device(), System.err::println);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), (deviceName != null ? "--device: " : config + ": device: ") + e.getMessage(), e);
        }
        CountDownLatch written = new CountDownLatch(1);
        try (Trainer trainer = new Trainer(settings, device, resume, System.err)) {
            // On Ctrl-C (or SIGTERM) the JVM waits for this hook, then exits with 130 (143).
            Thread hook = new Thread(() -> {
                trainer.stop();
                try {
                    written.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }, "remocap-stop");
            Runtime.getRuntime().addShutdownHook(hook);
            try {
                return trainer.run() ? 0 : 130;
            } finally {
                written.countDown();
                removeHook(hook);
            }
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the process is ending, and the hook has run or is running: that is how it was stopped
        }
    }
}

package io.github.remocap.cli;

import io.github.remocap.image.InputException;
import io.github.remocap.train.NonFiniteException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import javax.imageio.ImageIO;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Entry point of {@code bin/remocap}. */
@Command(name = "remocap", mixinStandardHelpOptions = true, versionProvider = Version.class,
    description = "3D human body meshes from monocular video, in pure Java.",
    subcommands = {DemoCommand.class, GenerateCommand.class, TrainCommand.class, EvaluateCommand.class, RunCommand.class, ViewCommand.class,
        ForwardCommand.class, ImportCommand.class, ExportCommand.class, ConvertCommand.class, InfoCommand.class, ParityCommand.class,
        BenchCommand.class, DevicesCommand.class})
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /** Runs a command and returns the exit status. */
    public static int execute(String... arguments) {
        // Pictures are in memory anyway, and files would be deleted by a hook, which a JVM that ends by Ctrl-C refuses.
        ImageIO.setUseCache(false);
        CommandLine line = new CommandLine(new Main());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            String message = explain(e);
            if (message == null) {
                throw e;
            }
            command.getErr().println("remocap: " + message);
            return 1;
        });
        return line.execute(arguments);
    }

    /** What went wrong in words for the user; null for an error of this program, whose stack trace is then wanted. */
    private static @org.jspecify.annotations.Nullable String explain(Throwable e) {
        return switch (e) {
            case NoSuchFileException n -> n.getFile() + ": no such file";
            case FileSystemException f when f.getReason() == null -> f.getFile() + ": cannot be used (" + f.getClass().getSimpleName() + ")";
            case IOException i -> String.valueOf(i.getMessage());
            case UncheckedIOException u -> String.valueOf(u.getCause().getMessage());
            case InputException i -> String.valueOf(i.getMessage());
            case NonFiniteException n -> String.valueOf(n.getMessage());
            case IllegalArgumentException i -> String.valueOf(i.getMessage());
            case OutOfMemoryError o -> "out of memory: " + o.getMessage() + " (more heap: REMOCAP_OPTS=-Xmx8g)";
            default -> null;
        };
    }

    /** Runs a command and ends the JVM with its exit status. */
    public static void main(String[] arguments) {
        System.exit(execute(arguments));
    }
}

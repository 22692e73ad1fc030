package io.github.remocap.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The program in a process of its own, with the flags that {@code bin/remocap} passes. */
final class RemocapProcess {
    /** How it ended and what it said. */
    record Result(int status, String out, String err) {
    }

    private RemocapProcess() {
    }

    /**
     * Runs it to its end.
     *
     * @param folder for its output
     */
    static Result run(Path folder, String... arguments) throws IOException, InterruptedException {
        return stopped(folder, null, arguments);
    }

    /**
     * Runs it until it says something on standard error, then asks it to end as Ctrl-C does, but by SIGTERM: where a shell starts Maven in the
     * background, SIGINT is ignored by all that it starts.
     *
     * @param folder for its output
     * @param signal what it says; null to let it end by itself
     */
    static Result stopped(Path folder, @Nullable Pattern signal, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + System.getProperty("jvm.options", "target/jvm.options"), "-Xmx2g", "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(folder, "out", ".txt");
        Path err = Files.createTempFile(folder, "err", ".txt");
        Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        boolean asked = signal == null;
        for (int i = 0; i < 18_000 && !process.waitFor(100, TimeUnit.MILLISECONDS); i++) { // half an hour, against a hang alone: machines differ
            if (!asked && signal.matcher(Files.readString(err, StandardCharsets.ISO_8859_1)).find()) {
                asked = true;
                process.destroy();
            }
        }
        if (process.isAlive()) {
            process.destroyForcibly();
            throw new AssertionError("still running: " + String.join(" ", arguments));
        }
        return new Result(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8), Files.readString(err, StandardCharsets.UTF_8));
    }
}

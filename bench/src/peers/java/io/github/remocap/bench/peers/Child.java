package io.github.remocap.bench.peers;

import io.github.remocap.bench.LauncherFlags;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The parent's end of a {@link PeerProcess}. */
final class Child implements AutoCloseable {
    /** What ours needs, as in bin/remocap; the others do not mind. */
    private static final List<String> FLAGS = LauncherFlags.read();

    private final String name;
    private final Process process;
    private final PrintWriter commands;
    private final BufferedReader answers;
    private final Path log;
    private final double loadSeconds;
    private final String description;

    /** Starts a process and waits until it is ready. */
    Child(String name, List<String> jvmOptions, List<String> arguments) throws IOException {
        this.name = name;
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(FLAGS);
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), PeerProcess.class.getName()));
        command.addAll(arguments);
        log = Files.createTempFile("remocap-" + name, ".log");
        process = new ProcessBuilder(command).redirectError(log.toFile()).start();
        commands = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
        answers = process.inputReader(StandardCharsets.UTF_8);
        String ready = answer();
        loadSeconds = Double.parseDouble(ready.substring(0, ready.indexOf(' ')));
        description = ready.substring(ready.indexOf(' ') + 1);
    }

    private String answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException(name + ": the process ended; what it said:\n" + Files.readString(log));
        }
        return line;
    }

    private String ask(String command) throws IOException {
        commands.println(command);
        return answer();
    }

    String name() {
        return name;
    }

    /** Seconds from the start of main until ready to run. */
    double loadSeconds() {
        return loadSeconds;
    }

    String description() {
        return description;
    }

    /** Seconds of one clip. */
    double run() throws IOException {
        return Double.parseDouble(ask("run"));
    }

    /** Peak and present resident bytes. */
    long[] memory() throws IOException {
        String[] parts = ask("memory").split(" ");
        return new long[] {Long.parseLong(parts[0]), Long.parseLong(parts[1])};
    }

    /** Writes the outputs of the last run as npz. */
    void save(Path file) throws IOException {
        ask("save " + file);
    }

    @Override
    public void close() throws IOException {
        commands.close(); // the end of its input ends it
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(log);
    }
}

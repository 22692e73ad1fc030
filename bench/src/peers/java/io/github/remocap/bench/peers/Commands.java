package io.github.remocap.bench.peers;

import io.github.remocap.bench.Timing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whole processes, from their start to their end, taking turns. */
final class Commands {
    private final Map<String, String> commands;
    private final int runs;

    Commands(Map<String, String> commands, int runs) {
        this.commands = new LinkedHashMap<>(commands);
        this.runs = runs;
    }

    /**
     * Runs each so often, prints a table, and returns the numbers by name.
     *
     * @throws IOException with a command's output if it fails
     */
    Map<String, Object> measure() throws IOException, InterruptedException {
        Map<String, List<Double>> seconds = new LinkedHashMap<>();
        for (int run = 0; run < runs; run++) {
            for (Map.Entry<String, String> e : commands.entrySet()) {
                double time = time(e.getKey(), e.getValue());
                seconds.computeIfAbsent(e.getKey(), k -> new ArrayList<>()).add(time);
                System.err.printf("run %d of %d, %s: %.3f s%n", run + 1, runs, e.getKey(), time);
            }
        }
        System.out.printf("%-14s %9s %9s %9s%n", "whole process", "median s", "best s", "worst s");
        Map<String, Object> report = new LinkedHashMap<>();
        seconds.forEach((name, times) -> {
            Timing timing = Timing.of(times);
            System.out.printf("%-14s %9.3f %9.3f %9.3f%n", name, timing.median(), timing.best(), timing.worst());
            report.put(name, Map.of("command", String.valueOf(commands.get(name)), "seconds", timing));
        });
        return report;
    }

    private static double time(String name, String command) throws IOException, InterruptedException {
        Path log = Files.createTempFile("remocap-command", ".log");
        try {
            long start = System.nanoTime();
            int status = new ProcessBuilder("/bin/sh", "-c", command).redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
            double time = (System.nanoTime() - start) * 1e-9;
            if (status != 0) {
                throw new IOException("--command " + name + ": exit status " + status + "\n" + Files.readString(log));
            }
            return time;
        } finally {
            Files.delete(log);
        }
    }
}

package io.github.remocap.bench;

import io.github.remocap.assets.Assets;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.RemoCap;
import io.github.remocap.model.Runner;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Program.StepTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One clip through the full-size model: seconds of whole runs, then where the time goes, by kind of kernel and for the slowest steps.
 * Arguments: the assets folder, and the number of runs (10 if missing). Threads: {@code -Dremocap.threads=N}.
 */
public final class ClipProfile {
    private static final int WARM = 4;
    private static final int SLOWEST = 25;

    private ClipProfile() {
    }

    /** Prints the measurements. */
    public static void main(String[] arguments) throws IOException {
        int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10;
        Config config = Config.RELEASED;
        RemoCap network = new RemoCap(config);
        Device device = Devices.cpu();
        System.out.println(device.description());
        try (Weights weights = DeterministicNumbers.fill(network, "profile")) {
            long start = System.nanoTime();
            try (Runner runner = new Runner(network, weights, new Assets(Path.of(arguments[0])).mesh(), device, config.frames(), 224, 224, false,
                List.of())) {
                System.out.printf("compiled in %.2f s, %.0f MB%n", (System.nanoTime() - start) * 1e-9, runner.program().memory() * 1e-6);
                measure(runner, config.frames(), runs);
            }
        }
        for (String line : Files.exists(Path.of("/proc/self/status")) ? Files.readAllLines(Path.of("/proc/self/status")) : List.<String>of()) {
            if (line.startsWith("VmHWM")) {
                System.out.println("peak resident " + line.substring(6).strip() + ", the weights' own 616 MB included");
            }
        }
    }

    private static void measure(Runner runner, int frames, int runs) {
        float[] images = DeterministicNumbers.uniform("images", frames * 224 * 224 * 3, -2, 2);
        List<Double> seconds = new ArrayList<>();
        for (int i = 0; i < WARM + runs; i++) {
            long start = System.nanoTime();
            runner.run(images);
            if (i >= WARM) {
                seconds.add((System.nanoTime() - start) * 1e-9);
            }
        }
        seconds.sort(Comparator.naturalOrder());
        System.out.printf("clip: median %.2f s, best %.2f s, worst %.2f s of %d runs%n", seconds.get(runs / 2), seconds.getFirst(),
            seconds.getLast(), runs);
        List<StepTime> best = new ArrayList<>(runner.program().profile());
        for (int i = 1; i < runs; i++) {
            List<StepTime> next = runner.program().profile();
            for (int k = 0; k < best.size(); k++) {
                if (next.get(k).seconds() < best.get(k).seconds()) {
                    best.set(k, next.get(k));
                }
            }
        }
        Map<String, double[]> kinds = new TreeMap<>();
        for (StepTime step : best) {
            double[] sum = kinds.computeIfAbsent(step.kernel(), k -> new double[3]);
            sum[0] += step.seconds();
            sum[1] += step.flops();
            sum[2]++;
        }
        System.out.printf("sum of each step's best: %.2f s%n", best.stream().mapToDouble(StepTime::seconds).sum());
        kinds.forEach((kind, sum) -> System.out.printf("%-22s %4.0f steps %7.3f s %7.1f GFLOP/s%n", kind, sum[2], sum[0], sum[1] / sum[0] * 1e-9));
        best.stream().sorted(Comparator.comparingDouble(s -> -s.seconds())).limit(SLOWEST)
            .forEach(s -> System.out.printf("%7.2f ms %6.1f GFLOP/s  %s%n", s.seconds() * 1e3, s.flops() / s.seconds() * 1e-9, s.label()));
    }
}

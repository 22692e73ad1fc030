package io.github.remocap.bench;

import io.github.remocap.tensor.Program.StepTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The steps of one kind together, or one step.
 *
 * @param layer kind of layer, or a step's label
 * @param kernel what computes it
 * @param steps how many
 * @param seconds all of them
 * @param flops additions and multiplications as in direct computation, so that a Winograd kernel may exceed the peak; 0 where not counted
 * @param bytes read and written at least
 */
public record LayerTime(String layer, String kernel, int steps, double seconds, long flops, long bytes) {
    /** Billions of operations a second. */
    public double gflops() {
        return seconds > 0 ? flops / seconds * 1e-9 : 0;
    }

    /** Billions of bytes a second. */
    public double gigabytes() {
        return seconds > 0 ? bytes / seconds * 1e-9 : 0;
    }

    /** Operations a byte; 0 where bytes are not counted. */
    public double intensity() {
        return bytes > 0 ? (double) flops / bytes : 0;
    }

    /** The seconds that the machine's peaks allow at least: the slower of computing and moving. */
    public double bound(Peaks peaks) {
        return Math.max(flops / (peaks.gflops() * 1e9), bytes / (peaks.gigabytes() * 1e9));
    }

    /** Each step's median over several profiles of one program, in the program's order. */
    static List<StepTime> medians(List<List<StepTime>> profiles) {
        List<StepTime> medians = new ArrayList<>();
        for (int i = 0; i < profiles.getFirst().size(); i++) {
            int step = i;
            StepTime s = profiles.getFirst().get(i);
            double median = Timing.of(profiles.stream().map(p -> p.get(step).seconds()).toList()).median();
            medians.add(new StepTime(s.kernel(), s.label(), median, s.flops(), s.bytes(), s.layer()));
        }
        return medians;
    }

    /** By layer and kernel, the slowest first. */
    static List<LayerTime> byKind(List<StepTime> steps) {
        Map<List<String>, LayerTime> kinds = new LinkedHashMap<>();
        for (StepTime s : steps) {
            kinds.merge(List.of(s.layer(), s.kernel()), of(s.layer(), s),
                (a, b) -> new LayerTime(a.layer, a.kernel, a.steps + b.steps, a.seconds + b.seconds, a.flops + b.flops, a.bytes + b.bytes));
        }
        return kinds.values().stream().sorted(Comparator.comparingDouble(k -> -k.seconds())).toList();
    }

    /** The slowest steps. */
    static List<LayerTime> slowest(List<StepTime> steps, int count) {
        return steps.stream().sorted(Comparator.comparingDouble(s -> -s.seconds())).limit(count).map(s -> of(s.label(), s)).toList();
    }

    private static LayerTime of(String layer, StepTime s) {
        return new LayerTime(layer, s.kernel(), 1, s.seconds(), s.flops(), s.bytes());
    }
}

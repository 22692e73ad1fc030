package io.github.remocap.bench;

import java.util.List;

/**
 * What is said of repeated measurements, in seconds.
 *
 * @param median the middle value, or the mean of the two
 * @param best the least
 * @param worst the largest
 * @param runs all, in the order in which they were measured
 */
public record Timing(double median, double best, double worst, List<Double> runs) {
    /**
     * Of measurements.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Timing of(List<Double> runs) {
        if (runs.isEmpty()) {
            throw new IllegalArgumentException("no measurement");
        }
        List<Double> sorted = runs.stream().sorted().toList();
        int n = sorted.size();
        return new Timing((sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2, sorted.getFirst(), sorted.getLast(), List.copyOf(runs));
    }
}

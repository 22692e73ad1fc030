package io.github.remocap.report;

import io.github.remocap.image.InputException;
import io.github.remocap.report.Chart.Line;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;

/** The curves of a training run, from the metrics.csv that {@code remocap train} writes. */
public final class TrainingCurves {
    private static final String EXPECTED = "metrics.csv of 'remocap train'";
    private static final Map<String, String> METRICS = Map.of("mpjpe", "MPJPE", "pa_mpjpe", "PA-MPJPE", "mpvpe", "MPVPE");
    private static final int PARTS = 8; // as many as there are colours
    private static final int SMOOTHED_FROM = 40; // steps; the fewer need no mean

    private final Path file;
    private final List<String> columns;
    private final List<double[]> train = new ArrayList<>();
    private final List<double[]> validation = new ArrayList<>();

    private TrainingCurves(Path file, List<String> columns) {
        this.file = file;
        this.columns = columns;
    }

    /**
     * Reads a metrics.csv.
     *
     * @throws InputException if it is none; the message names line and column
     */
    public static TrainingCurves read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (NoSuchFileException e) {
            throw InputException.of(file, "no such file", EXPECTED);
        } catch (IOException e) {
            throw InputException.of(file, "cannot be read", EXPECTED, e);
        }
        List<String> columns = lines.isEmpty() ? List.of() : List.of(lines.getFirst().split(",", -1));
        for (String needed : List.of("kind", "step", "epoch", "loss", "gradient_norm", "learning_rate", "mpjpe", "pa_mpjpe", "mpvpe")) {
            if (!columns.contains(needed)) {
                throw InputException.of(file, "line 1", "there is no column '" + needed + "'", EXPECTED);
            }
        }
        TrainingCurves curves = new TrainingCurves(file, columns);
        for (int i = 1; i < lines.size(); i++) {
            // The last row of a run that was killed may be cut short.
            boolean last = i == lines.size() - 1;
            String[] cells = lines.get(i).split(",", -1);
            if (cells.length != columns.size() && last) {
                break;
            }
            curves.add(cells, "line " + (i + 1));
        }
        return curves;
    }

    private void add(String[] cells, String line) {
        if (cells.length != columns.size()) {
            throw InputException.of(file, line, cells.length + " values", columns.size() + " as in the first line");
        }
        int kind = columns.indexOf("kind");
        double[] row = new double[cells.length];
        for (int c = 0; c < cells.length; c++) {
            try {
                row[c] = c == kind || cells[c].isEmpty() ? Double.NaN : Double.parseDouble(cells[c]);
            } catch (NumberFormatException e) {
                throw InputException.of(file, line + ", column " + columns.get(c), "'" + cells[c] + "'", "a number");
            }
        }
        switch (cells[kind]) {
            case "train" -> train.add(row);
            case "validation" -> validation.add(row);
            default -> throw InputException.of(file, line + ", column kind", "'" + cells[kind] + "'", "'train' or 'validation'");
        }
    }

    /** The charts: those that have values of loss, validation errors, parts of the loss, learning rate, in this order. */
    public List<Chart> charts() {
        List<Chart> charts = new ArrayList<>();
        double[] loss = column(train, "loss");
        if (loss.length > 0) {
            List<Line> lines = new ArrayList<>();
            if (loss.length >= SMOOTHED_FROM) {
                lines.add(new Line("every step", steps(train), loss, true));
                lines.add(new Line("mean of " + loss.length / 20 + " steps", steps(train), mean(loss, loss.length / 20), false));
            } else {
                lines.add(new Line("loss", steps(train), loss, false));
            }
            charts.add(chart("Training loss", "loss", lines));
        }
        validationErrors().ifPresent(charts::add);
        List<Line> parts = new ArrayList<>();
        int first = columns.indexOf("loss") + 1;
        int window = Math.max(1, train.size() / 20);
        for (String part : columns.subList(first, columns.indexOf("gradient_norm"))) {
            double[] values = column(train, part);
            if (Arrays.stream(values).anyMatch(v -> Double.isFinite(v) && v != 0)) {
                parts.add(new Line(part.replace('_', ' '), steps(train), mean(values, window), false));
            }
        }
        for (int from = 0; from < parts.size(); from += PARTS) {
            List<Line> some = parts.subList(from, Math.min(parts.size(), from + PARTS));
            charts.add(new Chart(from == 0 ? "Parts of the loss" : "Parts of the loss, continued", "step",
                window > 1 ? "unweighted, mean of " + window + " steps" : "unweighted", true, some, List.of()));
        }
        if (train.size() > 1) {
            charts.add(chart("Learning rate", "learning rate", List.of(new Line("learning rate", steps(train), column(train, "learning_rate"), false))));
        }
        return charts;
    }

    /** The errors of all validations in millimetres; empty if there was none. */
    public Optional<Chart> validationErrors() {
        List<Line> lines = new ArrayList<>();
        for (String name : List.of("mpvpe", "mpjpe", "pa_mpjpe")) {
            double[] values = column(validation, name);
            if (Arrays.stream(values).anyMatch(Double::isFinite)) {
                lines.add(new Line(METRICS.get(name), steps(validation), values, false));
            }
        }
        return lines.isEmpty() ? Optional.empty()
            : Optional.of(new Chart("Validation errors", "step", "mm", false, lines, List.of()));
    }

    private static Chart chart(String title, String y, List<Line> lines) {
        double least = values(lines).min().orElse(Double.NaN);
        double greatest = values(lines).max().orElse(Double.NaN);
        return new Chart(title, "step", y, least > 0 && greatest > 20 * least, lines, List.of());
    }

    private static DoubleStream values(List<Line> lines) {
        return lines.stream().flatMapToDouble(line -> Arrays.stream(line.y())).filter(Double::isFinite);
    }

    private double[] steps(List<double[]> rows) {
        return column(rows, "step");
    }

    private double[] column(List<double[]> rows, String name) {
        int at = columns.indexOf(name);
        return rows.stream().mapToDouble(row -> row[at]).toArray();
    }

    /** The mean over a window that ends at each value; NaN counts as absent. */
    private static double[] mean(double[] values, int window) {
        double[] out = new double[values.length];
        double sum = 0;
        int count = 0;
        for (int i = 0; i < values.length; i++) {
            if (Double.isFinite(values[i])) {
                sum += values[i];
                count++;
            }
            if (i >= window && Double.isFinite(values[i - window])) {
                sum -= values[i - window];
                count--;
            }
            out[i] = count == 0 ? Double.NaN : sum / count;
        }
        return out;
    }
}

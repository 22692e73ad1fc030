package io.github.remocap.train;

import io.github.remocap.io.AtomicFile;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * What a run says: {@code train.log} (text, every step), {@code metrics.csv} (a row for every step and validation, the same numbers after
 * a resume), {@code events/} (TensorBoard), and on the console messages and a progress bar with time left and memory in use.
 */
final class TrainLog implements AutoCloseable {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final String VALIDATION_COLUMNS = "mpjpe,pa_mpjpe,mpvpe";

    private final PrintStream console;
    private final Writer text;
    private final Path csvFile;
    private @Nullable Writer csv;
    private @Nullable EventFile events;
    private @Nullable ProgressBar bar;
    private List<String> parts = List.of();

    /**
     * Appends to the log in a folder, which is made.
     *
     * @param console where messages go besides
     */
    TrainLog(Path folder, PrintStream console) throws IOException {
        this.console = console;
        Files.createDirectories(folder);
        this.csvFile = folder.resolve("metrics.csv");
        this.text = Files.newBufferedWriter(folder.resolve("train.log"), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /**
     * Begins or continues the rows and events: what is there of later steps than a checkpoint's goes, since it will be computed again.
     *
     * @param lossParts names of the loss's parts
     * @param lastStep number of the run's last step
     */
    void begin(List<String> lossParts, TrainCheckpoints.Progress from, long lastStep) throws IOException {
        parts = lossParts;
        String header = "kind,step,epoch,loss," + String.join(",", parts) + ",gradient_norm,learning_rate," + VALIDATION_COLUMNS;
        StringBuilder rows = new StringBuilder(header).append('\n');
        if (from.step() > 0 && Files.exists(csvFile)) {
            List<String> before = Files.readAllLines(csvFile);
            if (!before.isEmpty() && before.getFirst().equals(header)) {
                before.stream().skip(1).filter(row -> stays(row, from)).forEach(row -> rows.append(row).append('\n'));
            }
        }
        AtomicFile.write(csvFile, channel -> {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(rows.toString());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
        csv = Files.newBufferedWriter(csvFile, StandardOpenOption.APPEND);
        Path folder = csvFile.resolveSibling("events");
        events = new EventFile(folder, from.step() + 1);
        bar = new ProgressBarBuilder().setTaskName("training").setInitialMax(lastStep).startsFrom(from.step(), Duration.ZERO).setUnit(" steps", 1)
            .setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(1000).build();
    }

    /** Steps count up to the checkpoint's, validations of epochs that were over. A row that a kill cut short goes, too. */
    private boolean stays(String row, TrainCheckpoints.Progress from) {
        String[] cells = row.split(",", -1);
        if (cells.length != 9 + parts.size()) {
            return false;
        }
        try {
            return cells[0].equals("train") ? Long.parseLong(cells[1]) <= from.step() : Long.parseLong(cells[2]) <= from.epoch();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** A line on the console and in the text. */
    void message(String line) throws IOException {
        if (bar != null) {
            console.println(); // leaves the bar's line
        }
        console.println(line);
        write(line);
    }

    private void write(String line) throws IOException {
        text.write(LocalDateTime.now().format(TIME) + " " + line + "\n");
        text.flush();
    }

    /**
     * A step.
     *
     * @param step steps done
     * @param epoch number of the running epoch, from 1
     * @param rates learning rates by group
     * @param memory bytes of native memory in use
     */
    void step(long step, int epoch, TrainingStep.Result result, Map<String, Double> rates, double seconds, long memory) throws IOException {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "step %d epoch %d loss %.6g", step, epoch, result.loss()));
        StringBuilder row = new StringBuilder("train," + step + "," + epoch + "," + result.loss());
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("loss/total", result.loss());
        for (String part : parts) {
            double value = result.parts().getOrDefault(part, 0.0);
            line.append(String.format(Locale.ROOT, " %s %.6g", part, value));
            row.append(',').append(value);
            scalars.put("loss/" + part, value);
        }
        double rate = rates.getOrDefault("default", rates.values().stream().mapToDouble(r -> r).max().orElse(0));
        row.append(',').append(result.norm()).append(',').append(rate).append(",,,\n");
        scalars.put("gradient_norm", result.norm());
        rates.forEach((group, r) -> scalars.put("learning_rate/" + group, r));
        scalars.put("seconds", seconds);
        long heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        String used = memory(heap, memory);
        scalars.put("memory_mb", (heap + memory) / 1e6);
        write(line + String.format(Locale.ROOT, " norm %.6g rate %.4g, %.2f s, %s", result.norm(), rate, seconds, used));
        rows(row.toString());
        if (events != null) {
            events.scalars(step, scalars);
        }
        if (bar != null) {
            bar.setExtraMessage(String.format(Locale.ROOT, " epoch %d loss %.4g, %s", epoch, result.loss(), used));
            bar.stepTo(step);
        }
    }

    private static String memory(long heap, long offHeap) {
        return String.format(Locale.ROOT, "%.0f MB (heap %.0f)", (heap + offHeap) / 1e6, heap / 1e6);
    }

    /** A validation. */
    void validation(long step, int epoch, Validator.Scores scores) throws IOException {
        message(String.format(Locale.ROOT, "epoch %d, step %d: MPJPE %.2f mm, PA-MPJPE %.2f mm, MPVPE %.2f mm", epoch, step, scores.mpjpe(),
            scores.paMpjpe(), scores.mpvpe()));
        rows("validation," + step + "," + epoch + "," + ",".repeat(parts.size() + 2) + "," + scores.mpjpe() + "," + scores.paMpjpe() + ","
            + scores.mpvpe() + "\n");
        if (events != null) {
            Map<String, Double> scalars = new LinkedHashMap<>();
            scalars.put("validation/mpjpe", scores.mpjpe());
            scalars.put("validation/pa_mpjpe", scores.paMpjpe());
            scalars.put("validation/mpvpe", scores.mpvpe());
            scalars.values().removeIf(v -> v.isNaN());
            events.scalars(step, scalars);
        }
    }

    private void rows(String row) throws IOException {
        Writer writer = csv;
        if (writer != null) {
            writer.write(row);
            writer.flush();
        }
    }

    @Override
    public void close() throws IOException {
        if (bar != null) {
            bar.close();
            bar = null;
        }
        List<AutoCloseable> all = new ArrayList<>(List.of(text));
        if (csv != null) {
            all.add(csv);
        }
        if (events != null) {
            all.add(events);
        }
        for (AutoCloseable c : all) {
            try {
                c.close();
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }
}

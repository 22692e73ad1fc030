package io.github.remocap.evaluate;

import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.data.KnownData;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Everything that an evaluation leaves behind. */
public final class Evaluations {
    private Evaluations() {
    }

    /**
     * Writes {@code evaluation.json}, CSV files, {@code errors.png} and {@code worst.html} to a folder, which is made.
     *
     * @param data whose pictures the worst frames are drawn on
     * @param faces of the full mesh, three vertices each
     */
    public static void write(Path folder, Evaluation e, AnnotatedImages data, int[] faces) throws IOException {
        Files.createDirectories(folder);
        EvaluationFiles.write(folder, e);
        ErrorPlot.write(folder.resolve("errors.png"), e);
        WorstPage.write(folder, e, data, faces);
    }

    /** Prints a table: a row for each sequence, for all, and the paper's where the data set is recognised. */
    public static void print(Evaluation e, PrintStream out) {
        out.println(e.data() + ": " + e.clips().describe() + (e.result().complete() ? "" : " (stopped: only the first of them were evaluated)")
            + (e.result().damagedClips() > 0 ? ", " + e.result().damagedClips() + " clips left out for damaged rows" : ""));
        int width = Math.max(20, e.sequences().keySet().stream().mapToInt(String::length).max().orElse(0));
        out.printf(Locale.ROOT, "%-" + width + "s %7s %9s %9s %9s %11s %9s%n", "sequence", "frames", "MPVPE", "MPJPE", "PA-MPJPE", "mm/frame^2", "m/s^2");
        e.sequences().forEach((name, s) -> row(out, width, name, s));
        row(out, width, "overall", e.overall());
        KnownData known = e.known();
        if (known != null) {
            out.printf(Locale.ROOT, "%-" + width + "s %7s %9s %9s %9s   (its protocol is 'reference', of all test sequences)%n", "paper, " + known.title(), "",
                cell(known.mpvpe()), cell(known.mpjpe()), cell(known.paMpjpe()));
        }
        out.printf(Locale.ROOT, "%n%-" + width + "s %9s %9s%n", "joint", "MPJPE", "PA-MPJPE");
        e.joints().forEach(j -> out.printf(Locale.ROOT, "%-" + width + "s %9s %9s%n", j.name(), cell(j.error()), cell(j.aligned())));
        out.printf(Locale.ROOT, "%n%-" + width + "s %7s %9s %9s %9s%n", "visible share", "frames", "MPVPE", "MPJPE", "PA-MPJPE");
        e.visibility().forEach(v -> out.printf(Locale.ROOT, "%-" + width + "s %7d %9s %9s %9s%n",
            v.from() == 1 ? "100 %" : String.format(Locale.ROOT, "%.0f to %.0f %%", 100 * v.from(), 100 * v.to()), v.scores().frames(),
            cell(v.scores().mpvpe()), cell(v.scores().mpjpe()), cell(v.scores().paMpjpe())));
    }

    private static void row(PrintStream out, int width, String name, Scores s) {
        out.printf(Locale.ROOT, "%-" + width + "s %7d %9s %9s %9s %11s %9s%n", name, s.frames(), cell(s.mpvpe()), cell(s.mpjpe()), cell(s.paMpjpe()),
            cell(s.acceleration()), cell(s.accelerationPerSecond()));
    }

    private static String cell(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2f", value);
    }
}

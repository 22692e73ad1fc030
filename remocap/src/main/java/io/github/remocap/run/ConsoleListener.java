package io.github.remocap.run;

import java.io.PrintStream;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar with frames a second, and messages as lines, on standard error. Close it when the run has ended. */
public final class ConsoleListener implements RunListener, AutoCloseable {
    private final PrintStream lines = System.err;
    private @Nullable ProgressBar bar;
    private int first; // frames that were there before
    private int last;
    private long started;

    @Override
    public synchronized void message(String text) {
        if (bar != null) {
            lines.println(); // leaves the bar's line
        }
        lines.println(text);
    }

    @Override
    public synchronized void progress(int done, int total) {
        ProgressBar current = bar;
        if (current == null) {
            first = done;
            started = System.nanoTime();
            current = new ProgressBarBuilder().setTaskName("frames").setInitialMax(total).startsFrom(done, Duration.ZERO)
                    .setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(500)
                    .setSpeedUnit(ChronoUnit.SECONDS).showSpeed(new DecimalFormat("0.00", DecimalFormatSymbols.getInstance(Locale.ROOT)))
                    .build();
            bar = current;
        }
        last = done;
        current.stepTo(done);
    }

    /** Ends the bar's line and says how many frames were done and how fast. */
    @Override
    public synchronized void close() {
        ProgressBar current = bar;
        if (current != null) {
            current.close();
            bar = null;
            double seconds = (System.nanoTime() - started) / 1e9;
            int frames = last - first;
            lines.printf(Locale.ROOT, "%d frames in %.1f s: %.2f frames/s%n", frames, seconds, frames / Math.max(seconds, 1e-9));
        }
    }
}

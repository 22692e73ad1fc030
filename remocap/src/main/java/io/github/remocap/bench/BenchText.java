package io.github.remocap.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Results as text for people. */
public final class BenchText {
    private BenchText() {
    }

    /** The numbers of the whole, by what they are called. */
    static Map<String, String> facts(BenchResult r) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("what", r.what() + ": " + r.images().get(0) + (r.images().get(0) == 1 ? " clip" : " clips") + " at " + r.images().get(1) + "x"
            + r.images().get(2) + "; " + r.model());
        facts.put("machine", r.machine());
        facts.put("device", r.device());
        facts.put("peaks", text("%.1f GFLOP/s by multiply-adds, %.1f GB/s by copying, with %d threads", r.peaks().gflops(), r.peaks().gigabytes(),
            r.threads()));
        facts.put("a run", text("median %.3f s, best %.3f, worst %.3f, of %d", r.seconds().median(), r.seconds().best(), r.seconds().worst(),
            r.seconds().runs().size()));
        facts.put("rate", text("%.1f GFLOP/s, %.0f %% of the peak, counted as direct computation: %.1f GFLOP", r.flops() / r.seconds().median() * 1e-9,
            100 * r.flops() / r.seconds().median() * 1e-9 / r.peaks().gflops(), r.flops() * 1e-9));
        Timing one = r.oneThread();
        Double scaling = r.scaling();
        if (one != null && scaling != null) {
            facts.put("one thread", text("median %.3f s; %d threads are %.2f times as fast", one.median(), r.threads(), scaling));
        }
        facts.put("loading", text("%.2f s until ready to run", r.loadSeconds()));
        facts.put("heap", r.heapBytesPerRun() == null ? "not counted by this JVM" : text("%,.0f bytes allocated a run", r.heapBytesPerRun()));
        facts.put("memory", text("%.0f MB of the program; peak resident %s", r.programBytes() * 1e-6, megabytes(r.peakResidentBytes())));
        return facts;
    }

    private static String megabytes(@Nullable Long bytes) {
        return bytes == null ? "not told by this system" : text("%.0f MB", bytes * 1e-6);
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** Facts, then a table of kinds. */
    public static String of(BenchResult r) {
        StringBuilder text = new StringBuilder();
        facts(r).forEach((name, value) -> text.append(text("%-11s %s%n", name, value)));
        text.append(text("%n%-44s %-20s %5s %9s %6s %9s %7s %9s %7s %8s%n", "layers", "kernel", "steps", "seconds", "time", "GFLOP/s", "of peak", "MB moved",
            "GB/s", "of bound"));
        double total = r.kinds().stream().mapToDouble(LayerTime::seconds).sum();
        for (LayerTime k : r.kinds()) {
            text.append(text("%-44s %-20s %5d %9.4f %5.1f%% %9s %7s %9.1f %7.1f %7.0f%%%n", k.layer(), k.kernel(), k.steps(), k.seconds(),
                100 * k.seconds() / total, k.flops() == 0 ? "" : text("%.1f", k.gflops()),
                k.flops() == 0 ? "" : text("%.0f%%", 100 * k.gflops() / r.peaks().gflops()), k.bytes() * 1e-6, k.gigabytes(),
                100 * k.bound(r.peaks()) / k.seconds()));
        }
        text.append(text("%-71s %9.4f%n", "all, one by one", total));
        return text.toString();
    }

    /** Two results beside each other: b over a, below one where b is faster. */
    public static String compare(BenchResult a, BenchResult b) {
        StringBuilder text = new StringBuilder();
        if (!a.what().equals(b.what()) || !a.model().equals(b.model()) || !a.images().equals(b.images()) || a.threads() != b.threads()) {
            text.append(text("these are not the same: a is a %s of %s %s, %d threads; b a %s of %s %s, %d threads%n", a.what(), a.model(), a.images(),
                a.threads(), b.what(), b.model(), b.images(), b.threads()));
        }
        text.append(text("%-58s %10s %10s %7s%n", "seconds", "a", "b", "b/a"));
        row(text, "a run, median", a.seconds().median(), b.seconds().median());
        row(text, "a run, best", a.seconds().best(), b.seconds().best());
        Timing oneA = a.oneThread();
        Timing oneB = b.oneThread();
        if (oneA != null && oneB != null) {
            row(text, "one thread, median", oneA.median(), oneB.median());
        }
        row(text, "loading", a.loadSeconds(), b.loadSeconds());
        // The machine may have changed between the two: what is left then is the share of the peak.
        row(text, "peak, GFLOP/s", a.peaks().gflops(), b.peaks().gflops());
        row(text, "peak, GB/s", a.peaks().gigabytes(), b.peaks().gigabytes());
        row(text, "share of the peak, %", share(a), share(b));
        Map<String, double[]> layers = new LinkedHashMap<>();
        List<BenchResult> both = List.of(a, b);
        for (int i = 0; i < 2; i++) {
            for (LayerTime k : both.get(i).kinds()) {
                layers.computeIfAbsent(k.layer(), l -> new double[2])[i] += k.seconds();
            }
        }
        layers.forEach((layer, seconds) -> row(text, layer, seconds[0], seconds[1]));
        return text.toString();
    }

    private static double share(BenchResult r) {
        return 100 * r.flops() / r.seconds().median() * 1e-9 / r.peaks().gflops();
    }

    private static void row(StringBuilder text, String name, double a, double b) {
        text.append(text("%-58s %10.4f %10.4f %7s%n", name, a, b, a > 0 && b > 0 ? text("%.3f", b / a) : ""));
    }
}

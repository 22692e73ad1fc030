package io.github.remocap.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An axis of a chart: which values it spans and where its ticks are.
 *
 * @param least the value at its beginning
 * @param greatest the value at its end, above {@code least}
 * @param logarithmic whether equal lengths are equal factors; {@code least} is then above 0
 * @param ticks values to label, ascending, within the span
 */
record Axis(double least, double greatest, boolean logarithmic, List<Double> ticks) {
    private static final int TICKS = 6;

    /** An axis from a value to another, which need not differ. */
    static Axis linear(double from, double to, boolean whole) {
        double a = from;
        double b = to;
        if (!(b > a)) {
            double room = Math.max(Math.abs(a) * 0.1, whole ? 1 : 1e-9);
            a -= room;
            b += room;
        }
        double step = niceStep((b - a) / TICKS);
        if (whole) {
            step = Math.max(1, step);
        }
        List<Double> ticks = new ArrayList<>();
        for (long i = (long) Math.ceil(a / step - 1e-9); i * step <= b + 1e-9 * step; i++) {
            ticks.add(i * step);
        }
        return new Axis(a, b, false, ticks);
    }

    /** A logarithmic axis; ticks at powers of ten, and at twice and five times these where few decades are spanned. */
    static Axis logarithmic(double from, double to) {
        double a = from;
        double b = to;
        if (!(b > 1.2 * a)) {
            a /= 1.5;
            b *= 1.5;
        }
        int first = (int) Math.floor(Math.log10(a));
        int last = (int) Math.ceil(Math.log10(b));
        int every = Math.max(1, (last - first) / TICKS);
        double[] within = b / a <= 1000 ? new double[] {1, 2, 5} : new double[] {1};
        List<Double> ticks = new ArrayList<>();
        for (int decade = first; decade <= last; decade += every) {
            for (double factor : within) {
                double tick = factor * Math.pow(10, decade);
                if (tick >= a * (1 - 1e-9) && tick <= b * (1 + 1e-9)) {
                    ticks.add(tick);
                }
            }
        }
        return new Axis(a, b, true, ticks);
    }

    private static double niceStep(double atLeast) {
        double decade = Math.pow(10, Math.floor(Math.log10(atLeast)));
        for (double factor : new double[] {1, 2, 5}) {
            if (factor * decade >= atLeast * (1 - 1e-9)) {
                return factor * decade;
            }
        }
        return 10 * decade;
    }

    /** Where a value lies: 0 at the beginning, 1 at the end. */
    double position(double value) {
        return logarithmic ? Math.log(value / least) / Math.log(greatest / least) : (value - least) / (greatest - least);
    }

    /** A tick's label. */
    String label(double tick) {
        double size = Math.abs(tick);
        if (size == 0) {
            return "0";
        }
        if (size >= 1e5 || size < 1e-3) {
            String text = String.format(Locale.ROOT, "%.1e", tick);
            return text.replace(".0e", "e").replace("e-0", "e-").replace("e+0", "e");
        }
        return BigDecimal.valueOf(tick).round(new MathContext(6)).stripTrailingZeros().toPlainString();
    }
}

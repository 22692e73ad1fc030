package io.github.remocap.report;

import io.github.remocap.report.Chart.Guide;
import io.github.remocap.report.Chart.Line;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Draws a chart as SVG inside HTML: a figure with heading, picture and legend. Colours come from the page's style sheet. */
final class SvgChart {
    private static final int WIDTH = 560;
    private static final int HEIGHT = 300;
    private static final int LEFT = 56;
    private static final int RIGHT = 14;
    private static final int TOP = 12;
    private static final int BOTTOM = 42;
    private static final int COLOURS = 8;
    /** Points of a line; more are reduced to the least and greatest of each stretch, which looks the same. */
    private static final int POINTS = 1000;

    private final Chart chart;
    private final Axis x;
    private final Axis y;
    private final StringBuilder out = new StringBuilder();

    private SvgChart(Chart chart) {
        this.chart = chart;
        double[] xs = chart.lines().stream().flatMapToDouble(line -> Arrays.stream(line.x())).filter(Double::isFinite).toArray();
        x = Axis.linear(Arrays.stream(xs).min().orElse(0), Arrays.stream(xs).max().orElse(1), true);
        double[] ys = DoubleStream.concat(chart.lines().stream().flatMapToDouble(line -> Arrays.stream(line.y())),
            chart.guides().stream().mapToDouble(Guide::value)).filter(this::isDrawn).toArray();
        double least = Arrays.stream(ys).min().orElse(chart.logarithmic() ? 1 : 0);
        double greatest = Arrays.stream(ys).max().orElse(1);
        if (chart.logarithmic()) {
            y = Axis.logarithmic(least / 1.05, greatest * 1.05);
        } else {
            double bottom = least >= 0 && least < 0.6 * greatest ? 0 : least - 0.05 * (greatest - least);
            y = Axis.linear(bottom, greatest + 0.05 * (greatest - bottom), false);
        }
    }

    static String draw(Chart chart) {
        SvgChart drawing = new SvgChart(chart);
        drawing.figure();
        return drawing.out.toString();
    }

    private boolean isDrawn(double value) {
        return Double.isFinite(value) && (value > 0 || !chart.logarithmic());
    }

    private void figure() {
        out.append("<figure class=\"chart\">\n<h3>").append(Html.escape(chart.title())).append("</h3>\n");
        add("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n", WIDTH, HEIGHT, Html.escape(description()));
        axes();
        for (Line line : chart.lines()) {
            line(line);
        }
        for (Guide guide : chart.guides()) {
            add("<line class=\"guide\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>%n", LEFT, WIDTH - RIGHT, top(guide.value()), top(guide.value()));
            add("<text class=\"guide\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n", WIDTH - RIGHT - 4, top(guide.value()) - 5,
                Html.escape(guide.name() + " " + Html.number(guide.value())));
        }
        out.append("</svg>\n<figcaption>");
        for (Line line : chart.lines()) {
            add("<span class=\"key\"><i class=\"%s\"></i>%s</span> ", style(line), Html.escape(line.name()));
        }
        out.append("</figcaption>\n</figure>\n");
    }

    /** What the picture shows, for those who cannot see it. */
    private String description() {
        StringBuilder text = new StringBuilder(chart.title() + ", " + chart.y() + " by " + chart.x() + (chart.logarithmic() ? ", logarithmic" : "") + ".");
        for (Line line : chart.lines()) {
            double[] values = Arrays.stream(line.y()).filter(Double::isFinite).toArray();
            if (values.length > 0) {
                text.append(' ').append(line.name()).append(": from ").append(Html.number(values[0])).append(" to ")
                    .append(Html.number(values[values.length - 1])).append(", least ").append(Html.number(Arrays.stream(values).min().orElseThrow()))
                    .append('.');
            }
        }
        return text.toString();
    }

    private void axes() {
        for (double tick : y.ticks()) {
            add("<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT, top(tick), top(tick));
            add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n", LEFT - 7, top(tick) + 4, y.label(tick));
        }
        for (double tick : x.ticks()) {
            add("<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>", left(tick), left(tick), HEIGHT - BOTTOM, HEIGHT - BOTTOM + 4);
            add("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n", left(tick), HEIGHT - BOTTOM + 18, x.label(tick));
        }
        add("<line class=\"tick\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>%n", LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, HEIGHT - BOTTOM);
        add("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>%n", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, Html.escape(chart.x()));
        add("<text transform=\"translate(13 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>%n", (TOP + HEIGHT - BOTTOM) / 2, Html.escape(chart.y()));
    }

    /** Faint lines are grey; the others have colours in their order. */
    private String style(Line line) {
        return line.faint() ? "faint" : "c" + chart.lines().stream().filter(l -> !l.faint()).toList().indexOf(line) % COLOURS;
    }

    /** A polyline for each stretch without gaps; a dot where a stretch is a single point. */
    private void line(Line line) {
        String style = style(line);
        StringBuilder points = new StringBuilder();
        int count = 0;
        int[] kept = reduce(line);
        for (int k = 0; k <= kept.length; k++) {
            boolean gap = k == kept.length || !isDrawn(line.y()[kept[k]]);
            if (!gap) {
                points.append(String.format(Locale.ROOT, "%.1f,%.1f ", left(line.x()[kept[k]]), top(line.y()[kept[k]])));
                count++;
            } else if (count > 0) {
                if (count == 1) {
                    String[] point = points.toString().trim().split(",", -1);
                    add("<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"3\"/>%n", style, point[0], point[1]);
                } else {
                    add("<polyline class=\"%s\" points=\"%s\"/>%n", style, points.toString().trim());
                }
                points.setLength(0);
                count = 0;
            }
        }
    }

    /** Indices of the points to draw: all, or of each stretch the least and the greatest in their order. */
    private int[] reduce(Line line) {
        int n = line.y().length;
        if (n <= POINTS) {
            return IntStream.range(0, n).toArray();
        }
        int stretches = POINTS / 2;
        return IntStream.range(0, stretches).flatMap(s -> {
            int from = (int) ((long) n * s / stretches);
            int to = (int) ((long) n * (s + 1) / stretches);
            int least = from;
            int greatest = from;
            for (int i = from; i < to; i++) {
                least = !(line.y()[i] >= line.y()[least]) ? i : least;
                greatest = !(line.y()[i] <= line.y()[greatest]) ? i : greatest;
            }
            return least == greatest ? IntStream.of(least) : IntStream.of(Math.min(least, greatest), Math.max(least, greatest));
        }).toArray();
    }

    private double left(double value) {
        return LEFT + x.position(value) * (WIDTH - LEFT - RIGHT);
    }

    private double top(double value) {
        return HEIGHT - BOTTOM - y.position(value) * (HEIGHT - TOP - BOTTOM);
    }

    private void add(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values));
    }
}

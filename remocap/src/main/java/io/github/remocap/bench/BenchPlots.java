package io.github.remocap.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Drawings of a result, as SVG. */
final class BenchPlots {
    private static final List<String> COLOURS = List.of("#1b6ca8", "#d1495b", "#2e8b57", "#8a5fbf", "#c77d0a", "#4a6fa5", "#7a7a7a", "#0f8b8d");
    private static final int WIDTH = 900;
    private static final int BAR = 22;
    private static final int LABEL = 330;
    private static final int HEIGHT = 470;
    private static final int LEFT = 60;
    private static final int BOTTOM = 45;
    private static final int TOP = 15;
    private static final double LARGEST_RADIUS = 34;
    /** Kinds that take less of the time are left out of the drawings; they are in the table. */
    private static final double LEAST_SHARE = 0.002;

    private BenchPlots() {
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private static List<LayerTime> shown(BenchResult r) {
        double total = total(r);
        return r.kinds().stream().filter(k -> k.seconds() >= LEAST_SHARE * total).toList();
    }

    private static double total(BenchResult r) {
        return r.kinds().stream().mapToDouble(LayerTime::seconds).sum();
    }

    private static String name(LayerTime k) {
        return BenchHtml.escape(k.layer() + " (" + k.kernel() + ")");
    }

    /** A bar for each kind; the dark part is what the machine's peaks would need. */
    static String bars(BenchResult r) {
        List<LayerTime> kinds = shown(r);
        double longest = kinds.stream().mapToDouble(LayerTime::seconds).max().orElse(1);
        double total = total(r);
        StringBuilder svg = new StringBuilder(text("<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"time by kind of layer\">%n", WIDTH,
            kinds.size() * BAR + 10, WIDTH));
        for (int i = 0; i < kinds.size(); i++) {
            LayerTime k = kinds.get(i);
            double scale = (WIDTH - LABEL - 130) / longest;
            int y = i * BAR + 4;
            String colour = COLOURS.get(i % COLOURS.size());
            svg.append(text("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n", LABEL - 8, y + 13, name(k)));
            svg.append(text("<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\" fill-opacity=\"0.45\"/>%n", LABEL, y, k.seconds() * scale,
                BAR - 6, colour));
            svg.append(text("<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n", LABEL, y,
                Math.min(k.seconds(), k.bound(r.peaks())) * scale, BAR - 6, colour));
            svg.append(text("<text x=\"%.1f\" y=\"%d\">%.1f ms, %.1f %%</text>%n", LABEL + k.seconds() * scale + 6, y + 13, k.seconds() * 1e3,
                100 * k.seconds() / total));
        }
        return svg.append("</svg>\n<p>The dark part of a bar is the time that the machine's peaks allow at least.</p>\n").toString();
    }

    /** Rate over intensity, both axes logarithmic. */
    static String roofline(BenchResult r) {
        List<LayerTime> kinds = shown(r).stream().filter(k -> k.flops() > 0 && k.bytes() > 0).toList();
        Peaks peaks = r.peaks();
        double ridge = peaks.gflops() / peaks.gigabytes();
        Axis x = Axis.of(Math.min(ridge / 20, kinds.stream().mapToDouble(LayerTime::intensity).min().orElse(1)),
            Math.max(ridge * 20, kinds.stream().mapToDouble(LayerTime::intensity).max().orElse(1)), LEFT, WIDTH - 15);
        Axis y = Axis.of(Math.min(peaks.gflops() / 100, kinds.stream().mapToDouble(LayerTime::gflops).min().orElse(1)),
            Math.max(peaks.gflops() * 2, kinds.stream().mapToDouble(LayerTime::gflops).max().orElse(1)), HEIGHT - BOTTOM, TOP);
        StringBuilder svg = new StringBuilder(text("<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"roofline\">%n", WIDTH,
            HEIGHT + (kinds.size() + 1) / 2 * 18, WIDTH));
        for (double v : x.decades()) {
            svg.append(text("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#e4e4e4\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
                x.at(v), x.at(v), TOP, HEIGHT - BOTTOM, x.at(v), HEIGHT - BOTTOM + 16, tick(v)));
        }
        for (double v : y.decades()) {
            svg.append(text("<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e4e4e4\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
                LEFT, WIDTH - 15, y.at(v), y.at(v), LEFT - 6, y.at(v) + 4, tick(v)));
        }
        double low = Math.max(x.low, y.low / peaks.gigabytes());
        svg.append(text("<polyline points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f\" fill=\"none\" stroke=\"#222\" stroke-width=\"1.5\"/>%n", x.at(low),
            y.at(low * peaks.gigabytes()), x.at(ridge), y.at(peaks.gflops()), x.at(x.high), y.at(peaks.gflops())));
        svg.append(text("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f GFLOP/s</text>%n", WIDTH - 20, y.at(peaks.gflops()) - 6, peaks.gflops()));
        svg.append(text("<text x=\"%.1f\" y=\"%.1f\">%.0f GB/s</text>%n", x.at(low) + 40, y.at(low * peaks.gigabytes()) + 4, peaks.gigabytes()));
        double longest = kinds.stream().mapToDouble(LayerTime::seconds).max().orElse(1);
        for (int i = 0; i < kinds.size(); i++) {
            LayerTime k = kinds.get(i);
            String colour = COLOURS.get(i % COLOURS.size());
            String said = text("%s: %.1f ms, %.1f GFLOP/s, %.1f operations a byte", name(k), k.seconds() * 1e3, k.gflops(), k.intensity());
            svg.append(text("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" fill-opacity=\"0.5\" stroke=\"%s\"><title>%s</title></circle>%n",
                x.at(k.intensity()), y.at(k.gflops()), 3 + LARGEST_RADIUS * Math.sqrt(k.seconds() / longest), colour, colour, said));
            svg.append(text("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%d</text>%n", x.at(k.intensity()), y.at(k.gflops()) + 4, i + 1));
            int column = LEFT + i % 2 * (WIDTH / 2 - 20);
            int row = HEIGHT + i / 2 * 18 + 8;
            svg.append(text("<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">%d  %s</text>%n", column, row - 4, colour, column + 10, row,
                i + 1, name(k)));
        }
        svg.append(text("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">operations a byte</text>%n", (LEFT + WIDTH) / 2, HEIGHT - BOTTOM + 34));
        svg.append(text("<text transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">GFLOP/s</text>%n", (HEIGHT - BOTTOM + TOP) / 2));
        return svg.append("</svg>\n").toString();
    }

    private static String tick(double v) {
        return v >= 1 ? text("%.0f", v) : text("%s", v);
    }

    /** A logarithmic axis from pixel to pixel, with room at both ends. */
    private record Axis(double low, double high, double from, double to) {
        static Axis of(double least, double most, double from, double to) {
            double high = most * 1.6;
            double low = least / 1.6;
            return new Axis(low, high, from, to);
        }

        double at(double v) {
            return from + (to - from) * (Math.log(v) - Math.log(low)) / (Math.log(high) - Math.log(low));
        }

        List<Double> decades() {
            List<Double> decades = new ArrayList<>();
            for (int e = (int) Math.ceil(Math.log10(low)); Math.pow(10, e) <= high; e++) {
                decades.add(Double.parseDouble("1e" + e));
            }
            return decades;
        }
    }
}

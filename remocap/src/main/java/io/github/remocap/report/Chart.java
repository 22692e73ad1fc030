package io.github.remocap.report;

import java.util.List;

/**
 * Curves over one axis.
 *
 * @param title its heading
 * @param x what the horizontal axis shows, with unit
 * @param y what the vertical axis shows, with unit
 * @param logarithmic whether the vertical axis is; values that are not above 0 are then left out
 * @param lines the curves, at least one
 * @param guides horizontal lines to compare with
 */
public record Chart(String title, String x, String y, boolean logarithmic, List<Line> lines, List<Guide> guides) {
    /** @throws IllegalArgumentException without lines */
    public Chart {
        lines = List.copyOf(lines);
        guides = List.copyOf(guides);
        if (lines.isEmpty()) {
            throw new IllegalArgumentException("chart '" + title + "' has no lines");
        }
    }

    /** This chart with more guides. */
    public Chart with(Guide... more) {
        List<Guide> all = new java.util.ArrayList<>(guides);
        all.addAll(List.of(more));
        return new Chart(title, x, y, logarithmic, lines, all);
    }

    /**
     * One curve.
     *
     * @param x ascending
     * @param y of the same length; the curve has a gap at values that are not finite
     * @param faint whether it is drawn thinly behind the others, such as the values that another line is the mean of
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Line(String name, double[] x, double[] y, boolean faint) {
        /** @throws IllegalArgumentException if the lengths differ */
        public Line {
            if (x.length != y.length) {
                throw new IllegalArgumentException("line '" + name + "': " + x.length + " and " + y.length + " values");
            }
        }
    }

    /** A horizontal line at a value. */
    public record Guide(String name, double value) {
    }
}

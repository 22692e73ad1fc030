package io.github.remocap.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SvgChartTest {
    /** The points of each line: [lines][points][2]. */
    private static List<List<double[]>> lines(String svg) {
        Matcher matcher = Pattern.compile("<polyline class=\"\\w+\" points=\"([^\"]+)\"").matcher(svg);
        return matcher.results().map(r -> Arrays.stream(r.group(1).split(" ", -1))
            .map(p -> Arrays.stream(p.split(",", -1)).mapToDouble(Double::parseDouble).toArray()).toList()).toList();
    }

    private static Chart chart(boolean logarithmic, double[] x, double[] y) {
        return new Chart("A & B", "step", "mm", logarithmic, List.of(new Chart.Line("<a>", x, y, false)), List.of());
    }

    @Test
    void equalStepsAreEqualLengths() {
        List<double[]> linear = lines(SvgChart.draw(chart(false, new double[] {0, 1, 2}, new double[] {30, 20, 10}))).getFirst();
        assertEquals(linear.get(1)[0] - linear.get(0)[0], linear.get(2)[0] - linear.get(1)[0], 0.2);
        assertEquals(linear.get(1)[1] - linear.get(0)[1], linear.get(2)[1] - linear.get(1)[1], 0.2);
        assertTrue(linear.get(0)[1] < linear.get(2)[1], "more is higher");
        List<double[]> logarithmic = lines(SvgChart.draw(chart(true, new double[] {0, 1, 2}, new double[] {1, 100, 10000}))).getFirst();
        assertEquals(logarithmic.get(1)[1] - logarithmic.get(0)[1], logarithmic.get(2)[1] - logarithmic.get(1)[1], 0.2);
    }

    @Test
    void whatCannotBeDrawnIsAGap() {
        String svg = SvgChart.draw(chart(false, new double[] {0, 1, 2, 3, 4, 5}, new double[] {1, 2, Double.NaN, 4, Double.POSITIVE_INFINITY, 5}));
        assertEquals(List.of(2), lines(svg).stream().map(List::size).toList());
        assertEquals(2, svg.split("<circle", -1).length - 1);
        String logarithmic = SvgChart.draw(chart(true, new double[] {0, 1, 2, 3, 4}, new double[] {1, 2, 0, 4, 5}));
        assertEquals(List.of(2, 2), lines(logarithmic).stream().map(List::size).toList());
        String nothing = SvgChart.draw(chart(true, new double[] {0, 1}, new double[] {Double.NaN, -1}));
        assertEquals(List.of(), lines(nothing));
        assertTrue(!nothing.contains("NaN") && !nothing.contains("Infinity"), nothing);
    }

    @Test
    void oneValueAndEqualValuesHaveAxes() {
        String one = SvgChart.draw(chart(false, new double[] {7}, new double[] {0}));
        assertTrue(one.contains("<circle") && !one.contains("NaN"), one);
        String equal = SvgChart.draw(chart(true, new double[] {1, 2}, new double[] {1e-4, 1e-4}));
        assertTrue(lines(equal).size() == 1 && equal.contains(">1e-4</text>") && !equal.contains("NaN"), equal);
    }

    @Test
    void extremesOfLongLinesStay() {
        double[] x = IntStream.range(0, 50_000).asDoubleStream().toArray();
        double[] y = new double[x.length];
        y[31_234] = 1000;
        List<double[]> line = lines(SvgChart.draw(chart(false, x, y))).getFirst();
        assertTrue(line.size() <= 1000, line.size() + " points");
        double top = line.stream().mapToDouble(p -> p[1]).min().orElseThrow();
        double bottom = line.stream().mapToDouble(p -> p[1]).max().orElseThrow();
        assertTrue(bottom - top > 200, "the peak is drawn");
    }

    @Test
    void wordsAreEscapedAndDescribe() {
        String svg = SvgChart.draw(chart(false, new double[] {0, 1}, new double[] {30, 20}).with(new Chart.Guide("x<y", 25)));
        assertTrue(svg.contains("<h3>A &amp; B</h3>") && svg.contains("</i>&lt;a&gt;</span>") && svg.contains("x&lt;y 25.00</text>"), svg);
        assertTrue(svg.contains("aria-label=\"A &amp; B, mm by step. &lt;a&gt;: from 30.00 to 20.00, least 20.00.\""), svg);
    }

    @Test
    void ticksAreRound() {
        assertEquals(List.of(0.0, 50.0, 100.0, 150.0, 200.0), Axis.linear(0, 203, false).ticks());
        assertEquals(List.of(1.0, 2.0, 3.0), Axis.linear(1, 3, true).ticks());
        assertEquals(List.of("0.02", "0.05", "0.1", "0.2"), labels(Axis.logarithmic(0.02, 0.3)));
        assertEquals(List.of("1e-6", "1e-5", "1e-4", "0.001", "0.01", "0.1", "1"), labels(Axis.logarithmic(1e-6, 1)));
    }

    private static List<String> labels(Axis axis) {
        return axis.ticks().stream().map(axis::label).toList();
    }
}

package io.github.remocap.evaluate;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The errors over time, the frames of all tracks one behind the other, as a PNG. */
final class ErrorPlot {
    private static final int POINTS = 1200; // more frames are averaged in windows

    private ErrorPlot() {
    }

    static void write(Path file, Evaluation e) throws IOException {
        XYChart chart = new XYChartBuilder().width(1300).height(520).title("Errors over time: " + e.data() + ", protocol "
            + e.clips().protocol().name().toLowerCase(java.util.Locale.ROOT)).xAxisTitle("evaluated frame").yAxisTitle("error in mm").build();
        chart.getStyler().setYAxisMin(0.0);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE).setChartBackgroundColor(Color.WHITE);
        boolean any = add(chart, "MPVPE", e.result().frames(), FrameError::mpvpe, new Color(0x7A7A7A));
        any |= add(chart, "MPJPE", e.result().frames(), FrameError::mpjpe, new Color(0x2166AC));
        any |= add(chart, "PA-MPJPE", e.result().frames(), FrameError::paMpjpe, new Color(0xB2182B));
        if (any) {
            EvaluationFiles.write(file, BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG));
        }
    }

    /** Adds a line; false if there is nothing to draw. */
    private static boolean add(XYChart chart, String name, List<FrameError> frames, ToDoubleFunction<FrameError> error, Color colour) {
        int window = (frames.size() + POINTS - 1) / POINTS;
        List<Double> x = new ArrayList<>();
        List<Double> y = new ArrayList<>();
        for (int from = 0; from < frames.size(); from += window) {
            List<FrameError> part = frames.subList(from, Math.min(frames.size(), from + window));
            double mean = Scores.mean(part, error);
            if (!Double.isNaN(mean)) {
                x.add(from + (part.size() - 1) / 2.0);
                y.add(mean);
            }
        }
        if (!x.isEmpty()) {
            XYSeries series = chart.addSeries(window == 1 ? name : name + ", mean of " + window + " frames", x, y);
            series.setMarker(SeriesMarkers.NONE);
            series.setLineColor(colour);
            series.setLineWidth(1.2f);
        }
        return !x.isEmpty();
    }
}

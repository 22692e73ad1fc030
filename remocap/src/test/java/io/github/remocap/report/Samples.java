package io.github.remocap.report;

import io.github.remocap.image.Frame;
import io.github.remocap.image.Png;
import io.github.remocap.render.ObjWriter;
import io.github.remocap.render.Rasteriser;
import io.github.remocap.render.Shapes;
import io.github.remocap.render.Style;
import io.github.remocap.render.Views;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Things to show: a figure that sways and one that follows it badly, and a training run's numbers. */
final class Samples {
    static final Shapes.Mesh BODY = Shapes.walker();
    static final int FRAMES = 24;

    private Samples() {
    }

    /** [frames, V, 3], camera axes; the figure bends more the further it is from the pelvis. */
    static float[] swaying(double amplitude, double late) {
        int row = BODY.vertices().length;
        float[] all = new float[FRAMES * row];
        for (int f = 0; f < FRAMES; f++) {
            double bend = amplitude * Math.sin(2 * Math.PI * (f - late) / FRAMES);
            for (int i = 0; i < row; i++) {
                double height = BODY.vertices()[i / 3 * 3 + 1];
                all[f * row + i] = (float) (BODY.vertices()[i] + (i % 3 == 0 ? bend * height * Math.abs(height) : 0));
            }
        }
        return all;
    }

    static Clip clip() {
        return new Clip("Swaying <figure>", 30, ObjWriter.Axes.CAMERA, BODY.count(), BODY.faces(), swaying(0.3, 1.5)).withTruth(swaying(0.4, 0));
    }

    static byte[] picture(float[] vertices, int frame, int rgb) {
        Frame drawn = Views.portrait(new Rasteriser(new Style(rgb, 1, 2)), vertices, frame * BODY.vertices().length, BODY.count(), BODY.faces(), 240);
        return Png.encode(drawn);
    }

    /** A metrics.csv of a run that gets better. */
    static String metrics(int steps) {
        StringBuilder text = new StringBuilder("kind,step,epoch,loss,joints_3d,vertices,smpl,gradient_norm,learning_rate,mpjpe,pa_mpjpe,mpvpe\n");
        for (int step = 1; step <= steps; step++) {
            double wobble = 1 + 0.3 * Math.sin(2.1 * step) * Math.cos(0.37 * step);
            double joints = (0.004 + 0.2 * Math.exp(-step / 60.0)) * wobble;
            double vertices = (0.01 + 0.3 * Math.exp(-step / 90.0)) * wobble;
            text.append(String.format(Locale.ROOT, "train,%d,%d,%s,%s,%s,0.0,%s,%s,,,%n", step, 1 + (step - 1) / 50, 1000 * joints + 100 * vertices, joints,
                vertices, 10 * wobble, 1e-4 * Math.min(1, step / 20.0)));
            if (step % 50 == 0) {
                double error = 60 + 150 * Math.exp(-step / 120.0);
                text.append(String.format(Locale.ROOT, "validation,%d,%d,,,,,,,%s,%s,%s%n", step, step / 50, error, 0.7 * error, 1.2 * error));
            }
        }
        return text.toString().replace(System.lineSeparator(), "\n");
    }

    /** A report with every kind of section. */
    static Report report(Path metrics) {
        List<Chart> charts = new ArrayList<>(TrainingCurves.read(metrics).charts());
        charts.set(1, charts.get(1).with(new Chart.Guide("mean pose, MPJPE", 158.2)));
        List<Section.Pictures.Row> rows = new ArrayList<>();
        for (int frame : new int[] {0, 6}) {
            rows.add(new Section.Pictures.Row("Unseen clip, frame " + frame, List.of(
                new Picture("truth", picture(swaying(0.4, 0), frame, 0xF0934A)),
                new Picture("prediction", picture(swaying(0.3, 1.5), frame, 0x4F8FE6)))));
        }
        return new Report("A small RemoCap, trained & tested", "Trained on generated clips, tested on motions that it has not seen.", List.of(
            new Section.Scores("Before and after", "Means over 48 frames.", List.of("mean pose", "before", "after"), 0, List.of(
                new Section.Scores.Row("MPJPE", "mm", List.of(158.2, 311.25, 71.3)),
                new Section.Scores.Row("PA-MPJPE", "mm", List.of(102.6, Double.NaN, 55.54)),
                new Section.Scores.Row("MPVPE", "mm", List.of(180.7, 350.9, 83.0)))),
            new Section.Viewer("One clip in 3D", "", clip()),
            new Section.Pictures("Pictures", "", rows),
            new Section.Charts("Curves", "", charts),
            new Section.Text("Do it yourself", "These commands made it.", List.of("bin/remocap train --config train.yaml", "bin/remocap view run/"))));
    }
}

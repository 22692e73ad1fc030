package io.github.remocap.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.remocap.assets.BodyAssets;
import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.demo.MeanPose.Errors;
import io.github.remocap.image.Frame;
import io.github.remocap.image.Png;
import io.github.remocap.render.ObjWriter;
import io.github.remocap.report.Clip;
import io.github.remocap.report.Picture;
import io.github.remocap.report.Report;
import io.github.remocap.report.ReportPage;
import io.github.remocap.report.RunClips;
import io.github.remocap.report.Section;
import io.github.remocap.report.TrainingCurves;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The page at the end of the demo: what was done, how well, and what it looks like. */
public final class DemoReport {
    private static final int SHOWN = 5;

    private final Path folder;
    private final DemoClip clip;

    /**
     * For the outputs in a folder.
     *
     * @param test data set whose sequence is shown
     * @param sequence the sequence
     */
    public DemoReport(Path folder, AnnotatedImages test, BodyAssets assets, String sequence) throws IOException {
        this.folder = folder;
        this.clip = new DemoClip(test, assets, sequence);
    }

    /** Writes the sequence for {@code remocap run}. */
    public void writeClip(Path frames, Path boxes) throws IOException {
        clip.write(frames, boxes);
    }

    /**
     * Errors of an evaluation.
     *
     * @param file {@code evaluation.json} of {@code remocap evaluate}
     */
    public static Errors errors(Path file) throws IOException {
        JsonNode overall = new ObjectMapper().readTree(Files.readAllBytes(file)).path("overall");
        return new Errors(overall.path("mpjpe_mm").asDouble(Double.NaN), overall.path("pa_mpjpe_mm").asDouble(Double.NaN),
            overall.path("mpvpe_mm").asDouble(Double.NaN));
    }

    /**
     * Writes {@code report.html}.
     *
     * @param commands what was run, as lines
     * @param metrics {@code metrics.csv} of the training
     * @param run folder of {@code remocap run}
     * @return the page
     */
    public Path write(List<String> commands, Errors mean, Errors before, Errors after, Path metrics, Path run) throws IOException {
        Clip predicted = RunClips.read(run, clip.framesPerSecond(), true, done -> { });
        if (predicted.frames() != clip.size()) {
            throw new IOException(run + ": " + predicted.frames() + " frames of " + clip.size() + " are done");
        }
        List<Section> sections = new ArrayList<>();
        sections.add(new Section.Scores("Errors on unseen clips", "Motions, persons and places of these clips are in no training clip. The mean pose is "
            + "what is best without looking at the picture: the mean of all training frames.", List.of("mean pose", "before training", "after training"), 0,
            List.of(row("MPJPE", mean.mpjpe(), before.mpjpe(), after.mpjpe()), row("PA-MPJPE", mean.paMpjpe(), before.paMpjpe(), after.paMpjpe()),
                row("MPVPE", mean.mpvpe(), before.mpvpe(), after.mpvpe()))));
        sections.add(new Section.Viewer("An unseen clip", "The predicted mesh, and the truth to compare with.", withTruth(predicted)));
        sections.add(new Section.Pictures("Prediction and truth", "Frames of that clip.", pictures(predicted)));
        sections.add(new Section.Charts("Training", "", TrainingCurves.read(metrics).charts()));
        sections.add(new Section.Text("How to do it again", "Each step is a command of its own:", commands));
        Path page = folder.resolve("report.html");
        ReportPage.write(new Report("RemoCap demo", String.format(Locale.ROOT,
            "A small RemoCap, trained from nothing on generated clips. Mean error of the joints on unseen clips: %.1f mm, %.0f %% of the mean pose's %.1f mm.",
            after.mpjpe(), 100 * after.mpjpe() / mean.mpjpe(), mean.mpjpe()), sections), page);
        return page;
    }

    private static Section.Scores.Row row(String name, double mean, double before, double after) {
        return new Section.Scores.Row(name, "mm", List.of(mean, before, after));
    }

    /** OBJ files of a run stand upright; so must the truth. */
    private Clip withTruth(Clip predicted) {
        float[] truth = clip.meshes();
        if (predicted.axes() == ObjWriter.Axes.Y_UP) {
            for (int i = 0; i < truth.length; i++) {
                truth[i] = i % 3 == 0 ? truth[i] : -truth[i];
            }
        }
        return predicted.withTruth(truth);
    }

    private List<Section.Pictures.Row> pictures(Clip predicted) {
        List<Section.Pictures.Row> rows = new ArrayList<>();
        for (int s = 0; s < Math.min(SHOWN, clip.size()); s++) {
            int i = s * clip.size() / Math.min(SHOWN, clip.size());
            rows.add(new Section.Pictures.Row("frame " + i, List.of(picture("frame", clip.frame(i)),
                new Picture("prediction", predicted.pictures().get(i).bytes()), picture("truth", clip.drawn(i)))));
        }
        return rows;
    }

    private static Picture picture(String label, Frame frame) {
        return new Picture(label, Png.encode(frame));
    }
}

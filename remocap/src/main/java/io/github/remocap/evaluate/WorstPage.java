package io.github.remocap.evaluate;

import io.github.remocap.body.Joints;
import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.data.Annotation;
import io.github.remocap.image.Frame;
import io.github.remocap.image.FrameSource;
import io.github.remocap.image.InputCrop;
import io.github.remocap.image.Png;
import io.github.remocap.render.FrameCamera;
import io.github.remocap.render.Rasteriser;
import io.github.remocap.render.Style;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code worst.html}: the frames with the largest errors, each with the crop that the network saw, the predicted mesh over it through the
 * predicted camera, and the true mesh through the weak-perspective camera that fits the true joints best (where these are not known, through
 * the predicted one).
 */
final class WorstPage {
    private static final int SIZE = 320;
    private static final int LEAST_NUMBERS = 12; // of six joints, so that one that is marked wrongly does not decide
    private static final float[] UNTINTED = {1, 1, 1};
    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] STD = {0.229f, 0.224f, 0.225f};

    private WorstPage() {
    }

    /**
     * Writes the page and its pictures.
     *
     * @param faces of the full mesh, three vertices each
     */
    static void write(Path folder, Evaluation e, AnnotatedImages data, int[] faces) throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("worst"));
        Rasteriser predicted = new Rasteriser(Style.BODY);
        Rasteriser truth = new Rasteriser(new Style(0xE0B58A, Style.BODY.opacity(), Style.BODY.samples()));
        StringBuilder page = new StringBuilder("""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Worst frames</title><style>
            body {font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222} figure {display: inline-block; margin: 0 1.5em 2em 0}
            img {width: 720px; max-width: 100%; display: block} figcaption {max-width: 720px}
            </style></head><body>
            """);
        page.append("<h1>Worst frames of ").append(escape(e.data())).append("</h1>\n<p>").append(escape(e.clips().describe()))
            .append(". Left the crop, in the middle the prediction, right the truth, each through its own camera.</p>\n");
        int number = 0;
        for (Evaluator.Drawn d : e.result().worst()) {
            String name = String.format(Locale.ROOT, "%02d.png", ++number);
            EvaluationFiles.write(pictures.resolve(name), Png.encode(strip(d, data, faces, predicted, truth)));
            FrameError f = d.error();
            page.append("<figure><img src=\"worst/").append(name).append("\" alt=\"crop, prediction, truth\"><figcaption>").append(number).append(". ")
                .append(escape(f.annotation().image())).append(", person ").append(f.track()).append(": ").append(number("MPJPE", f.mpjpe()))
                .append(number(", PA-MPJPE", f.paMpjpe())).append(number(", MPVPE", f.mpvpe()))
                .append(Double.isNaN(f.visible()) ? "" : String.format(Locale.ROOT, ", %.0f %% visible", 100 * f.visible())).append("</figcaption></figure>\n");
        }
        EvaluationFiles.write(folder.resolve("worst.html"), page.append("</body></html>\n").toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String number(String name, double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%s %.1f mm", name, value);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    private static Frame strip(Evaluator.Drawn d, AnnotatedImages data, int[] faces, Rasteriser predicted, Rasteriser truth) throws IOException {
        int[] crop = crop(data, d.error());
        float[] c = d.camera();
        // the network projects to [-1, 1] of the crop by s (x + tx)
        double scale = c[0] * SIZE / 2;
        FrameCamera camera = new FrameCamera(scale, scale, (c[0] * c[1] + 1) * SIZE / 2, (c[0] * c[2] + 1) * SIZE / 2);
        int[] left = crop.clone();
        predicted.draw(left, SIZE, SIZE, d.predicted(), 0, d.predicted().length / 3, faces, camera);
        int[] right = crop.clone();
        float[] mesh = d.truth();
        if (mesh != null) {
            truth.draw(right, SIZE, SIZE, mesh, 0, mesh.length / 3, faces, camera(d.error().annotation()).orElse(camera));
        }
        int[] all = new int[3 * SIZE * SIZE];
        for (int y = 0; y < SIZE; y++) {
            System.arraycopy(crop, y * SIZE, all, 3 * y * SIZE, SIZE);
            System.arraycopy(left, y * SIZE, all, 3 * y * SIZE + SIZE, SIZE);
            System.arraycopy(right, y * SIZE, all, 3 * y * SIZE + 2 * SIZE, SIZE);
        }
        return new Frame(3 * SIZE, SIZE, all);
    }

    private static InputCrop square(Annotation a) {
        return InputCrop.of(a.center()[0], a.center()[1], a.scale(), 0, false, UNTINTED, SIZE);
    }

    /** The camera of the truth on the crop, from the joints that are known in 2D and 3D; meshes and joints count from the pelvis. */
    static Optional<FrameCamera> camera(Annotation a) {
        double[] points = new double[2 * Annotation.JOINTS];
        double[] seen = new double[2 * Annotation.JOINTS];
        double[] map = square(a).toCrop();
        int n = 0;
        for (int j = 0; a.has2d() && a.has3d() && j < Annotation.JOINTS; j++) {
            if (a.joints2d()[3 * j + 2] > 0 && a.joints3d()[4 * j + 3] > 0) {
                for (int d = 0; d < 2; d++) {
                    points[n] = a.joints3d()[4 * j + d] - a.joints3d()[4 * Joints.J24_PELVIS + d];
                    seen[n++] = map[3 * d] * a.joints2d()[3 * j] + map[3 * d + 1] * a.joints2d()[3 * j + 1] + map[3 * d + 2];
                }
            }
        }
        return n < LEAST_NUMBERS ? Optional.empty() : FrameCamera.fitting(Arrays.copyOf(points, n), Arrays.copyOf(seen, n));
    }

    private static int[] crop(AnnotatedImages data, FrameError error) throws IOException {
        float[] pixels = new float[SIZE * SIZE * 3];
        square(error.annotation()).sample(FrameSource.frame(data.image(error.row())), pixels, 0);
        int[] argb = new int[SIZE * SIZE];
        for (int i = 0; i < argb.length; i++) {
            int value = 0xFF;
            for (int k = 0; k < 3; k++) {
                value = value << 8 | Math.clamp(Math.round(255 * (pixels[3 * i + k] * STD[k] + MEAN[k])), 0, 255);
            }
            argb[i] = value;
        }
        return argb;
    }
}

package io.github.remocap.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.remocap.body.Joints;
import io.github.remocap.body.Metrics;
import io.github.remocap.body.Posing;
import io.github.remocap.data.Annotation;
import io.github.remocap.data.Clips;
import io.github.remocap.data.DamagedRowException;
import io.github.remocap.data.DelegatedImages;
import io.github.remocap.data.KnownData;
import io.github.remocap.data.ListedImages;
import io.github.remocap.data.Made;
import io.github.remocap.data.TruthBodies;
import io.github.remocap.figure.Figure;
import io.github.remocap.render.FrameCamera;
import io.github.remocap.tensor.SparseMatrix;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluatorTest {
    private static final Evaluator.Hooks QUIET = new Evaluator.Hooks(done -> { }, row -> { }, () -> false);

    @TempDir
    private Path folder;

    private final TruthBodies bodies = Made.bodies();
    private final SparseMatrix h36m = Figure.get().h36m();

    /** Frames of a clip of 4, whose joints are exactly those that the regressor gives; the last three joints are outside the picture or unknown. */
    private ListedImages data(int frames) {
        ListedImages made = Made.waving("alone", frames);
        List<Annotation> annotations = new ArrayList<>();
        for (Annotation a : made.annotations()) {
            double[] joints = Posing.apply(h36m, bodies.neutral().vertices(a.pose(), a.betas()));
            float[] joints3d = a.joints3d().clone();
            for (int j = 0; j < Joints.COUNT; j++) {
                for (int d = 0; d < 3; d++) {
                    joints3d[4 * Joints.J24_TO_14.get(j) + d] = (float) joints[3 * Joints.H36M_TO_14.get(j) + d];
                }
            }
            float[] joints2d = a.joints2d().clone();
            if (a.frame() % 2 == 1) {
                joints2d[0] = -1;
                joints2d[3 + 1] = 80;
                joints2d[6 + 2] = 0;
            }
            annotations.add(new Annotation(a.image(), a.sequence(), a.track(), a.frame(), a.center(), a.scale(), joints2d, joints3d, a.pose(), a.betas(), true, true,
                a.frame() != 2, a.gender()));
        }
        return new ListedImages(annotations, made.images());
    }

    /** The truth, moved, scaled and shaken frame by frame. */
    private Predictor predictor(ListedImages data, double scale, double shake) {
        return new Predictor() {
            private int clip;

            @Override
            public int frames() {
                return 4;
            }

            @Override
            public int imageSize() {
                return 32;
            }

            @Override
            public Meshes predict(float[] images) {
                assertEquals(4 * 32 * 32 * 3, images.length);
                int[] rows = clips(data).clips().get(clip++).rows();
                float[] all = new float[4 * 3 * h36m.cols()];
                for (int f = 0; f < 4; f++) {
                    Annotation a = data.annotation(rows[f]);
                    double[] mesh = bodies.neutral().vertices(a.pose(), a.betas());
                    for (int i = 0; i < mesh.length; i++) {
                        double bent = Math.sin(50 * mesh[i - i % 3]) * shake * (1 + rows[f] % 3);
                        all[f * mesh.length + i] = (float) (scale * mesh[i] + 3 + bent);
                    }
                }
                return new Meshes(new float[] {0.9f, 0, 0, 0.9f, 0, 0, 0.9f, 0, 0, 0.9f, 0, 0}, all);
            }
        };
    }

    private static Clips clips(ListedImages data) {
        try {
            return Clips.of(data, Clips.Protocol.FULL, 4);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Evaluation evaluate(ListedImages data, Predictor predictor) throws IOException {
        Evaluator evaluator = new Evaluator(h36m, bodies, false, 3);
        return new Evaluation("made", clips(data), evaluator.run(data, clips(data), predictor, 2, QUIET), 25, null, Map.of("device", "none"));
    }

    @Test
    void theTruthHasNoErrorWhereverItStands() throws IOException {
        ListedImages data = data(10);
        Evaluation e = evaluate(data, predictor(data, 1, 0));
        Scores s = e.overall();
        assertEquals(10, s.frames());
        assertEquals(0, s.mpjpe(), 1e-3);
        assertEquals(0, s.paMpjpe(), 1e-3);
        assertEquals(0, s.mpvpe(), 1e-3);
        assertEquals(0, s.acceleration(), 1e-3);
        Scores scaled = evaluate(data, predictor(data, 1.1, 0)).overall();
        assertEquals(0, scaled.paMpjpe(), 1e-3);
        assertTrue(scaled.mpjpe() > 10 && scaled.mpvpe() > 10, scaled.toString());
    }

    /** The sums are those of the metrics, which the oracle's numbers check, on all frames at once. */
    @Test
    void scoresAreTheMetricsOfAllFrames() throws IOException {
        ListedImages data = data(10);
        Evaluation e = evaluate(data, predictor(data, 1.05, 0.02));
        List<FrameError> frames = e.result().frames();
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), frames.stream().map(FrameError::row).toList());
        double[] predicted = frames.stream().flatMapToDouble(f -> Arrays.stream(f.predicted())).toArray();
        double[] truth = frames.stream().flatMapToDouble(f -> Arrays.stream(f.truth())).toArray();
        Scores s = e.overall();
        assertEquals(1000 * Metrics.mean(Metrics.mpjpe(predicted, truth)), s.mpjpe(), 1e-9);
        assertEquals(1000 * Metrics.mean(Metrics.paMpjpe(predicted, truth, 14)), s.paMpjpe(), 1e-9);
        assertEquals(1000 * Metrics.accelerationError(predicted, truth, 14), s.acceleration(), 1e-9);
        assertEquals(s.acceleration() * 625 / 1000, s.accelerationPerSecond(), 1e-9);
        assertEquals(s.mpjpe(), e.joints().stream().mapToDouble(Evaluation.Joint::error).average().orElseThrow(), 1e-9);
        assertEquals(s.paMpjpe(), e.joints().stream().mapToDouble(Evaluation.Joint::aligned).average().orElseThrow(), 1e-9);
        assertTrue(Double.isNaN(frames.get(2).mpvpe()), "frame 2 has no mesh");
        assertEquals(frames.stream().mapToDouble(FrameError::mpvpe).filter(v -> !Double.isNaN(v)).average().orElseThrow(), s.mpvpe(), 1e-9);
        assertEquals(1, frames.get(4).visible());
        assertEquals(11 / 14.0, frames.get(5).visible(), 1e-12);
        assertEquals(5, e.visibility().get(3).scores().frames());
        assertEquals(5, e.visibility().get(4).scores().frames());
    }

    /** A gap in a track is no motion: only frames that follow each other make triples. */
    @Test
    void accelerationNeedsNeighbours() throws IOException {
        ListedImages all = data(8);
        List<Annotation> kept = new ArrayList<>(all.annotations());
        kept.remove(3);
        List<BufferedImage> images = new ArrayList<>(all.images());
        images.remove(3);
        ListedImages gap = new ListedImages(kept, images);
        List<FrameError> frames = evaluate(gap, predictor(gap, 1, 0.02)).result().frames();
        double first = acceleration(frames.subList(0, 3));
        double rest = acceleration(frames.subList(3, 7));
        assertEquals((first + 2 * rest) / 3, Scores.of(frames, 25).acceleration(), 1e-9);
        assertTrue(Double.isNaN(Scores.of(frames.subList(1, 4), 25).acceleration()));
    }

    private static double acceleration(List<FrameError> frames) {
        return 1000 * Metrics.accelerationError(frames.stream().flatMapToDouble(f -> Arrays.stream(f.predicted())).toArray(),
            frames.stream().flatMapToDouble(f -> Arrays.stream(f.truth())).toArray(), 14);
    }

    @Test
    void everythingIsWritten() throws IOException {
        ListedImages data = data(10);
        Evaluation e = evaluate(data, predictor(data, 1.05, 0.02));
        Evaluations.write(folder, e, data, Figure.get().body().faces());
        JsonNode json = new ObjectMapper().readTree(folder.resolve("evaluation.json").toFile());
        assertEquals("full", json.path("data").path("protocol").asText());
        assertEquals("none", json.path("settings").path("device").asText());
        assertTrue(json.path("complete").asBoolean());
        assertEquals(e.overall().mpjpe(), json.path("overall").path("mpjpe_mm").asDouble());
        assertEquals(10, json.path("frames").size());
        assertTrue(json.path("frames").get(2).path("mpvpe_mm").isNull());
        assertEquals("left wrist", json.path("joints").get(11).path("name").asText());
        assertEquals("alone", json.path("sequences").get(0).path("name").asText());
        List<String> rows = Files.readAllLines(folder.resolve("frames.csv"));
        assertEquals(11, rows.size());
        assertTrue(rows.get(3).startsWith("2,alone/image_00002.png,alone,0,2,,"), rows.get(3));
        assertTrue(Files.readAllLines(folder.resolve("sequences.csv")).get(2).startsWith("overall,10,"));
        assertEquals(15, Files.readAllLines(folder.resolve("joints.csv")).size());
        BufferedImage plot = ImageIO.read(folder.resolve("errors.png").toFile());
        assertTrue(colours(plot) > 50, "the plot has lines and letters");
        BufferedImage worst = ImageIO.read(folder.resolve("worst/01.png").toFile());
        assertEquals(960, worst.getWidth());
        int side = worst.getHeight();
        assertTrue(different(worst, side, 2 * side) > 1000, "the prediction is drawn on the crop");
        assertTrue(different(worst, 2 * side, side) > 1000, "so is the truth");
        String page = Files.readString(folder.resolve("worst.html"));
        assertTrue(page.contains("worst/03.png") && !page.contains("worst/04.png") && page.contains("MPJPE"), page);
    }

    /** The truth is drawn where the picture shows it: these pictures have 40 pixels a metre, their crops 320 for 90 pixels. */
    @Test
    void theTruthHasItsOwnCamera() {
        Annotation a = Made.waving("alone", 1).annotation(0);
        FrameCamera camera = WorstPage.camera(a).orElseThrow();
        assertEquals(40 * 320 / 90.0, camera.scaleX(), 1e-2);
        int pelvis = Joints.J24_PELVIS;
        assertEquals((a.joints2d()[3 * pelvis] - a.center()[0]) * 320 / 90 + 160, camera.x(0), 1e-2);
        assertEquals((a.joints2d()[3 * pelvis + 1] - a.center()[1]) * 320 / 90 + 160, camera.y(0), 1e-2);
        Annotation unseen = new Annotation(a.image(), a.sequence(), 0, 0, a.center(), a.scale(), new float[72], a.joints3d(), a.pose(), a.betas(), true, true, true,
            a.gender());
        assertTrue(WorstPage.camera(unseen).isEmpty());
    }

    @Test
    void thePapersRowIsPrintedBesideKnownData() throws IOException {
        ListedImages data = data(8);
        Evaluation unknown = evaluate(data, predictor(data, 1.05, 0.02));
        assertFalse(printed(unknown).contains("paper"));
        Evaluation known = new Evaluation("tsv/test.yaml", unknown.clips(), unknown.result(), 30, KnownData.PW3D, unknown.settings());
        String row = printed(known).lines().filter(l -> l.startsWith("paper")).findFirst().orElseThrow();
        assertTrue(row.matches("paper, 3DPW +81\\.90 +72\\.70 +44\\.10 +\\(its protocol is 'reference', of all test sequences\\)"), row);
        Evaluations.write(folder, known, data, Figure.get().body().faces());
        assertEquals(72.7, new ObjectMapper().readTree(folder.resolve("evaluation.json").toFile()).path("paper").path("mpjpe_mm").asDouble());
    }

    private static String printed(Evaluation e) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            Evaluations.print(e, out);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static long colours(BufferedImage image) {
        return Arrays.stream(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth())).distinct().count();
    }

    /** Pixels of the part from column {@code from} on that differ from those of the crop. */
    private static int different(BufferedImage strip, int from, int other) {
        int side = strip.getHeight();
        int count = 0;
        for (int i = 0; i < side * side; i++) {
            count += strip.getRGB(from + i % side, i / side) != strip.getRGB(i % side, i / side) ? 1 : 0;
        }
        assertFalse(from == other);
        return count;
    }

    @Test
    void damagedRowsStopUnlessSkipped() throws IOException {
        ListedImages data = data(8);
        DelegatedImages broken = new DelegatedImages(data) {
            @Override
            public BufferedImage image(int i) throws IOException {
                if (i == 1) {
                    throw new DamagedRowException("file, row 1, key x", "no picture");
                }
                return super.image(i);
            }
        };
        Evaluator strict = new Evaluator(h36m, bodies, false, 0);
        assertEquals("file, row 1, key x: no picture",
            assertThrows(DamagedRowException.class, () -> strict.run(broken, clips(data), predictor(data, 1, 0), 1, QUIET)).getMessage());
        List<String> told = new ArrayList<>();
        Evaluator.Result result = new Evaluator(h36m, bodies, true, 0).run(broken, clips(data), predictor(data, 1, 0.01), 1,
            new Evaluator.Hooks(done -> { }, told::add, () -> false));
        assertEquals(1, result.damagedClips());
        assertEquals(List.of("file, row 1, key x: no picture"), told);
        assertEquals(List.of(4, 5, 6, 7), result.frames().stream().map(FrameError::row).toList());
        Evaluator.Result stopped = new Evaluator(h36m, bodies, true, 0).run(data, clips(data), predictor(data, 1, 0), 1,
            new Evaluator.Hooks(done -> { }, told::add, () -> true));
        assertFalse(stopped.complete());
    }

    @Test
    void aPredictionThatIsNoNumberIsAnError() {
        ListedImages data = data(4);
        String message = assertThrows(IOException.class, () -> evaluate(data, predictor(data, Double.NaN, 0))).getMessage();
        assertTrue(message.contains("NaN"), message);
    }

    @Test
    void testSetsOfPapersAreRecognised() {
        assertEquals(KnownData.PW3D, KnownData.of(List.of("downtown_bar_00", "outdoors_fencing_01")).orElseThrow());
        assertEquals(KnownData.H36M, KnownData.of(List.of("S9_Walking_1.54138969", "S11_Photo.60457274")).orElseThrow());
        assertTrue(KnownData.of(List.of("downtown_bar_00", "mine")).isEmpty());
        assertTrue(KnownData.of(List.of("courtyard_box_00")).isEmpty(), "training");
        assertTrue(KnownData.of(List.of("S1_Walking_1.54138969")).isEmpty(), "training");
        assertEquals(72.7, KnownData.PW3D.mpjpe());
        assertEquals(33.4, KnownData.H36M.paMpjpe());
    }
}

package io.github.remocap.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.remocap.image.Box;
import io.github.remocap.image.Crop;
import io.github.remocap.image.Frame;
import io.github.remocap.image.FrameSource;
import io.github.remocap.image.InputException;
import io.github.remocap.image.Png;
import io.github.remocap.render.FrameCamera;
import io.github.remocap.render.ObjWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 11 frames of 96x72, boxes for frames 1 to 10: clips of 4, 4 and 2 frames. */
class VideoRunnerTest {
    private static final int W = 96;
    private static final int H = 72;

    @TempDir
    private Path folder;

    @BeforeEach
    void inputs() throws IOException {
        Path frames = Files.createDirectory(folder.resolve("frames"));
        for (int i = 0; i < 11; i++) {
            int[] argb = new int[W * H];
            for (int p = 0; p < argb.length; p++) {
                argb[p] = 0xFF000000 | (p % W * 2) << 16 | (p / W * 3) << 8 | i * 20;
            }
            Files.write(frames.resolve("f" + i + ".png"), Png.encode(new Frame(W, H, argb)));
        }
        Files.writeString(folder.resolve("boxes.csv"), "frame,x0,y0,x1,y1\n1,10,10,40,60\n10,50,8,80,66\n");
        Files.writeString(folder.resolve("checkpoint.bin"), "weights");
        Files.writeString(folder.resolve("faces.npy"), "faces");
    }

    static RunJob job(Path folder, String out, boolean resume) {
        return new RunJob(folder.resolve("frames"), folder.resolve("boxes.csv"), folder.resolve(out), folder.resolve("checkpoint.bin"),
                List.of(folder.resolve("faces.npy")), "1.2.3", FakePredictor.MESH, RunOptions.DEFAULT, resume);
    }

    private static RunJob with(RunJob job, RunOptions options) {
        return new RunJob(job.input(), job.boxes(), job.output(), job.checkpoint(), job.assets(), job.version(), job.mesh(), options, job.resume());
    }

    private VideoRunner.Summary run(String out, boolean resume, int failAt) throws IOException {
        return VideoRunner.open(job(folder, out, resume)).run(new FakePredictor(failAt, 0), RunListener.SILENT);
    }

    /** All files of a folder by relative name, with their checksums. */
    private static Map<String, String> content(Path out) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(out)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                files.put(out.relativize(file).toString(), Checksums.sha256(file));
            }
        }
        return files;
    }

    private RunResult result(String out) {
        return ResultFile.read(folder.resolve(out)).orElseThrow();
    }

    private String message(RunJob job) {
        return assertThrows(InputException.class, () -> VideoRunner.open(job)).getMessage();
    }

    @Test
    void writesAllFramesWithBoxes() throws IOException {
        List<String> said = new ArrayList<>();
        VideoRunner.Summary summary = VideoRunner.open(job(folder, "out", false)).run(new FakePredictor(-1, 0), new RunListener() {
            @Override
            public void message(String text) {
                said.add(text);
            }

            @Override
            public void progress(int done, int total) {
                said.add(done + "/" + total);
            }
        });
        assertEquals(new VideoRunner.Summary(10, 10, 10), summary);
        assertEquals(List.of("frames 0 to 0 are left out: before the first box", "0/10", "4/10", "8/10", "10/10"), said);
        assertEquals(21, content(folder.resolve("out")).size());
        RunResult result = result("out");
        assertTrue(result.complete());
        assertEquals(List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), result.frames().stream().map(RunResult.FrameResult::index).toList());
        assertEquals(Checksums.sha256("weights".getBytes(StandardCharsets.UTF_8)), result.checkpoint().sha256());
        assertEquals(List.of(new RunResult.Skipped(0, 0, "before the first box")), result.skipped());

        RunResult.FrameResult frame = result.frames().get(3);
        assertEquals("f4.png", frame.file());
        assertEquals(Checksums.sha256(folder.resolve("frames/f4.png")), frame.sha256());
        Box box = new Box(10 + 40 / 3.0, 10 - 2 / 3.0, 40 + 40 / 3.0, 62);
        assertEquals(box.x0(), frame.box().x0(), 1e-9);
        assertEquals(box.y1(), frame.box().y1(), 1e-9);
        assertEquals(Crop.of(frame.box(), 1.2, FakePredictor.SIZE), frame.crop());
        assertEquals(FrameCamera.of(frame.crop(), 0.9f, 0.03f, -0.04f), frame.frameCamera());
        float[][] mm = frame.joints();
        assertEquals(0, mm[2][0] + mm[3][0], 1e-3);
        assertEquals(200, mm[3][0] - mm[2][0], 1e-2);
        assertEquals(-760, mm[13][1], 1e-2);

        // the overlay differs from the frame inside the crop only, and the OBJ is the mesh
        Frame before = FrameSource.open(folder.resolve("frames/f4.png")).read(0);
        Frame after = FrameSource.open(folder.resolve("out").resolve(frame.overlay().file())).read(0);
        int changed = 0;
        for (int i = 0; i < W * H; i++) {
            if (before.argb()[i] != after.argb()[i]) {
                changed++;
                assertTrue(i % W >= frame.crop().x0() && i % W < frame.crop().x1() && i / W >= frame.crop().y0() && i / W < frame.crop().y1());
            }
        }
        assertTrue(changed > 150, "changed " + changed);
        List<String> obj = Files.readAllLines(folder.resolve("out").resolve(frame.mesh().file()));
        assertEquals(FakePredictor.BODY.count(), obj.stream().filter(l -> l.startsWith("v ")).count());
        assertEquals(FakePredictor.BODY.faces().length / 3, obj.stream().filter(l -> l.startsWith("f ")).count());
    }

    @Test
    void theLastClipIsPaddedWithItsLastFrame() throws IOException {
        FakePredictor predictor = new FakePredictor(-1, 0);
        VideoRunner.open(job(folder, "out", false)).run(predictor, RunListener.SILENT);
        assertEquals(3, predictor.calls);
        int each = FakePredictor.SIZE * FakePredictor.SIZE * 3;
        float[] ninth = Arrays.copyOfRange(predictor.last, 0, each);
        float[] tenth = Arrays.copyOfRange(predictor.last, each, 2 * each);
        assertFalse(Arrays.equals(ninth, tenth));
        assertArrayEquals(tenth, Arrays.copyOfRange(predictor.last, 2 * each, 3 * each));
        assertArrayEquals(tenth, Arrays.copyOfRange(predictor.last, 3 * each, 4 * each));
        float[] expected = new float[each];
        Crop.of(new Box(50, 8, 80, 66), 1.2, FakePredictor.SIZE).sample(FrameSource.open(folder.resolve("frames")).read(10), expected, 0);
        assertArrayEquals(expected, tenth);
    }

    @Test
    void aSinglePictureIsAClipByRepetitionAndLetterboxed() throws IOException {
        RunJob job = job(folder, "one", false);
        job = new RunJob(folder.resolve("frames/f3.png"), null, job.output(), job.checkpoint(), job.assets(), "1", job.mesh(),
                new RunOptions(1.2, 1, 2, ObjWriter.Axes.CAMERA, true), false);
        FakePredictor predictor = new FakePredictor(-1, 0);
        assertEquals(new VideoRunner.Summary(1, 1, 1), VideoRunner.open(job).run(predictor, RunListener.SILENT));
        int each = FakePredictor.SIZE * FakePredictor.SIZE * 3;
        assertArrayEquals(Arrays.copyOf(predictor.last, each), Arrays.copyOfRange(predictor.last, 3 * each, 4 * each));
        RunResult.FrameResult frame = result("one").frames().getFirst();
        assertNull(frame.box());
        assertNull(result("one").boxes());
        assertEquals(Crop.letterbox(W, H, FakePredictor.SIZE), frame.crop());
        assertEquals("side/000000.png", frame.side().file());
        assertEquals(512, FrameSource.open(folder.resolve("one/side/000000.png")).read(0).width());
    }

    @Test
    void afterAFailureTheClipsBeforeAreUsableAndResumeGivesTheSameBytes() throws IOException {
        run("whole", false, -1);
        for (int clip = 0; clip < 3; clip++) {
            String out = "cut" + clip;
            int failAt = clip;
            assertThrows(IllegalStateException.class, () -> run(out, false, failAt));
            RunResult partial = result(out);
            assertFalse(partial.complete());
            assertEquals(4 * clip, partial.frames().size());
            for (RunResult.FrameResult frame : partial.frames()) {
                assertEquals(frame.overlay().sha256(), Checksums.sha256(folder.resolve(out).resolve(frame.overlay().file())));
                assertEquals(frame.mesh().sha256(), Checksums.sha256(folder.resolve(out).resolve(frame.mesh().file())));
            }
            assertEquals(new VideoRunner.Summary(10, 10 - 4 * clip, 10), run(out, true, -1));
            assertEquals(content(folder.resolve("whole")), content(folder.resolve(out)));
        }
        assertEquals(new VideoRunner.Summary(10, 0, 10), run("whole", true, 0)); // nothing to do: the network is not called
    }

    @Test
    void filesThatVanishedOrAreDamagedAreMadeAgainAndLeftoversRemoved() throws IOException {
        run("out", false, -1);
        Map<String, String> before = content(folder.resolve("out"));
        Files.delete(folder.resolve("out/mesh/000006.obj"));
        Files.writeString(folder.resolve("out/mesh/.000009.obj.remocap-tmp"), "half");
        assertEquals(new VideoRunner.Summary(10, 4, 10), run("out", true, -1));
        Files.write(folder.resolve("out/overlay/000010.png"), new byte[0]);
        assertEquals(new VideoRunner.Summary(10, 2, 10), run("out", true, -1));
        assertEquals(before, content(folder.resolve("out")));
    }

    @Test
    void aProcessThatIsKilledLeavesAUsableStateAndCanBeContinued() throws IOException, InterruptedException {
        run("whole", false, -1);
        for (boolean hard : new boolean[] {false, true}) {
            List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                    System.getProperty("java.class.path"), RunInProcess.class.getName(), folder.toString(), "1500");
            Path log = folder.resolve("log.txt");
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
            try {
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
                while (ResultFile.read(folder.resolve("out")).map(r -> r.frames().isEmpty()).orElse(true)) {
                    assertTrue(process.isAlive() && System.nanoTime() < deadline, Files.readString(log));
                    Thread.sleep(20);
                }
            } finally {
                if (hard) {
                    process.destroyForcibly();
                } else {
                    process.destroy(); // SIGTERM: the same path as Ctrl-C
                }
            }
            assertTrue(process.waitFor(30, TimeUnit.SECONDS));
            assertNotEquals(0, process.exitValue());
            String text = Files.readString(log);
            assertEquals(!hard, text.contains("stopped: 4 of 10 frames are in"), text);
            assertEquals(4, result("out").frames().size());
            assertEquals(6, run("out", true, -1).computed());
            assertEquals(content(folder.resolve("whole")), content(folder.resolve("out")));
            for (String file : content(folder.resolve("out")).keySet()) {
                Files.delete(folder.resolve("out").resolve(file));
            }
        }
    }

    @Test
    void anotherRunIsNotContinued() throws IOException {
        run("out", false, -1);
        Map<String, String> before = content(folder.resolve("out"));
        RunJob job = job(folder, "out", true);
        assertTrue(message(job(folder, "out", false)).contains("--resume"));
        String options = message(with(job, new RunOptions(1.3, RunOptions.DEFAULT.opacity(), 2, ObjWriter.Axes.Y_UP, false)));
        assertTrue(options.contains("field options.boxScale") && options.contains("1.2") && options.contains("1.3"), options);
        Files.writeString(folder.resolve("checkpoint.bin"), "other weights");
        assertTrue(message(job).contains("field checkpoint.sha256"), message(job));
        Files.writeString(folder.resolve("checkpoint.bin"), "weights");
        Files.writeString(folder.resolve("boxes.csv"), "frame,x0,y0,x1,y1\n1,10,10,40,60\n10,50,8,80,65\n");
        assertTrue(message(job).contains("field frames, index 2: the box was"), message(job));
        Files.writeString(folder.resolve("boxes.csv"), "frame,x0,y0,x1,y1\n0,10,10,40,60\n10,50,8,80,65\n");
        assertTrue(message(job).contains("begins at frame 1, this one at 0"), message(job));
        Files.writeString(folder.resolve("boxes.csv"), "frame,x0,y0,x1,y1\n1,10,10,40,60\n10,50,8,80,66\n");
        Files.move(folder.resolve("frames/f5.png"), folder.resolve("frames/f5a.png"));
        assertTrue(message(job).contains("index 5: the file was f5.png"), message(job));
        Files.move(folder.resolve("frames/f5a.png"), folder.resolve("frames/f5.png"));
        MeshPredictor larger = new MeshPredictor() {
            @Override
            public int frames() {
                return 8;
            }

            @Override
            public int imageSize() {
                return 32;
            }

            @Override
            public Prediction predict(float[] images, int frameCount) {
                throw new AssertionError("must not be called");
            }
        };
        VideoRunner runner = VideoRunner.open(job);
        assertTrue(assertThrows(InputException.class, () -> runner.run(larger, RunListener.SILENT)).getMessage().contains("field network"));
        assertEquals(before, content(folder.resolve("out")));
    }

    @Test
    void damagedResultsAreNamed() throws IOException {
        Path out = Files.createDirectory(folder.resolve("out"));
        for (Map.Entry<String, String> bad : Map.of("{\"format\":", "damaged", "[]", "field format", "{\"format\": \"x\"}", "found 'x'",
                "{\"format\": \"remocap-result-1\"}", "damaged").entrySet()) {
            Files.writeString(out.resolve("result.json"), bad.getKey());
            String message = message(job(folder, "out", true));
            assertTrue(message.contains("result.json") && message.contains(bad.getValue()), message);
        }
    }

    @Test
    void badFramesAndBoxesAreNamedAndLoseNothing() throws IOException {
        Path bad = folder.resolve("frames/f6.png");
        byte[] good = Files.readAllBytes(bad);
        Files.writeString(bad, "no picture");
        InputException e = assertThrows(InputException.class, () -> run("out", false, -1));
        assertTrue(e.getMessage().contains("f6.png"), e.getMessage());
        assertEquals(4, result("out").frames().size());
        Files.write(bad, good);
        assertEquals(6, run("out", true, -1).computed());

        Files.writeString(folder.resolve("boxes.csv"), "frame,x0,y0,x1,y1\n0,10,10,40,60\n5,150,8,180,66\n");
        e = assertThrows(InputException.class, () -> run("off", false, -1));
        assertTrue(e.getMessage().contains("boxes.csv: frame 4") && e.getMessage().contains("lies outside"), e.getMessage());
        assertEquals(4, result("off").frames().size());
        Files.writeString(folder.resolve("boxes.csv"), "frame,x0,y0,x1,y1\n40,10,10,40,60\n");
        assertTrue(message(job(folder, "none", false)).contains("frames 40 to 40, but"));
        Files.delete(folder.resolve("checkpoint.bin"));
        Files.writeString(folder.resolve("boxes.csv"), "frame,x0,y0,x1,y1\n1,10,10,40,60\n");
        assertTrue(message(job(folder, "boxes.csv", false)).contains("is a file"));
        assertTrue(message(job(folder, "none", false)).contains("checkpoint.bin: cannot be read"));
        assertFalse(Files.exists(folder.resolve("none")));
    }

    @Test
    void predictionsThatAreNotFiniteOrDoNotFitAreRefused() throws IOException {
        FakePredictor broken = new FakePredictor(-1, 0) {
            @Override
            public Prediction predict(float[] images, int n) {
                Prediction p = super.predict(images, n);
                if (calls == 2) {
                    p.joints()[42] = Float.NaN;
                }
                return p;
            }
        };
        VideoRunner runner = VideoRunner.open(job(folder, "out", false));
        String message = assertThrows(InputException.class, () -> runner.run(broken, RunListener.SILENT)).getMessage();
        assertTrue(message.contains("checkpoint.bin: prediction of frame 6: joints is NaN"), message);
        assertEquals(4, result("out").frames().size());
        FakePredictor shorter = new FakePredictor(-1, 0) {
            @Override
            public Prediction predict(float[] images, int n) {
                return super.predict(images, n - 1);
            }
        };
        VideoRunner other = VideoRunner.open(job(folder, "short", false));
        assertThrows(IllegalArgumentException.class, () -> other.run(shorter, RunListener.SILENT));
    }

    @Test
    void theJsonHasTheFieldsThatReadersNeed() throws IOException {
        run("out", false, -1);
        JsonNode json = new ObjectMapper().readTree(folder.resolve("out/result.json").toFile());
        assertEquals("remocap-result-1", json.path("format").asText());
        assertEquals("1.2.3", json.path("versions").path("remocap").asText());
        assertEquals("faces.npy", json.path("assets").get(0).path("file").asText());
        assertEquals(14, json.path("jointNames").size());
        assertEquals(1.2, json.path("options").path("boxScale").asDouble());
        JsonNode frame = json.path("frames").get(9);
        assertEquals(10, frame.path("index").asInt());
        assertEquals(50, frame.path("box").path("x0").asDouble());
        assertEquals(0.9f, frame.path("camera").path("s").floatValue());
        assertEquals(14, frame.path("joints").size());
        assertEquals(List.of("scaleX", "scaleY", "originX", "originY"), fields(frame.path("frameCamera")));
        assertEquals(List.of("centerX", "centerY", "size", "x0", "y0", "x1", "y1", "output"), fields(frame.path("crop")));
    }

    private static List<String> fields(JsonNode node) {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void centringPutsThePelvisAtTheOrigin() {
        float[] fine = {0, 2, 4, 2, 4, 8, 10, 10, 10, 30, 30, 30};
        float[] coarse = {1, 1, 1, 5, 5, 5};
        float[] pelvis = {0.5f, 0.5f};
        Prediction.centre(2, fine, pelvis, coarse);
        assertArrayEquals(new float[] {0, -2, -5, -15, -15, -15}, coarse);
        Prediction.centre(2, fine, pelvis, fine);
        assertArrayEquals(new float[] {-1, -1, -2, 1, 1, 2, -10, -10, -10, 10, 10, 10}, fine);
        assertThrows(IllegalArgumentException.class, () -> Prediction.centre(2, fine, new float[3], coarse));
    }

    @Test
    void meshesAndOptionsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new BodyMesh("m", 3, new int[] {0, 1, 3}));
        assertThrows(IllegalArgumentException.class, () -> BodyMesh.of("m", 3, new int[][] {{0, 1}}));
        assertArrayEquals(new int[] {0, 1, 2, 2, 1, 0}, BodyMesh.of("m", 3, new int[][] {{0, 1, 2}, {2, 1, 0}}).faces());
        assertThrows(IllegalArgumentException.class, () -> new RunOptions(0, 0.5, 2, ObjWriter.Axes.Y_UP, false));
        assertThrows(IllegalArgumentException.class, () -> new RunOptions(1.2, 1.5, 2, ObjWriter.Axes.Y_UP, false));
        assertThrows(IllegalArgumentException.class, () -> new RunOptions(1.2, 0.5, 3, ObjWriter.Axes.Y_UP, false));
    }
}

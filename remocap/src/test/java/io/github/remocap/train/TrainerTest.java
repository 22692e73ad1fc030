package io.github.remocap.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.cli.Main;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher.Mode;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.RemoCap;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.vector.VectorDevice;
import io.github.remocap.train.proto.Event;
import io.github.remocap.train.proto.SessionLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training of a very small model on random clips. */
class TrainerTest {
    /** 4 epochs of 5 clips: 20 steps; everything that a resume must carry. */
    private static final String WHOLE = """
        epochs: 4
        optimizer: {kind: adamw, learning_rate: 1e-2, weight_decay: 1e-3, clip_norm: 50, ema: 0.9, groups: [{prefix: backbone, factor: 0.5}]}
        schedule: {kind: cosine, unit: step, size: 40, warmup_steps: 5}
        checkpoint: {every_epochs: 2}
        seed: 7
        """;

    @TempDir
    private static Path folder;
    private static TinyRun tiny;

    @BeforeAll
    static void wholeRun() throws IOException {
        tiny = new TinyRun(folder);
        tiny.clips("clip1.npz", 1, Map.of()); // validation
        assertTrue(tiny.run("whole", WHOLE, false));
    }

    private static List<String> rows(String name, String kind) throws IOException {
        return Files.readAllLines(tiny.output(name).resolve("metrics.csv")).stream().filter(row -> row.startsWith(kind)).toList();
    }

    private static double cell(String row, int column) {
        return Double.parseDouble(row.split(",", -1)[column]);
    }

    @Test
    void lossFallsAndEverythingIsLogged() throws IOException {
        List<String> steps = rows("whole", "train");
        assertEquals(20, steps.size());
        double first = steps.subList(0, 5).stream().mapToDouble(row -> cell(row, 3)).average().orElseThrow();
        double last = steps.subList(15, 20).stream().mapToDouble(row -> cell(row, 3)).average().orElseThrow();
        assertTrue(last < 0.85 * first, first + " to " + last); // each epoch sees every clip once
        assertEquals(1e-2 * 0.01, cell(steps.getFirst(), 9), 1e-12); // warm-up begins at a hundredth
        assertEquals(4, rows("whole", "validation").size());
        String log = Files.readString(tiny.output("whole").resolve("train.log"));
        assertTrue(log.contains("step 20 epoch 4 loss") && log.contains("complete: 20 steps, 4 epochs"), log);
        assertTrue(log.contains("edge_normal") && log.contains("MB (heap"), log);
        assertEquals(List.of("best-mpjpe.rmc", "best-pa-mpjpe.rmc", "step-0000000010.rmc", "step-0000000020.rmc"), files("whole"));
    }

    private static List<String> files(String name) throws IOException {
        try (Stream<Path> all = Files.list(tiny.output(name).resolve("checkpoints"))) {
            return all.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void checkpointsAreModelsAndTheBestHoldsTheAverages() throws IOException {
        Config model = TrainConfig.read(folder.resolve("whole.yaml")).model();
        for (String file : files("whole")) {
            Path path = tiny.output("whole").resolve("checkpoints").resolve(file);
            try (Checkpoint checkpoint = Checkpoint.open(path)) {
                assertEquals(model, Config.parse(String.valueOf(checkpoint.metadata().get("model.config"))));
                ModelWeights.load(new RemoCap(model), checkpoint, file, Mode.STRICT, message -> { }).close();
            }
        }
        String name = "xyz_regressor.weight";
        Map<String, double[]> last = tiny.arrays(tiny.checkpoint("whole", 20));
        assertFalse(Arrays.equals(last.get(name), last.get("training/average." + name)));
        assertEquals(20, last.get("backbone.bn1.num_batches_tracked")[0]);
        List<String> validations = rows("whole", "validation");
        double best = validations.stream().mapToDouble(row -> cell(row, 10)).min().orElseThrow();
        try (Checkpoint checkpoint = Checkpoint.open(tiny.output("whole").resolve("checkpoints/best-mpjpe.rmc"))) {
            assertEquals(best, (double) checkpoint.metadata().get("validation.mpjpe"));
        }
        if (cell(validations.getLast(), 10) == best) {
            assertArrayEquals(last.get("training/average." + name), tiny.arrays(tiny.output("whole").resolve("checkpoints/best-mpjpe.rmc")).get(name));
        }
    }

    @Test
    void averageFollowsTheWeights() throws IOException {
        String one = "epochs: 1\ndata: {train: clip1.npz}\noptimizer: {kind: sgd, learning_rate: 1e-4, ema: 0.75}\n";
        assertTrue(tiny.run("average", one, false));
        Map<String, double[]> after = tiny.arrays(tiny.checkpoint("average", 1));
        double[] w = after.get("xyz_regressor.weight");
        double[] a = after.get("training/average.xyz_regressor.weight");
        try (Weights before = Weights.initialized(new RemoCap(TrainConfig.read(folder.resolve("average.yaml")).model()), 0)) {
            float[] w0 = before.values("xyz_regressor.weight").toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT);
            boolean moved = false;
            for (int i = 0; i < w.length; i++) {
                assertEquals(0.75 * w0[i] + 0.25 * w[i], a[i], 1e-6);
                moved |= w0[i] != w[i];
            }
            assertTrue(moved);
        }
    }

    /** Ends with SIGTERM (the same path as Ctrl-C) in the middle of an epoch, continues, is killed hard, continues. */
    @Test
    void interruptedAndKilledRunsEndWithTheSameBits() throws Exception {
        Path config = tiny.config("killed", WHOLE + "data: {train: clips.npz, validation: 'clip?.npz', threads: 2, prefetch: 3}\n");
        Path log = folder.resolve("killed.txt");
        Process first = train(log, "--config", config.toString());
        await(first, log, () -> lines("killed") >= 2);
        first.destroy();
        assertTrue(first.waitFor(60, TimeUnit.SECONDS));
        assertEquals(143, first.exitValue(), Files.readString(log));
        assertTrue(Files.readString(log).contains("--resume continues"), Files.readString(log));
        assertTrue(lines("killed") < 12, "stopped in time to see the rest");
        assertFalse(Files.exists(tiny.checkpoint("killed", 10)));

        Process second = train(log, "--config", config.toString(), "--resume");
        await(second, log, () -> Files.exists(tiny.checkpoint("killed", 10)));
        second.destroyForcibly();
        assertTrue(second.waitFor(60, TimeUnit.SECONDS));
        assertFalse(Files.exists(tiny.checkpoint("killed", 20)), "killed too late to test anything");

        assertTrue(tiny.run("killed", WHOLE, true));
        assertTrue(tiny.said().contains("resuming from " + tiny.checkpoint("killed", 10)), tiny.said());
        assertNull(tiny.difference(tiny.checkpoint("whole", 20), tiny.checkpoint("killed", 20)));
        assertEquals(Files.readString(tiny.output("whole").resolve("metrics.csv")), Files.readString(tiny.output("killed").resolve("metrics.csv")));
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Process process, Path log, Condition condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!condition.holds()) {
            assertTrue(process.isAlive() && System.nanoTime() < deadline, Files.readString(log));
            Thread.sleep(5);
        }
    }

    private static long lines(String name) throws IOException {
        Path csv = tiny.output(name).resolve("metrics.csv");
        return Files.exists(csv) ? rows(name, "train").size() : 0;
    }

    private static Process train(Path log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules",
            "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-Xmx512m", "-XX:+UseSerialGC", "-cp",
            System.getProperty("java.class.path"), Main.class.getName(), "train"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    }

    @Test
    void damagedCheckpointIsNamedAndTheOneBeforeTaken() throws IOException {
        Path newest = copy("damaged", 20);
        copy("damaged", 10);
        byte[] bytes = Files.readAllBytes(newest);
        bytes[bytes.length / 2] ^= 1;
        Files.write(newest, bytes);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (PrintStream console = new PrintStream(said, true, StandardCharsets.UTF_8);
            Trainer trainer = new Trainer(TrainConfig.read(tiny.config("damaged", WHOLE)), Devices.cpu(), true, console)) {
            assertEquals(10, trainer.steps());
            assertTrue(same(trainer.weights(), "xyz_regressor.weight", tiny.arrays(tiny.checkpoint("whole", 10)).get("xyz_regressor.weight")));
            assertFalse(same(trainer.weights(), "xyz_regressor.weight", tiny.arrays(tiny.checkpoint("whole", 20)).get("xyz_regressor.weight")));
        }
        String text = said.toString(StandardCharsets.UTF_8);
        assertTrue(text.contains("damaged checkpoint skipped: " + newest), text);
        assertTrue(text.contains("resuming from " + tiny.checkpoint("damaged", 10) + ": step 10, epoch 2"), text);

        for (int step : new int[] {10, 20}) {
            Path file = tiny.checkpoint("damaged", step);
            Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 5000));
        }
        assertTrue(assertThrows(IOException.class, () -> tiny.run("damaged", WHOLE, true)).getMessage().contains("none of 2 checkpoints is intact"));
    }

    private static Path copy(String name, int step) throws IOException {
        Files.createDirectories(tiny.checkpoint(name, step).getParent());
        return Files.copy(tiny.checkpoint("whole", step), tiny.checkpoint(name, step));
    }

    @Test
    void resumeSaysWhatDoesNotFit() throws IOException {
        assertTrue(assertThrows(IOException.class, () -> tiny.run("whole", WHOLE, false)).getMessage().contains("--resume continues it"));
        copy("other", 20);
        String sgd = "epochs: 4\noptimizer: {kind: sgd, learning_rate: 1e-3}\n";
        String message = assertThrows(IOException.class, () -> tiny.run("other", sgd, true)).getMessage();
        assertTrue(message.contains("does not fit this config's optimizer") && message.contains("training/"), message);
        assertTrue(tiny.run("fresh", "epochs: 1\ndata: {train: clip1.npz}\noptimizer: {learning_rate: 0}\n", true));
        assertTrue(tiny.said().contains("no checkpoint in"), tiny.said());
    }

    @Test
    void oneThreadAndRecomputationGiveTheSameBits() throws IOException {
        String three = WHOLE.replace("epochs: 4", "epochs: 1").replace("}]}", "}], frozen: [transformer_2.decoder]}") + "batch: 2\n";
        try (VectorDevice one = new VectorDevice(1); VectorDevice two = new VectorDevice(2)) {
            assertTrue(tiny.run("threads1", three, false, one));
            assertTrue(tiny.run("threads2", three, false, two));
            assertTrue(tiny.run("recomputed", three + "recompute: true\n", false, two));
        }
        assertNull(tiny.difference(tiny.checkpoint("threads1", 2), tiny.checkpoint("threads2", 2)));
        assertNull(tiny.difference(tiny.checkpoint("threads1", 2), tiny.checkpoint("recomputed", 2)));
        assertTrue(nativeMemory("recomputed") < nativeMemory("threads2"), nativeMemory("recomputed") + " of " + nativeMemory("threads2") + " MB");
    }

    /** Bytes of memory that the log says are used off the heap. */
    private static long nativeMemory(String name) throws IOException {
        String line = Files.readString(tiny.output(name).resolve("train.log")).lines().filter(l -> l.contains("bytes of native memory")).findFirst()
            .orElseThrow();
        return Long.parseLong(line.replaceAll(".*; (\\d+) bytes of native memory.*", "$1"));
    }

    @Test
    void notANumberStopsWithStepPartAndNode() throws IOException {
        tiny.clips("nan_images.npz", 2, Map.of("images", 100));
        String base = "epochs: 3\ncheckpoint: {every_steps: 1}\noptimizer: {learning_rate: 1e-3}\n";
        String path = tiny.config("nan1", base + "data: {train: [clip1.npz, nan_images.npz]}\n").toString();
        assertEquals(1, Main.execute("train", "--config", path));
        String message = Files.readString(tiny.output("nan1").resolve("train.log"));
        assertTrue(message.matches("(?s).*step \\d: the loss is NaN: 'joints_3d' is NaN.*"), message);
        assertTrue(message.contains("first node that is not finite: Conv2d[4, 16, 16, 8]") && message.contains("at backbone.conv1 ("), message);
        assertTrue(message.contains("input 'images'"), message);

        tiny.clips("nan_joints.npz", 2, Map.of("joints_2d", 3));
        message = assertThrows(NonFiniteException.class, () -> tiny.run("nan2", base + "data: {train: nan_joints.npz}\n", false)).getMessage();
        assertTrue(message.contains("'joints_2d' is NaN") && !message.contains("'joints_3d'") && message.contains("at loss"), message);
        try (Stream<Path> all = Files.list(tiny.output("nan2").resolve("checkpoints"))) {
            for (Path file : all.toList()) { // those before the bad step stay, and are good
                Checkpoint.open(file).close();
            }
        }
        String wild = "epochs: 6\ndata: {train: clip1.npz}\ndropout: false\noptimizer: {kind: sgd, learning_rate: 1e30}\n";
        message = assertThrows(NonFiniteException.class, () -> tiny.run("nan3", wild, false)).getMessage();
        assertTrue(message.contains("step ") || message.contains("is not finite (element"), message);
        assertTrue(tiny.said().contains("checkpoint"), tiny.said());
    }

    @Test
    void frozenModulesStayAndGroupsHaveTheirRate() throws IOException {
        String base = "epochs: 1\ndata: {train: clip1.npz}\ndropout: false\noptimizer: {kind: sgd, learning_rate: 1e-5, ";
        assertTrue(tiny.run("free", base + "weight_decay: 0}\n", false));
        assertTrue(tiny.run("parts", base + "frozen: [backbone.stage2, conv_1x1.bias], groups: [{prefix: transformer_1, factor: 0.5}]}\n", false));
        Map<String, double[]> free = tiny.arrays(tiny.checkpoint("free", 1));
        Map<String, double[]> parts = tiny.arrays(tiny.checkpoint("parts", 1));
        int frozen = 0;
        try (Weights before = Weights.initialized(new RemoCap(TrainConfig.read(folder.resolve("free.yaml")).model()), 0)) {
            for (String name : List.of("backbone.bn1.running_mean", "backbone.stage4.0.branches.0.0.conv1.weight", "conv_1x1.weight")) {
                assertFalse(same(before, name, parts.get(name)), name);
            }
            for (String name : before.specs().keySet()) {
                if (name.startsWith("backbone.stage2.") || name.equals("conv_1x1.bias")) {
                    assertTrue(same(before, name, parts.get(name)), name);
                    frozen++;
                }
            }
            assertTrue(frozen > 20, "frozen " + frozen);
        }
        assertFalse(Arrays.equals(free.get("backbone.stage2.0.branches.0.0.bn1.running_mean"), parts.get("backbone.stage2.0.branches.0.0.bn1.running_mean")));
        String message = assertThrows(IllegalArgumentException.class, () -> tiny.run("parts2", base + "frozen: backbone.stage9}\n", false)).getMessage();
        assertTrue(message.contains("no module or parameter 'backbone.stage9'"), message);
    }

    private static boolean same(Weights before, String name, double[] after) {
        if (before.specs().get(name).dtype() == io.github.remocap.tensor.DType.I64) {
            return before.values(name).get(java.lang.foreign.ValueLayout.JAVA_LONG, 0) == (long) after[0];
        }
        float[] w = before.values(name).toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT);
        for (int i = 0; i < w.length; i++) {
            if (w[i] != (float) after[i]) {
                return false;
            }
        }
        return true;
    }

    /** With batch norm frozen, two passes of one clip are one pass of two: with batch norm they see other statistics. */
    @Test
    void accumulationIsABatchAndGroupsScaleTheRate() throws IOException {
        tiny.clips("two.npz", 2, Map.of());
        String base = "epochs: 1\ndata: {train: two.npz}\ndropout: false\ninit: {checkpoint: start.npz, lenient: true}\n"
            + "optimizer: {kind: sgd, learning_rate: 1e-4, clip_norm: 1000, frozen: backbone";
        Map<String, double[]> start = tiny.arrays(tiny.checkpoint("whole", 10));
        Path given = folder.resolve("start.npz"); // of another format, and not complete
        try (Checkpoint from = Checkpoint.open(tiny.checkpoint("whole", 10))) {
            Map<String, io.github.remocap.io.StoredTensor> some = new TreeMap<>(from.tensors());
            some.keySet().removeIf(name -> name.startsWith("training/") || name.equals("cam_predictor.bias"));
            io.github.remocap.io.checkpoint.CheckpointWriter.write(given, some, Map.of());
        }
        assertTrue(tiny.run("batch2", base + "}\nbatch: 2\n", false));
        assertTrue(tiny.said().contains("cam_predictor.bias"), tiny.said());
        assertTrue(tiny.run("passes2", base + "}\naccumulation: 2\n", false));
        assertTrue(tiny.run("half", base + ", groups: [{prefix: transformer_1, factor: 0.5}]}\nbatch: 2\n", false));
        Map<String, double[]> batch = tiny.arrays(tiny.checkpoint("batch2", 1));
        Map<String, double[]> passes = tiny.arrays(tiny.checkpoint("passes2", 1));
        Map<String, double[]> half = tiny.arrays(tiny.checkpoint("half", 1));
        double most = 0;
        for (String name : List.of("xyz_regressor.weight", "transformer_1.encoder.layers.0.linear1.weight", "conv_1x1.weight")) {
            double[] w = start.get(name);
            double share = name.startsWith("transformer_1") ? 0.5 : 1;
            for (int i = 0; i < w.length; i++) {
                double moved = batch.get(name)[i] - w[i];
                most = Math.max(most, Math.abs(moved));
                assertEquals(moved, passes.get(name)[i] - w[i], 1e-3 * Math.abs(moved) + 1e-6, name);
                assertEquals(share * moved, half.get(name)[i] - w[i], 1e-3 * Math.abs(moved) + 3e-7, name);
            }
        }
        assertTrue(most > 1e-4, "moved by " + most);
    }

    @Test
    void eventsAreTensorBoards() throws IOException {
        Path file;
        try (Stream<Path> all = Files.list(tiny.output("whole").resolve("events"))) {
            file = all.filter(f -> f.getFileName().toString().startsWith("events.out.tfevents.")).findFirst().orElseThrow();
        }
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        // What every TensorFlow event file begins with: a record of 24 bytes and the masked checksum of that number.
        assertEquals(0x18, in.getLong(0));
        assertEquals(0x224b7fa3, in.getInt(8));
        List<Event> events = new ArrayList<>();
        while (in.hasRemaining()) {
            int start = in.position();
            byte[] data = new byte[Math.toIntExact(in.getLong())];
            assertEquals(EventFile.maskedCrc(in.array(), start, 8), in.getInt());
            in.get(data);
            assertEquals(EventFile.maskedCrc(data, 0, data.length), in.getInt());
            events.add(Event.parseFrom(data));
        }
        assertEquals("brain.Event:2", events.get(0).getFileVersion());
        assertEquals(SessionLog.SessionStatus.START, events.get(1).getSessionLog().getStatus());
        List<String> steps = rows("whole", "train");
        List<Double> losses = events.stream().flatMap(e -> e.getSummary().getValueList().stream()).filter(v -> v.getTag().equals("loss/total"))
            .map(v -> (double) v.getSimpleValue()).toList();
        assertEquals(20, losses.size());
        for (int i = 0; i < 20; i++) {
            assertEquals((float) cell(steps.get(i), 3), losses.get(i).floatValue());
        }
        assertTrue(events.stream().flatMap(e -> e.getSummary().getValueList().stream()).anyMatch(v -> v.getTag().equals("validation/mpjpe")));
        assertTrue(events.stream().flatMap(e -> e.getSummary().getValueList().stream()).anyMatch(v -> v.getTag().equals("learning_rate/backbone")));
    }
}

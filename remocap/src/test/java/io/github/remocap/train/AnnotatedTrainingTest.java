package io.github.remocap.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.data.Clips.Protocol;
import io.github.remocap.data.DamagedRowException;
import io.github.remocap.data.ListedImages;
import io.github.remocap.data.Made;
import io.github.remocap.data.TsvImages;
import io.github.remocap.data.TsvWriter;
import io.github.remocap.data.TsvWriter.Encoding;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.model.Config;
import io.github.remocap.tensor.Devices;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on annotated pictures, with a very small model of the embedded body. */
class AnnotatedTrainingTest {
    @TempDir
    private Path folder;

    private String said = "";

    private Path config(String name, String model, String data, String more) throws IOException {
        return Files.writeString(folder.resolve(name + ".yaml"), "model: {" + Made.MODEL + model + "}\nassets: embedded\noptimizer: {learning_rate: 0.001}\n"
            + "data: {train: " + data + ", size: 32}\nseed: 5\noutput: " + name + "\n" + more);
    }

    private boolean train(Path config, boolean resume, @Nullable ClipSource source) throws IOException {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        try (PrintStream console = new PrintStream(lines, true, StandardCharsets.UTF_8);
            Trainer trainer = new Trainer(TrainConfig.read(config), Devices.cpu(), resume, console, source)) {
            return trainer.run();
        } finally {
            said = lines.toString(StandardCharsets.UTF_8);
        }
    }

    private Path write(String name, Encoding encoding, ListedImages... sets) throws IOException {
        try (TsvWriter writer = new TsvWriter(folder, name, encoding, 25)) {
            for (ListedImages set : sets) {
                for (int i = 0; i < set.size(); i++) {
                    writer.add(set.annotation(i), set.image(i));
                }
            }
            return writer.finish();
        }
    }

    private @Nullable String difference(String a, String b, int step) throws IOException {
        String file = "checkpoints/step-%010d.rmc".formatted(step);
        try (Checkpoint first = Checkpoint.open(folder.resolve(a).resolve(file)); Checkpoint second = Checkpoint.open(folder.resolve(b).resolve(file))) {
            assertFalse(first.rawTensors().isEmpty());
            assertEquals(first.rawTensors().keySet(), second.rawTensors().keySet());
            for (Map.Entry<String, StoredTensor> e : first.rawTensors().entrySet()) {
                if (!e.getValue().contentEquals(second.rawTensors().get(e.getKey()))) {
                    return e.getKey();
                }
            }
            return null;
        }
    }

    @Test
    void writtenAndReadBackTrainsToTheSameWeights() throws IOException {
        ListedImages made = Made.waving("alone", 13);
        write("set", Encoding.PNG, made);
        Path direct = config("direct", "", "set.yaml", "");
        TrainConfig settings = TrainConfig.read(direct);
        ClipSource source = new AnnotatedClips(List.of(made), settings.model(), new AnnotatedClips.Settings(Protocol.REFERENCE, true, true, 32, 5), row -> { });
        assertEquals(3, source.size());
        assertTrue(train(direct, false, source));
        assertTrue(train(config("read", "", "set.yaml", ""), false, null));
        assertTrue(said.contains("3 clips of 1 tracks, protocol reference, 12 of 13 frames count"), said);
        assertNull(difference("direct", "read", 3));
        assertTrue(train(config("plain", "", "set.yaml, augment: false", ""), false, null));
        assertFalse(difference("plain", "read", 3) == null, "augmentation changes what is learned");
    }

    /** An interrupted run with more threads ends as the whole one: augmentation depends on seed, epoch and clip alone. */
    @Test
    void aResumedRunDrawsTheSameAugmentations() throws IOException {
        write("set", Encoding.JPEG, Made.waving("alone", 6), Made.waving("another", 3));
        assertTrue(train(config("whole", "", "set.yaml, protocol: full", "epochs: 2\n"), false, null));
        assertTrue(train(config("parts", "", "set.yaml, protocol: full, threads: 3, prefetch: 3", "epochs: 1\n"), false, null));
        assertTrue(train(config("parts", "", "set.yaml, protocol: full, threads: 3, prefetch: 3", "epochs: 2\n"), true, null));
        assertNull(difference("whole", "parts", 6));
    }

    @Test
    void regressorsTrainAndValidate() throws IOException {
        write("set", Encoding.JPEG, Made.waving("alone", 8));
        assertTrue(train(config("regressor", ", smpl_regressor: true", "set.yaml, validation: set.yaml", ""), false, null));
        List<String> rows = Files.readAllLines(folder.resolve("regressor/metrics.csv"));
        int smpl = List.of(rows.getFirst().split(",", -1)).indexOf("smpl");
        assertTrue(smpl > 0, rows.getFirst());
        assertTrue(Double.parseDouble(rows.get(1).split(",", -1)[smpl]) > 0, rows.get(1));
        assertTrue(said.contains("MPVPE") && !said.contains("NaN"), said);
    }

    @Test
    void damagedRowsAreSkippedAndCounted() throws IOException {
        Path yaml = write("set", Encoding.PNG, Made.waving("alone", 12));
        Path img = folder.resolve("set.img.tsv");
        List<String> rows = Files.readAllLines(img);
        rows.set(5, rows.get(5).substring(0, 60) + "!" + rows.get(5).substring(61));
        Files.write(img, rows);
        assertTrue(train(config("skipping", "", "set.yaml, validation: set.yaml", "epochs: 2\n"), false, null));
        assertTrue(said.contains("set.img.tsv, row 5, key alone/image_00005.png: the picture is no base64"), said);
        assertTrue(said.contains("its clip is replaced by the next one"), said);
        assertTrue(said.contains("skipped 1 damaged rows so far"), said);
        assertTrue(said.contains("its clip is not validated"), said);
        Config model = TrainConfig.read(folder.resolve("skipping.yaml")).model();
        try (AnnotatedClips strict = new AnnotatedClips(List.of(TsvImages.open(yaml)), model,
            new AnnotatedClips.Settings(Protocol.REFERENCE, true, false, 32, 5), row -> { })) {
            strict.load(0, 0);
            assertThrows(DamagedRowException.class, () -> strict.load(1, 0));
        }
    }

    @Test
    void everythingOfAClipIsChangedTheSameWay() throws IOException {
        ListedImages made = Made.waving("alone", 4);
        Config model = TrainConfig.read(config("any", "", write("set", Encoding.PNG, made).getFileName().toString(), "")).model();
        try (AnnotatedClips plain = new AnnotatedClips(List.of(made), model, new AnnotatedClips.Settings(Protocol.FULL, false, false, 32, 1), row -> { });
            AnnotatedClips changed = new AnnotatedClips(List.of(made), model, new AnnotatedClips.Settings(Protocol.FULL, true, false, 32, 1), row -> { })) {
            assertArrayEquals(new float[] {1, 1, 1, 1}, plain.load(0).get("has_smpl"));
            Map<String, float[]> before = plain.load(0, 0);
            boolean reversed = false;
            for (int epoch = 0; epoch < 8; epoch++) {
                Map<String, float[]> after = changed.load(0, epoch);
                assertArrayEquals(after.get("pose"), changed.load(0, epoch).get("pose"));
                // lengths of bones stay, frame by frame, forwards or backwards
                double[] forwards = bones(before.get("joints_3d"));
                double[] found = bones(after.get("joints_3d"));
                boolean same = Math.abs(found[0] - forwards[0]) < 1e-5;
                reversed |= !same;
                for (int f = 0; f < 4; f++) {
                    assertEquals(forwards[same ? f : 3 - f], found[f], 1e-5);
                }
            }
            assertTrue(reversed, "half of the clips run backwards");
        }
    }

    @Test
    void inValidationEveryFrameCountsOnce() throws IOException {
        ListedImages made = Made.waving("alone", 6);
        Config model = TrainConfig.read(config("any", "", write("set", Encoding.PNG, made).getFileName().toString(), "")).model();
        try (AnnotatedClips clips = new AnnotatedClips(List.of(made), model, new AnnotatedClips.Settings(Protocol.FULL, false, false, 32, 1), row -> { })) {
            assertArrayEquals(new float[] {0, 0, 1, 1}, clips.load(1).get("has_3d"));
            assertArrayEquals(new float[] {0, 0, 1, 1}, clips.load(1).get("has_smpl"));
        }
    }

    /** Distance of the two wrists in each frame. */
    private static double[] bones(float[] joints) {
        double[] out = new double[joints.length / 56];
        Arrays.setAll(out, f -> {
            double sum = 0;
            for (int d = 0; d < 3; d++) {
                double x = joints[56 * f + 4 * 6 + d] - joints[56 * f + 4 * 11 + d];
                sum += x * x;
            }
            return Math.sqrt(sum);
        });
        return out;
    }

    @Test
    void theConfigSaysWhatItWants() throws IOException {
        write("set", Encoding.PNG, Made.waving("alone", 4));
        assertTrue(assertThrows(IOException.class, () -> train(config("few", "", "set.yaml", "batch: 2\n"), false, null)).getMessage().contains("there are 1"));
        Path none = config("none", "", "set.yaml, protocol: most", "");
        assertTrue(assertThrows(IOException.class, () -> TrainConfig.read(none)).getMessage().contains("data.protocol must be one of reference, full"));
        Files.createFile(folder.resolve("a.npz"));
        Path mixed = config("mixed", "", "[set.yaml, a.npz]", "");
        assertTrue(assertThrows(IOException.class, () -> train(mixed, false, null)).getMessage().contains("cannot be mixed"));
        Path arrays = config("arrays", "", "a.npz", "");
        assertTrue(assertThrows(IOException.class, () -> TrainConfig.read(arrays)).getMessage().contains("unknown key 'data.size'"));
    }
}

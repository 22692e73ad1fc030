package io.github.remocap.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.autograd.Adam;
import io.github.remocap.autograd.Schedule;
import io.github.remocap.autograd.Sgd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainConfigTest {
    private static final String LEAST = """
        model: {layers: 1, motion: false}
        data: {train: 'a?.npz'}
        mesh: mesh.npz
        surface: surface.npz
        optimizer: {learning_rate: 1e-4}
        output: out
        """;

    @TempDir
    private Path folder;

    private TrainConfig read(String text) throws IOException {
        for (String name : List.of("a2.npz", "a1.npz", "b.npz")) {
            Files.writeString(folder.resolve(name), "");
        }
        return TrainConfig.read(Files.writeString(folder.resolve("train.yaml"), text));
    }

    @Test
    void leastAndDefaults() throws IOException {
        TrainConfig c = read(LEAST);
        assertEquals(List.of(folder.resolve("a1.npz"), folder.resolve("a2.npz")), c.data().train());
        assertEquals(1, c.model().layers());
        assertEquals(LossWeights.DEFAULT, c.lossWeights());
        assertEquals(Adam.adamW(), c.optimization().optimizer());
        assertEquals(folder.resolve("out"), c.output());
        assertNull(c.assets());
        assertEquals(TrainConfig.Init.NEW, c.init());
        assertEquals(new TrainConfig.Checkpoints(1, 0, 3, false), c.checkpoints());
        assertTrue(c.dropout() && !c.recompute() && c.withRecompute().recompute());
        assertEquals(Double.POSITIVE_INFINITY, c.optimization().clipNorm());
    }

    @Test
    void everythingElse() throws IOException {
        TrainConfig c = read(LEAST.replace("learning_rate: 1e-4", "kind: nesterov, momentum: 0.8, learning_rate: 0.1, weight_decay: 0.01, clip_norm: 0.3,"
            + " ema: 0.99, frozen: backbone., groups: [{prefix: transformer_1, factor: 0.1}, {prefix: cam_predictor, weight_decay: 0}]")
            .replace("a?.npz'", "a?.npz', validation: [b.npz, a1.npz], threads: 2, prefetch: 5")
            + "losses: {joints_2d: 0}\ninit: {checkpoint: x.bin, lenient: true}\nepochs: 9\nbatch: 2\naccumulation: 3\ndropout: false\nseed: -4\n"
            + "checkpoint: {every_epochs: 0, every_steps: 7, keep: 1}\nrecompute: true\ndevice: reference\n");
        assertEquals(new Sgd(0.8, true), c.optimization().optimizer());
        assertEquals(List.of("backbone"), c.optimization().frozen());
        assertEquals(List.of(new TrainConfig.Group("transformer_1", 0.1, 0.01), new TrainConfig.Group("cam_predictor", 1, 0)), c.optimization().groups());
        assertEquals(List.of(folder.resolve("b.npz"), folder.resolve("a1.npz")), c.data().validation());
        assertEquals(0, c.lossWeights().joints2d());
        assertEquals(new TrainConfig.Init(folder.resolve("x.bin"), true, TrainConfig.MeshStart.RANDOM), c.init());
        assertEquals(new TrainConfig.Checkpoints(0, 7, 1, false), c.checkpoints());
        assertEquals(List.of(9, 2, 3), List.of(c.epochs(), c.batch(), c.accumulation()));
        assertEquals(-4, c.seed());
        assertEquals("reference", c.device());
    }

    @Test
    void schedules() throws IOException {
        Schedule drops = read(LEAST + "schedule: {kind: step, size: 2, gamma: 0.5}\n").schedule().schedule(10, 8);
        assertEquals(List.of(1.0, 1.0, 0.5, 0.25), List.of(drops.factor(0), drops.factor(19), drops.factor(20), drops.factor(40)));
        Schedule cosine = read(LEAST + "schedule: {kind: cosine, unit: step, least: 0.2, warmup_steps: 4, warmup_start: 0.5}\n").schedule().schedule(10, 8);
        assertEquals(0.5, cosine.factor(0), 1e-9);
        assertEquals(0.6, cosine.factor(40), 1e-9); // half of the way of 80 steps
        assertEquals(0.2, cosine.factor(80), 1e-9);
        assertEquals(1, read(LEAST).schedule().schedule(10, 8).factor(77));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "epochs: 1 | epochs: 0 | epochs must be an integer of at least 1, not 0",
        "epochs: 1 | epochs: many | epochs must be an integer",
        "epochs: 1 | epoch: 1 | unknown key 'epoch'; known are",
        "learning_rate: 1e-4 | learning_rate: fast | optimizer.learning_rate must be a number that is not negative, not fast",
        "learning_rate: 1e-4 | weight_decay: 0 | optimizer.learning_rate must be a number that is not negative; it is missing",
        "learning_rate: 1e-4 | learning_rate: 1, kind: lion | optimizer.kind must be one of sgd, momentum, nesterov, adam, adamw, not lion",
        "learning_rate: 1e-4 | learning_rate: 1, momentum: 0.9 | unknown key 'optimizer.momentum'",
        "learning_rate: 1e-4 | learning_rate: 1, groups: [{factor: 1}] | optimizer.groups[0].prefix must be a text; it is missing",
        "'a?.npz' | 'c?.npz' | data.train must be files or globs that match some",
        "layers: 1 | lairs: 1 | unknown key 'lairs'",
        "mesh: mesh.npz | dropout: 1 | one of mesh",
        "surface: surface.npz | dropout: false | surface must be a text; it is missing",
        "epochs: 1 | 'losses: {joints: 1}' | unknown key 'joints'",
        "epochs: 1 | 'losses: {joints_3d: -1}' | not negative",
        "epochs: 1 | 'schedule: {kind: step}' | schedule.size must be the number of epochs or steps between two drops",
        "epochs: 1 | 'schedule: {size: 3}' | unknown key 'schedule.size'",
        "epochs: 1 | 'init: {checkpoint: [1]}' | init.checkpoint must be a text",
        "epochs: 1 | 'init: {lenient: true}' | unknown key 'init.lenient'",
        "epochs: 1 | 'init: {checkpoint: x.bin, mesh: body}' | unknown key 'init.mesh'",
        "epochs: 1 | 'init: {mesh: body}' | init.mesh must be random, since there is no body without assets, not body",
        "epochs: 1 | 'init: {mesh: arms}' | init.mesh must be one of random, body, not arms",
        "epochs: 1 | 'dropout: 0.5' | dropout must be true or false, not 0.5",
        "epochs: 1 | 'x: [' | not YAML"})
    void errorsNameFileKeyAndWhatWasExpected(String from, String to, String expected) {
        String message = assertThrows(IOException.class, () -> read((LEAST + "epochs: 1\n").replace(from, to))).getMessage();
        assertTrue(message.startsWith(folder.resolve("train.yaml") + ": ") && message.contains(expected), message);
    }
}

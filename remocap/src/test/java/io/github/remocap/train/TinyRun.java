package io.github.remocap.train;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.numpy.NumpyWriter;
import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A folder with a very small model, clips of random numbers, and configs; and runs in it. */
final class TinyRun {
    static final int FRAMES = 4;
    static final int CLIPS = 5;
    private static final int COARSE = 7;
    private static final int INTERMEDIATE = 14;
    private static final int FINE = 20;
    private static final String MODEL = """
        model: {width: 4, stage_modules: [1, 1, 1], blocks: 1, stem: 8, bottleneck: 4, head: [4, 4, 8, 8], features: 16, classes: 5, frames: 4,
          sd_groups: 4, md_groups: 16, model_dims: [16, 8], ff_dims: [16, 8], heads: 4, layers: 1, joints: 14, coarse: 7, intermediate: 14, fine: 20}
        mesh: mesh.npz
        surface: surface.npz
        """;

    final Path folder;
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    TinyRun(Path folder) throws IOException {
        this.folder = folder;
        clips("clips.npz", CLIPS, Map.of());
        float[] adjacency = new float[COARSE * COARSE];
        float[] upsample = new float[FINE * INTERMEDIATE];
        float[] h36m = new float[17 * FINE];
        for (int i = 0; i < COARSE; i++) {
            adjacency[i * COARSE + i] = 1;
            adjacency[i * COARSE + (i + 1) % COARSE] = 1;
            adjacency[(i + 1) % COARSE * COARSE + i] = 1;
        }
        for (int i = 0; i < FINE; i++) {
            upsample[i * INTERMEDIATE + i % INTERMEDIATE] = 1;
        }
        for (int j = 0; j < 17; j++) {
            h36m[j * FINE + j] = 0.5f;
            h36m[j * FINE + (j + 3)] = 0.5f;
        }
        int[] faces = new int[3 * (INTERMEDIATE - 2)];
        int[] edges = new int[2 * (INTERMEDIATE - 1)];
        for (int i = 0; i < faces.length; i++) {
            faces[i] = i / 3 + i % 3;
        }
        for (int i = 0; i < edges.length; i++) {
            edges[i] = i / 2 + i % 2;
        }
        NumpyWriter.writeNpz(folder.resolve("mesh.npz"), Map.of("adjacency", StoredTensor.ofFloats(Shape.of(COARSE, COARSE), adjacency),
            "upsample", StoredTensor.ofFloats(Shape.of(FINE, INTERMEDIATE), upsample)), false);
        NumpyWriter.writeNpz(folder.resolve("surface.npz"), Map.of("h36m", StoredTensor.ofFloats(Shape.of(17, FINE), h36m),
            "faces", StoredTensor.ofInts(Shape.of(INTERMEDIATE - 2, 3), faces), "edges", StoredTensor.ofInts(Shape.of(INTERMEDIATE - 1, 2), edges)), false);
    }

    /** Writes clips; {@code changed} puts a NaN at the element of an array. */
    void clips(String file, int clips, Map<String, Integer> changed) throws IOException {
        int n = clips * FRAMES;
        Map<String, StoredTensor> arrays = new LinkedHashMap<>();
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("images", Shape.of(n, 3, 32, 32));
        shapes.put("joints_2d", Shape.of(n, 14, 3));
        shapes.put("joints_3d", Shape.of(n, 14, 4));
        shapes.put("has_3d", Shape.of(n));
        shapes.put("has_smpl", Shape.of(n));
        shapes.put("fine", Shape.of(n, FINE, 3));
        shapes.put("intermediate", Shape.of(n, INTERMEDIATE, 3));
        shapes.put("coarse", Shape.of(n, COARSE, 3));
        shapes.forEach((name, shape) -> {
            float[] values = new float[(int) shape.size()];
            long stream = CounterRandom.stream(CounterRandom.key(name), 0);
            int period = name.equals("images") ? values.length : values.length / n; // one body in all frames: something to learn
            for (int i = 0; i < values.length; i++) {
                values[i] = name.startsWith("has") ? 1 : (float) (2 * CounterRandom.uniform(stream, i % period) - (name.startsWith("joints") ? 0 : 1));
            }
            Integer at = changed.get(name);
            if (at != null) {
                values[at] = Float.NaN;
            }
            arrays.put(name, StoredTensor.ofFloats(shape, values));
        });
        NumpyWriter.writeNpz(folder.resolve(file), arrays, false);
    }

    /** Writes a config; the output folder has its name. */
    Path config(String name, String more) throws IOException {
        String data = more.contains("data:") ? "" : "data: {train: clips.npz, validation: 'clip?.npz'}\n";
        return Files.writeString(folder.resolve(name + ".yaml"), MODEL + data + "output: " + name + "\n" + more);
    }

    /** Trains on the shared device; true if complete. */
    boolean run(String name, String more, boolean resume) throws IOException {
        return run(name, more, resume, Devices.cpu());
    }

    boolean run(String name, String more, boolean resume, Device device) throws IOException {
        said.reset();
        try (PrintStream console = new PrintStream(said, true, StandardCharsets.UTF_8);
            Trainer trainer = new Trainer(TrainConfig.read(config(name, more)), device, resume, console)) {
            return trainer.run();
        }
    }

    /** What the last run said on the console. */
    String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    Path output(String name) {
        return folder.resolve(name);
    }

    Path checkpoint(String name, int step) {
        return output(name).resolve("checkpoints").resolve("step-%010d.rmc".formatted(step));
    }

    /** All arrays of a checkpoint; floats, as integers also serve for counters. */
    Map<String, double[]> arrays(Path checkpoint) throws IOException {
        Map<String, double[]> arrays = new LinkedHashMap<>();
        try (Checkpoint opened = Checkpoint.open(checkpoint)) {
            opened.rawTensors().forEach((name, tensor) -> arrays.put(name, tensor.toDoubles()));
        }
        return arrays;
    }

    /** Text that names the first array in which two checkpoints differ; null if they are the same, bit for bit. */
    @Nullable String difference(Path a, Path b) throws IOException {
        try (Checkpoint first = Checkpoint.open(a); Checkpoint second = Checkpoint.open(b)) {
            if (!first.rawTensors().keySet().equals(second.rawTensors().keySet())) {
                return "names";
            }
            for (Map.Entry<String, StoredTensor> e : first.rawTensors().entrySet()) {
                if (!e.getValue().contentEquals(second.rawTensors().get(e.getKey()))) {
                    return e.getKey();
                }
            }
            return null;
        }
    }
}

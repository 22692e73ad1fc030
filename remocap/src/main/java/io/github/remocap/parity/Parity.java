package io.github.remocap.parity;

import io.github.remocap.assets.Assets;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.io.pickle.RefusedGlobalException;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.MeshFile;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.RemoCap;
import io.github.remocap.model.Runner;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs what a golden folder holds and compares. A golden folder is what the oracle's script writes, or its {@code tiny} part alone.
 */
public final class Parity {
    /** Allowed difference of the small models, relative to an output's largest value. */
    public static final double TINY_TOLERANCE = 2e-5;
    /** Allowed difference of the full-size model. */
    public static final double FULL_TOLERANCE = 1e-4;
    private static final String CHECKPOINT = ".bin";
    private static final String MODEL = "remocap";

    private final Path folder;
    private final List<Device> devices;
    private final String seed;
    private final @Nullable Path assets;
    private final @Nullable Path dump;
    private final Consumer<Check> listener;
    private final List<Check> checks = new ArrayList<>();

    /**
     * Of a folder.
     *
     * @param devices to run on; the full-size model runs on the last
     * @param seed of the full-size model's weights and images
     * @param assets mesh files for the full-size model; without them it is left out
     * @param dump where to write what was computed, as npz; null for nowhere
     * @param listener told of each check as it is made
     */
    public Parity(Path folder, List<Device> devices, String seed, @Nullable Path assets, @Nullable Path dump, Consumer<Check> listener) {
        this.folder = folder;
        this.devices = List.copyOf(devices);
        this.seed = seed;
        this.assets = assets;
        this.dump = dump;
        this.listener = listener;
    }

    /**
     * Runs everything.
     *
     * @throws IOException if the folder holds nothing to compare or a file of it cannot be read
     */
    public List<Check> run() throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder + ": no such folder");
        }
        if (dump != null) {
            Files.createDirectories(dump);
        }
        Path tiny = Files.isDirectory(folder.resolve("tiny")) ? folder.resolve("tiny") : folder;
        models(tiny);
        formats(tiny);
        Dump numbers = new Dump(dump, devices);
        for (Path geometry : List.of(folder.resolve(GeometryParity.FILE), tiny.resolveSibling(GeometryParity.FILE))) {
            if (Files.isRegularFile(geometry)) {
                new GeometryParity(geometry, devices, numbers, this::add).run();
                break;
            }
        }
        if (TrainingParity.isIn(tiny)) {
            new TrainingParity(tiny, devices, numbers, this::add).run();
        }
        Path full = folder.resolve("full");
        if (assets != null && Files.isRegularFile(full.resolve("outputs.npz"))) {
            full(full, assets);
        }
        if (checks.isEmpty()) {
            throw new IOException(folder + ": nothing to compare; expected NAME.bin, NAME_config.json, NAME_eval.npz and mesh.npz, here or in tiny/");
        }
        return List.copyOf(checks);
    }

    private void add(Check check) {
        checks.add(check);
        listener.accept(check);
    }

    private void models(Path tiny) throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> files = Files.list(tiny)) {
            files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith("_eval.npz")).sorted()
                .forEach(f -> names.add(f.substring(0, f.length() - "_eval.npz".length())));
        }
        for (String name : names) {
            Config config = Config.read(tiny.resolve(name + "_config.json"));
            Mesh mesh = MeshFile.read(tiny.resolve("mesh.npz"));
            for (Device device : devices) {
                Map<String, float[]> computed = model(tiny.resolve(name + CHECKPOINT), config, mesh, tiny.resolve(name + "_eval.npz"),
                    name + " on " + device.name(), device, TINY_TOLERANCE);
                dump(name + "_eval_" + device.name(), computed);
            }
        }
    }

    private void dump(String name, Map<String, float[]> arrays) throws IOException {
        if (dump != null) {
            Map<String, StoredTensor> tensors = new LinkedHashMap<>();
            arrays.forEach((key, values) -> tensors.put(key, StoredTensor.ofFloats(Shape.of(values.length), values)));
            io.github.remocap.io.numpy.NumpyWriter.writeNpz(dump.resolve(name + ".npz"), tensors, false);
        }
    }

    /** Runs a checkpoint on the images of an npz and compares with the outputs there. */
    private Map<String, float[]> model(Path checkpointFile, Config config, Mesh mesh, Path golden, String subject, Device device, double tolerance)
        throws IOException {
        RemoCap network = new RemoCap(config);
        try (Checkpoint checkpoint = Checkpoint.open(checkpointFile); NumpyFile npz = NumpyFile.open(golden);
            Weights weights = ModelWeights.load(network, checkpoint, checkpointFile.toString(), StateDictMatcher.Mode.STRICT, m -> { })) {
            StoredTensor images = npz.tensor("images");
            Shape s = images.shape();
            Map<String, float[]> computed = new LinkedHashMap<>();
            try (Runner runner = new Runner(network, weights, mesh, device, s.dim(0), s.dim(2), s.dim(3), true, List.of())) {
                runner.run(images.toFloats());
                for (String name : npz.names()) {
                    if (name.equals("images")) {
                        continue;
                    }
                    if (!runner.shapes().containsKey(name)) {
                        add(Check.failed(subject, name, "the network has no such output"));
                    } else {
                        float[] actual = runner.read(name);
                        computed.put(name, actual);
                        add(Check.of(subject, name, actual, npz.tensor(name).toFloats(), tolerance));
                    }
                }
            }
            return computed;
        }
    }

    /** The same weights in PyTorch's other formats must load as the same numbers, half-precision ones as the nearest half. */
    private void formats(Path tiny) throws IOException {
        Path plain = tiny.resolve(MODEL + CHECKPOINT);
        if (!Files.isRegularFile(plain)) {
            return;
        }
        try (Checkpoint truth = Checkpoint.open(plain)) {
            for (String variant : List.of("legacy", "dataparallel", "nested", "fp16", "bf16")) {
                Path file = tiny.resolve(MODEL + "_" + variant + CHECKPOINT);
                if (Files.isRegularFile(file)) {
                    try (Checkpoint other = Checkpoint.open(file)) {
                        add(sameWeights(file.getFileName().toString(), truth.tensors(), other.tensors()));
                    }
                }
            }
        }
        strided(tiny.resolve("strided.bin"));
        evil(tiny.resolve("evil.bin"));
    }

    private static Check sameWeights(String subject, Map<String, StoredTensor> truth, Map<String, StoredTensor> other) {
        if (!truth.keySet().equals(other.keySet())) {
            return Check.failed(subject, "weights", "other names than " + MODEL + CHECKPOINT);
        }
        for (Map.Entry<String, StoredTensor> entry : truth.entrySet()) {
            StoredTensor b = other.get(entry.getKey());
            float[] expected = entry.getValue().toFloats();
            for (int i = 0; i < expected.length; i++) {
                expected[i] = switch (b.type()) {
                    case F16 -> Float.float16ToFloat(Float.floatToFloat16(expected[i]));
                    case BF16 -> roundToBfloat16(expected[i]);
                    default -> expected[i];
                };
            }
            if (!entry.getValue().shape().equals(b.shape()) || !Arrays.equals(expected, b.toFloats())) {
                return Check.failed(subject, "weights", entry.getKey() + " differs");
            }
        }
        return Check.passed(subject, "weights", truth.size() + " tensors equal");
    }

    private static float roundToBfloat16(float v) {
        int bits = Float.floatToRawIntBits(v);
        return Float.intBitsToFloat(bits + 0x7FFF + (bits >>> 16 & 1) & 0xFFFF0000);
    }

    private void strided(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return;
        }
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            Map<String, StoredTensor> t = checkpoint.rawTensors();
            float[] transposed = new float[24];
            float[] base = new float[24];
            for (int i = 0; i < 24; i++) {
                base[i] = i;
                transposed[i] = i % 4 * 6 + i / 4;
            }
            strided(t, "transposed", DType.F32, Shape.of(6, 4), transposed);
            strided(t, "slice", DType.F32, Shape.of(2, 3), 6, 8, 10, 12, 14, 16);
            strided(t, "shared", DType.F32, Shape.of(2, 12), base);
            strided(t, "scalar", DType.F32, Shape.SCALAR, 7.5f);
            strided(t, "empty", DType.F32, Shape.of(0, 3));
            strided(t, "int64", DType.I64, Shape.of(5), 0, 1, 2, 3, 4);
            strided(t, "uint8", DType.U8, Shape.of(5), 0, 1, 2, 3, 4);
            strided(t, "bool", DType.BOOL, Shape.of(2), 1, 0);
            strided(t, "double", DType.F64, Shape.of(2), 0, 2);
            StoredTensor tiny = t.get("double");
            add(tiny != null && tiny.getDouble(0) == 1e-300 ? Check.passed("strided.bin", "double precision", "")
                : Check.failed("strided.bin", "double precision", "1e-300 did not survive"));
        }
    }

    private void strided(Map<String, StoredTensor> tensors, String name, DType type, Shape shape, float... expected) {
        StoredTensor t = tensors.get(name);
        if (t == null || t.type() != type || !t.shape().equals(shape)) {
            add(Check.failed("strided.bin", name, "expected " + type + " " + shape + ", found " + t));
        } else {
            add(Check.of("strided.bin", name, t.toFloats(), expected, 0));
        }
    }

    private void evil(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return;
        }
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            add(Check.failed("evil.bin", "refused", "it was opened, with " + checkpoint.tensors().size() + " tensors"));
        } catch (RefusedGlobalException e) {
            add(Check.passed("evil.bin", "refused", "by name"));
        }
    }

    private void full(Path full, Path assetFolder) throws IOException {
        Config config = Config.read(full.resolve("config.json"));
        RemoCap network = new RemoCap(config);
        Mesh mesh = new Assets(assetFolder).mesh();
        Device device = devices.getLast();
        String subject = "full on " + device.name();
        int size = 224;
        try (NumpyFile npz = NumpyFile.open(full.resolve("outputs.npz")); Weights weights = DeterministicNumbers.fill(network, seed + "/full");
            Runner runner = new Runner(network, weights, mesh, device, config.frames(), size, size, true, List.of())) {
            runner.run(DeterministicNumbers.uniform(seed + "/full/images", config.frames() * 3 * size * size, -2, 2));
            Map<String, float[]> computed = new LinkedHashMap<>();
            for (String name : npz.names()) {
                float[] expected = npz.tensor(name).toFloats();
                float[] actual = runner.read(name);
                // The golden features are those of the first frame.
                actual = name.equals("features") ? Arrays.copyOf(actual, expected.length) : actual;
                computed.put(name, actual);
                add(Check.of(subject, name, actual, expected, FULL_TOLERANCE));
            }
            dump("full_" + device.name(), computed);
        }
    }

    /** A table of checks, for people. */
    public static String table(List<Check> checks) {
        int subject = Math.max(7, checks.stream().mapToInt(c -> c.subject().length()).max().orElse(0));
        int quantity = Math.max(8, checks.stream().mapToInt(c -> c.quantity().length()).max().orElse(0));
        StringBuilder text = new StringBuilder(String.format("%-" + subject + "s  %-" + quantity + "s  %9s  %9s  %9s%n", "subject", "quantity",
            "absolute", "relative", "allowed"));
        for (Check c : checks) {
            text.append(line(c, subject, quantity)).append(System.lineSeparator());
        }
        return text.toString();
    }

    private static String line(Check c, int subject, int quantity) {
        return String.format("%-" + subject + "s  %-" + quantity + "s  %9.1e  %9.1e  %9.1e  %s%s", c.subject(), c.quantity(), c.absolute(),
            c.relative(), c.tolerance(), c.ok() ? "ok" : "FAILED", c.note().isEmpty() ? "" : "  " + c.note());
    }
}

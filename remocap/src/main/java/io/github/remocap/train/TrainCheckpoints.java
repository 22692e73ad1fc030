package io.github.remocap.train;

import io.github.remocap.autograd.State;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.CheckpointWriter;
import io.github.remocap.layers.ParameterSpec;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints of a run: {@code step-<number>.rmc} with everything that is needed to continue, of which the newest few stay, and
 * {@code best-<metric>.rmc} with the weights alone. All are files that other commands take as models.
 */
final class TrainCheckpoints {
    static final String MODEL_KEY = "model.config";
    private static final String CONFIG_KEY = "training.config";

    /**
     * Where a run stands.
     *
     * @param step steps done
     * @param epoch epochs done, validation included
     * @param position steps done of the running epoch
     * @param bestMpjpe of all validations so far; infinity before the first
     * @param bestPaMpjpe likewise
     */
    record Progress(long step, int epoch, int position, double bestMpjpe, double bestPaMpjpe) {
        static final Progress START = new Progress(0, 0, 0, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
    }

    private final Path folder;
    private final int keep;

    /** In a folder, which is made; half-written files of a killed run go. */
    TrainCheckpoints(Path folder, int keep) throws IOException {
        this.folder = folder;
        this.keep = keep;
        Files.createDirectories(folder);
        for (Path file : list(".", ".tmp")) {
            Files.deleteIfExists(file);
        }
    }

    private List<Path> list(String prefix, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.getFileName().toString().startsWith(prefix) && f.getFileName().toString().endsWith(suffix))
                .sorted(Comparator.reverseOrder()).toList();
        }
    }

    /** Those of steps, newest first. */
    List<Path> steps() throws IOException {
        return list("step-", ".rmc");
    }

    /**
     * Writes the state of a run and removes old ones.
     *
     * @throws NonFiniteException naming the array, if a number in it is not finite: such a state is not worth keeping
     */
    Path save(TrainConfig config, Weights weights, State state, Progress progress) throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>(model(weights, null));
        state.arrays().forEach((name, array) -> tensors.put(ModelWeights.TRAINING + name,
            new StoredTensor(DType.F32, Shape.of(Math.toIntExact(array.byteSize() / Float.BYTES)), array)));
        check(tensors, progress.step());
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put(MODEL_KEY, config.model().toJson());
        metadata.put(CONFIG_KEY, config.text());
        metadata.put("training.step", progress.step());
        metadata.put("training.epoch", (long) progress.epoch());
        metadata.put("training.position", (long) progress.position());
        metadata.put("training.best_mpjpe", progress.bestMpjpe());
        metadata.put("training.best_pa_mpjpe", progress.bestPaMpjpe());
        Path file = folder.resolve(String.format(Locale.ROOT, "step-%010d.rmc", progress.step()));
        CheckpointWriter.write(file, tensors, metadata);
        List<Path> all = steps();
        for (Path old : all.subList(Math.min(keep, all.size()), all.size())) {
            if (!old.getFileName().equals(file.getFileName())) {
                Files.delete(old);
            }
        }
        return file;
    }

    /**
     * Writes the weights of the best validation so far, averaged ones if there are averages.
     *
     * @param metric names the file
     */
    void saveBest(String metric, double value, TrainConfig config, Weights weights, State state, Progress progress) throws IOException {
        Map<String, StoredTensor> tensors = model(weights, state);
        check(tensors, progress.step());
        CheckpointWriter.write(folder.resolve("best-" + metric + ".rmc"), tensors,
            Map.of(MODEL_KEY, config.model().toJson(), "training.step", progress.step(), "training.epoch", (long) progress.epoch(),
                "validation." + metric.replace('-', '_'), value));
    }

    private static Map<String, StoredTensor> model(Weights weights, @Nullable State averages) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (ParameterSpec spec : weights.specs().values()) {
            MemorySegment average = averages == null ? null : averages.arrays().get("average." + spec.name());
            tensors.put(spec.name(), new StoredTensor(spec.dtype(), spec.shape(), average == null ? weights.values(spec.name()) : average));
        }
        return tensors;
    }

    private static void check(Map<String, StoredTensor> tensors, long step) {
        tensors.forEach((name, tensor) -> {
            if (tensor.type() == DType.F32) {
                MemorySegment data = tensor.data();
                for (long i = 0; i < tensor.size(); i++) {
                    if (!Float.isFinite(data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, i * Float.BYTES))) {
                        throw new NonFiniteException("after " + step + " steps: '" + name + "' is not finite (element " + i
                            + "); no checkpoint is written, the last good one stays");
                    }
                }
            }
        });
    }

    /**
     * Loads the newest checkpoint that is intact.
     *
     * @param messages told of damaged ones by name
     * @return empty if there is no checkpoint at all
     * @throws IOException if all are damaged, or the newest intact one is of another model or optimiser
     */
    Optional<Progress> resume(TrainConfig config, Weights weights, State state, Consumer<String> messages) throws IOException {
        List<Path> files = steps();
        for (Path file : files) {
            Checkpoint opened;
            try {
                opened = Checkpoint.open(file);
            } catch (IOException e) {
                damaged(file, e, messages);
                continue;
            }
            try (Checkpoint checkpoint = opened) {
                try {
                    checkpoint.verify();
                } catch (IOException e) {
                    damaged(file, e, messages);
                    continue;
                }
                Progress progress = load(file, checkpoint, config, weights, state);
                messages.accept("resuming from " + file + ": step " + progress.step() + ", epoch " + progress.epoch());
                if (!config.text().equals(checkpoint.metadata().get(CONFIG_KEY))) {
                    messages.accept("the config has changed since " + file.getFileName() + " was written; the present one counts");
                }
                return Optional.of(progress);
            }
        }
        if (!files.isEmpty()) {
            throw new IOException(folder + ": none of " + files.size() + " checkpoints is intact");
        }
        return Optional.empty();
    }

    private static void damaged(Path file, IOException e, Consumer<String> messages) {
        messages.accept("damaged checkpoint skipped: " + (String.valueOf(e.getMessage()).startsWith(file.toString()) ? "" : file + ": ") + e.getMessage());
    }

    private static Progress load(Path file, Checkpoint checkpoint, TrainConfig config, Weights weights, State state) throws IOException {
        Map<String, StoredTensor> tensors = checkpoint.rawTensors();
        String model = String.valueOf(checkpoint.metadata().get(MODEL_KEY));
        if (!model.equals(config.model().toJson())) {
            throw new IOException(file + ": is of another model: " + model + "; the config's is " + config.model().toJson());
        }
        Map<String, MemorySegment> places = new LinkedHashMap<>();
        weights.specs().keySet().forEach(name -> places.put(name, weights.values(name)));
        state.arrays().forEach((name, array) -> places.put(ModelWeights.TRAINING + name, array));
        List<String> wrong = new ArrayList<>();
        places.forEach((name, place) -> {
            StoredTensor tensor = tensors.get(name);
            if (tensor == null || tensor.data().byteSize() != place.byteSize()) {
                wrong.add(name);
            }
        });
        tensors.keySet().stream().filter(name -> !places.containsKey(name)).forEach(wrong::add);
        if (!wrong.isEmpty()) {
            throw new IOException(file + ": does not fit this config's optimizer (kind, ema, frozen): " + wrong.size()
                + " arrays are missing, of another size, or too many, such as '" + wrong.getFirst() + "'");
        }
        places.forEach((name, place) -> place.copyFrom(tensors.get(name).data()));
        return new Progress(number(file, checkpoint, "training.step"), Math.toIntExact(number(file, checkpoint, "training.epoch")),
            Math.toIntExact(number(file, checkpoint, "training.position")), real(file, checkpoint, "training.best_mpjpe"),
            real(file, checkpoint, "training.best_pa_mpjpe"));
    }

    private static long number(Path file, Checkpoint checkpoint, String key) throws IOException {
        if (checkpoint.metadata().get(key) instanceof Number n && n.longValue() >= 0) {
            return n.longValue();
        }
        throw new IOException(file + ": no number '" + key + "' in its metadata: it is no checkpoint of a training run");
    }

    private static double real(Path file, Checkpoint checkpoint, String key) throws IOException {
        if (checkpoint.metadata().get(key) instanceof Number n) {
            return n.doubleValue();
        }
        throw new IOException(file + ": no number '" + key + "' in its metadata: it is no checkpoint of a training run");
    }
}

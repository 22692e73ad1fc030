package io.github.remocap.train;

import io.github.remocap.assets.Assets.Gender;
import io.github.remocap.assets.BodyAssets;
import io.github.remocap.autograd.Schedule;
import io.github.remocap.autograd.State;
import io.github.remocap.body.Skinning;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher.Mode;
import io.github.remocap.layers.ParameterSpec;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.MeshFile;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.RemoCap;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.train.BatchLoader.Batch;
import io.github.remocap.train.TrainCheckpoints.Progress;
import io.github.remocap.train.Validator.Scores;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A training run. Every number of it depends on config, data and the count of steps alone, so that a run that was interrupted and
 * continues from a checkpoint ends with the same weights, bit for bit, on any number of threads. An epoch goes through the clips in a
 * shuffled order; those that do not fill a last step are left out of it.
 */
public final class Trainer implements AutoCloseable {
    private final TrainConfig config;
    private final Device device;
    private final ClipSource clips;
    private final @Nullable ClipSource validationClips;
    private final TrainLog log;
    private final TrainCheckpoints checkpoints;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Weights weights;
    private final State state;
    private final TrainingStep training;
    private final @Nullable Validator validator;
    private final Schedule schedule;
    private final int stepsPerEpoch;
    private Progress progress;
    private volatile boolean stopping;

    /**
     * Prepares a run: reads data and weights, compiles.
     *
     * @param resume continue from the newest intact checkpoint in the output folder; without any, begin
     * @param console where messages go besides the log
     * @throws IOException if files are missing or wrong, or the output folder has another run's checkpoints
     */
    public Trainer(TrainConfig config, Device device, boolean resume, PrintStream console) throws IOException {
        this(config, device, resume, console, null);
    }

    /**
     * As the other one, on clips that are not in files.
     *
     * @param source instead of the config's {@code data.train}; closed with the trainer
     */
    Trainer(TrainConfig config, Device device, boolean resume, PrintStream console, @Nullable ClipSource source) throws IOException {
        this.config = config;
        this.device = device;
        boolean done = false;
        try {
            RemoCap network = new RemoCap(config.model());
            Mesh mesh = config.assets() != null ? BodyAssets.open(config.assets()).mesh() : MeshFile.read(Objects.requireNonNull(config.mesh()));
            mesh.check(config.model());
            Surface surface = surface(config);
            clips = own(source != null ? source : DataFiles.open(config, config.data().train(), true, this::say));
            validationClips = config.data().validation().isEmpty() ? null : own(DataFiles.open(config, config.data().validation(), false, this::say));
            int perStep = Math.multiplyExact(config.batch(), config.accumulation());
            stepsPerEpoch = clips.size() / perStep;
            if (stepsPerEpoch == 0) {
                throw new IOException("a step takes " + perStep + " clips (batch times accumulation); there are " + clips.size());
            }
            checkpoints = new TrainCheckpoints(config.output().resolve("checkpoints"), config.checkpoints().keep());
            if (!resume && !checkpoints.steps().isEmpty()) {
                throw new IOException(config.output() + ": has checkpoints of another run; --resume continues it, or set another output");
            }
            log = own(new TrainLog(config.output(), console));
            weights = own(Weights.initialized(network, config.seed()));
            if (config.init().mesh() == TrainConfig.MeshStart.BODY) {
                BodyStart.apply(weights, config.model(), BodyAssets.open(Objects.requireNonNull(config.assets())), config.seed());
            }
            Path initial = config.init().checkpoint();
            if (initial != null) {
                load(initial, config.init().lenient(), network);
            }
            state = own(new State());
            training = own(new TrainingStep(config, network, weights, mesh, surface, clips.shapes(), state, device));
            log.message(config.model().describe() + " on " + device.description());
            Optional<Progress> before = resume ? checkpoints.resume(config, weights, state, this::say) : Optional.empty();
            if (resume && before.isEmpty()) {
                log.message("no checkpoint in " + config.output() + " yet; beginning");
            }
            if (before.isPresent()) {
                device.parametersFromHost();
            }
            progress = before.orElse(Progress.START);
            validator = validationClips == null ? null
                : own(new Validator(network, averaged(network), mesh, surface, validationClips.shapes(), device));
            schedule = config.schedule().schedule(stepsPerEpoch, config.epochs());
            if (clips instanceof AnnotatedClips a) {
                log.message(a.summary());
            }
            log.message(clips.size() + " clips, " + stepsPerEpoch + " steps an epoch, " + config.epochs() + " epochs; "
                + offHeap() + " bytes of native memory");
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private static Surface surface(TrainConfig config) throws IOException {
        Path file = config.surface();
        if (file != null) {
            return SurfaceFile.read(file, config.model());
        }
        BodyAssets assets = BodyAssets.open(Objects.requireNonNull(config.assets()));
        SparseMatrix h36m = assets.h36m(config.model().fine());
        boolean needed = config.model().smplRegressor() && assets.hasBody(Gender.NEUTRAL) || DataFiles.annotated(config.data().train())
            || DataFiles.annotated(config.data().validation());
        Skinning body = needed ? new Skinning(assets.smpl(Gender.NEUTRAL)) : null;
        return new Surface(assets.intermediateFaces(), assets.intermediateEdges(), h36m, body, body == null ? null : assets.hierarchy());
    }

    private <T extends AutoCloseable> T own(T resource) {
        open.push(resource);
        return resource;
    }

    /** Any thread may say something. */
    private synchronized void say(String line) {
        try {
            log.message(line);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void load(Path file, boolean lenient, RemoCap network) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            checkpoint.verify();
            Mode mode = lenient ? Mode.LENIENT : Mode.STRICT;
            try (Weights loaded = ModelWeights.load(network, checkpoint, file.toString(), mode, this::say)) {
                for (ParameterSpec spec : weights.specs().values()) {
                    StoredTensor tensor = checkpoint.tensors().get(spec.name());
                    if (tensor != null && tensor.shape().equals(spec.shape())) { // the others keep the values that the seed gives
                        weights.values(spec.name()).copyFrom(loaded.values(spec.name()));
                    }
                }
            }
            log.message("weights from " + file);
        }
    }

    /** The weights to validate: averages where there are any. */
    private Weights averaged(RemoCap network) {
        Weights view = own(Weights.unbound(network));
        for (String name : weights.specs().keySet()) {
            MemorySegment average = state.arrays().get("average." + name);
            view.bind(name, average == null ? weights.values(name) : average);
        }
        return view;
    }

    private long offHeap() {
        long bytes = training.memory() + (validator == null ? 0 : validator.memory());
        for (String name : weights.specs().keySet()) {
            bytes += weights.values(name).byteSize();
        }
        return bytes + state.arrays().values().stream().mapToLong(MemorySegment::byteSize).sum();
    }

    /** The weights, as they are. */
    public Weights weights() {
        return weights;
    }

    /** Steps done so far, those before a resume included. */
    public long steps() {
        return progress.step();
    }

    /** Asks the run to end after the running step with a checkpoint. Any thread may call this. */
    public void stop() {
        stopping = true;
    }

    /**
     * Trains until the last epoch is over or {@link #stop} is called.
     *
     * @return whether the run is complete
     * @throws NonFiniteException if the loss, the gradients or the weights are not finite; the last good checkpoint stays
     * @throws IOException if clips cannot be read or checkpoints and logs not written
     */
    public boolean run() throws IOException {
        if (config.checkpoints().initial() && progress.step() == 0) {
            save();
        }
        log.begin(training.parts(), progress, (long) stepsPerEpoch * config.epochs());
        try {
            while (progress.epoch() < config.epochs()) {
                if (!epoch() || !validate()) {
                    Path file = save();
                    log.message("stopped after " + progress.step() + " steps; " + file + " is written, --resume continues");
                    return false;
                }
                int every = config.checkpoints().everyEpochs();
                if (progress.epoch() == config.epochs() || every > 0 && progress.epoch() % every == 0) {
                    save();
                }
            }
            log.message("complete: " + progress.step() + " steps, " + progress.epoch() + " epochs");
            return true;
        } catch (NonFiniteException e) {
            List<Path> good = checkpoints.steps();
            log.message(e.getMessage() + "\n" + (good.isEmpty() ? "no checkpoint was written before" : "last good checkpoint: " + good.getFirst()));
            throw e;
        }
    }

    /** Writes a checkpoint of what the device has computed. */
    private Path save() throws IOException {
        device.parametersToHost();
        return checkpoints.save(config, weights, state, progress);
    }

    /** The rest of the running epoch's steps; false if stopped. */
    private boolean epoch() throws IOException {
        int[] order = ClipSource.order(clips.size(), config.seed(), progress.epoch());
        List<int[]> batches = BatchLoader.cut(order, config.batch(), progress.position() * config.accumulation());
        try (BatchLoader loader = new BatchLoader(clips, batches, config.data().threads(), config.data().prefetch(), progress.epoch())) {
            while (progress.position() < stepsPerEpoch) {
                if (stopping) {
                    return false;
                }
                long start = System.nanoTime();
                List<Batch> passes = new ArrayList<>();
                for (int i = 0; i < config.accumulation(); i++) {
                    passes.add(loader.next());
                }
                TrainingStep.Result result = training.run(progress.step(), passes, schedule);
                long step = progress.step() + 1;
                log.step(step, progress.epoch() + 1, result, training.rates(schedule, step - 1), (System.nanoTime() - start) * 1e-9, offHeap());
                progress = new Progress(step, progress.epoch(), progress.position() + 1, progress.bestMpjpe(), progress.bestPaMpjpe());
                if (config.checkpoints().everySteps() > 0 && step % config.checkpoints().everySteps() == 0) {
                    save();
                }
            }
        }
        return true;
    }

    /** Ends the epoch; false if stopped. */
    private boolean validate() throws IOException {
        if (clips instanceof AnnotatedClips a && a.damaged() > 0) {
            log.message("skipped " + a.damaged() + " damaged rows so far");
        }
        Validator metrics = validator;
        ClipSource source = validationClips;
        double mpjpe = progress.bestMpjpe();
        double paMpjpe = progress.bestPaMpjpe();
        int epochs = progress.epoch() + 1;
        if (metrics != null && source != null) {
            Optional<Scores> found = metrics.run(source, config.data(), () -> stopping, this::say);
            if (found.isEmpty()) {
                return false;
            }
            Scores scores = found.get();
            log.validation(progress.step(), epochs, scores);
            if (scores.mpjpe() < mpjpe) {
                mpjpe = scores.mpjpe();
                device.parametersToHost();
                checkpoints.saveBest("mpjpe", mpjpe, config, weights, state, progress);
            }
            if (scores.paMpjpe() < paMpjpe) {
                paMpjpe = scores.paMpjpe();
                device.parametersToHost();
                checkpoints.saveBest("pa-mpjpe", paMpjpe, config, weights, state, progress);
            }
        }
        progress = new Progress(progress.step(), epochs, 0, mpjpe, paMpjpe);
        return true;
    }

    /** Frees everything and closes files. */
    @Override
    public void close() throws IOException {
        IOException failed = null;
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (IOException e) {
                failed = e;
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                failed = new IOException(e);
            }
        }
        if (failed != null) {
            throw failed;
        }
    }
}

package io.github.remocap.cli;

import io.github.remocap.assets.Assets.Gender;
import io.github.remocap.assets.BodyAssets;
import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.data.Clip;
import io.github.remocap.data.Clips;
import io.github.remocap.data.KnownData;
import io.github.remocap.data.Raw3dpw;
import io.github.remocap.data.TruthBodies;
import io.github.remocap.data.TsvImages;
import io.github.remocap.evaluate.Evaluation;
import io.github.remocap.evaluate.Evaluations;
import io.github.remocap.evaluate.Evaluator;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.RemoCap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Errors on a data set. */
@Command(name = "evaluate", mixinStandardHelpOptions = true,
    description = {"Measure a model on annotated pictures: MPVPE, MPJPE, PA-MPJPE and acceleration error, as table, JSON, CSV, plot and page.",
        "Ctrl-C ends after the running clip, writes what was found so far and exits with 130. See docs/data.md."})
final class EvaluateCommand implements Callable<Integer> {
    private static final int REFERENCE_BATCH = 16;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    @Mixin
    private DeviceOption device;

    @ArgGroup(multiplicity = "1")
    private Input input;

    /** Where pictures come from. */
    static final class Input {
        @Option(names = "--data", required = true, paramLabel = "FILE", description = "A data set's YAML file, or its .img.tsv.")
        private @Nullable Path data;

        @Option(names = "--raw-3dpw", required = true, paramLabel = "DIR", description = "3DPW as it is distributed: the folder with sequenceFiles and imageFiles.")
        private @Nullable Path raw;
    }

    @Option(names = "--split", paramLabel = "NAME", description = "With --raw-3dpw: train, validation or test (default: test).")
    private @Nullable String split;

    @Option(names = "--assets", required = true, paramLabel = "DIR",
        description = "Folder with the body's files, or 'embedded' for the body that comes with the program.")
    private Path assets;

    @Option(names = "--protocol", defaultValue = "full", paramLabel = "NAME",
        description = "full: every frame counts once; reference: the clips of the reference, which leaves frames out (default: ${DEFAULT-VALUE}).")
    private Clips.Protocol protocol;

    @Option(names = "--batch", paramLabel = "N",
        description = "With --protocol reference: clips of a batch; the last incomplete batch is left out (default: 16, as the reference).")
    private @Nullable Integer batch;

    @Option(names = "--size", defaultValue = "224", paramLabel = "N", description = "Side of the network's input in pixels (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(names = "--gendered", description = "True meshes from the body of the annotated gender. Default: the neutral body, as the reference.")
    private boolean gendered;

    @Option(names = "--fps", paramLabel = "X", description = "Frames of a track in a second, for m/s^2. Default: what the data set says of itself.")
    private @Nullable Double fps;

    @Option(names = "--skip-damaged", description = "Leave clips with damaged rows out, and say so, instead of stopping.")
    private boolean skip;

    @Option(names = "--worst", defaultValue = "20", paramLabel = "N", description = "How many of the worst frames are drawn (default: ${DEFAULT-VALUE}).")
    private int worst;

    @Option(names = "--threads", defaultValue = "2", paramLabel = "N", description = "Threads that read pictures (default: ${DEFAULT-VALUE}).")
    private int threads;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write to.")
    private Path out;

    private volatile boolean stopping;

    @Override
    public Integer call() throws IOException {
        check();
        CountDownLatch written = new CountDownLatch(1);
        // On Ctrl-C (or SIGTERM) the JVM waits for this hook, then exits with 130 (143).
        Thread hook = new Thread(() -> {
            stopping = true;
            try {
                written.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "remocap-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return run();
        } finally {
            written.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                stopping = true; // the process is ending, and the hook has run or is running: that is how it was stopped
            }
        }
    }

    private int run() throws IOException {
        BodyAssets files = BodyAssets.open(assets);
        TruthBodies bodies = gendered ? TruthBodies.gendered(files) : files.hasBody(Gender.NEUTRAL) || input.raw != null ? TruthBodies.neutral(files) : null;
        if (bodies == null) {
            System.err.println(files.describe() + ": no body model, so MPVPE is not measured");
        }
        try (Checkpoint checkpoint = model.open(); AnnotatedImages data = open(bodies)) {
            RemoCap network = model.network(checkpoint);
            Mesh mesh = files.mesh();
            mesh.check(network.config());
            Clips clips = clips(data, network.config().frames());
            KnownData known = KnownData.of(clips.clips().stream().map(Clip::sequence).distinct().toList()).orElse(null);
            int[] faces = files.faces().orElse(new int[0]); // without a body model nothing can be drawn
            Evaluator evaluator = new Evaluator(files.h36m(network.config().fine()), bodies, skip, worst);
            try (Weights weights = model.weights(network, checkpoint);
                EvaluationPredictor predictor = new EvaluationPredictor(network, weights, mesh, device.device(), size)) {
                Evaluator.Result result = evaluate(evaluator, data, clips, predictor);
                Evaluation evaluation = new Evaluation(data.name(), clips, result, rate(data, known), known, settings(network, files));
                Evaluations.write(out, evaluation, data, faces);
                Evaluations.print(evaluation, System.out);
                System.out.println(out.resolve("worst.html") + ", errors.png, evaluation.json");
                return result.complete() ? 0 : 130;
            }
        }
    }

    private void check() {
        if (batch != null && (protocol != Clips.Protocol.REFERENCE || batch < 1)) {
            throw new ParameterException(spec.commandLine(), "--batch: must be at least 1, and only --protocol reference leaves the last batch out");
        }
        if (split != null && input.raw == null) {
            throw new ParameterException(spec.commandLine(), "--split: only --raw-3dpw has parts");
        }
        if (size < 32 || size % 32 != 0) {
            throw new ParameterException(spec.commandLine(), "--size: must be a multiple of 32, not " + size);
        }
        if (worst < 0 || threads < 1 || fps != null && !(fps > 0)) {
            throw new ParameterException(spec.commandLine(), "--worst must be 0 or more, --threads 1 or more, --fps above 0");
        }
    }

    private AnnotatedImages open(@Nullable TruthBodies bodies) throws IOException {
        Path raw = input.raw;
        Path data = input.data;
        if (raw != null && bodies != null) {
            return Raw3dpw.open(raw, split == null ? "test" : split, bodies);
        }
        if (data == null) {
            throw new IllegalStateException("one of the two is required");
        }
        return TsvImages.open(data);
    }

    private Clips clips(AnnotatedImages data, int frames) throws IOException {
        Clips all = Clips.of(data, protocol, frames);
        if (protocol != Clips.Protocol.REFERENCE) {
            return all;
        }
        int size = batch == null ? REFERENCE_BATCH : batch;
        int kept = all.clips().size() - all.clips().size() % size;
        if (kept == 0) {
            throw new IOException(data.name() + ": " + all.describe() + "; the reference leaves out the last incomplete batch of " + size
                + " clips, which is all of them (--batch 1 or --protocol full)");
        }
        return all.first(kept);
    }

    private double rate(AnnotatedImages data, @Nullable KnownData known) {
        return fps != null ? fps : !Double.isNaN(data.framesPerSecond()) || known == null ? data.framesPerSecond() : known.framesPerSecond();
    }

    private Map<String, String> settings(RemoCap network, BodyAssets files) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("program", Version.text());
        settings.put("checkpoint", model.file().toString());
        settings.put("model", network.config().describe());
        settings.put("assets", files.describe());
        settings.put("bodies", gendered ? "gendered" : "neutral");
        settings.put("device", device.device().description());
        settings.put("size", Integer.toString(size));
        return settings;
    }

    private Evaluator.Result evaluate(Evaluator evaluator, AnnotatedImages data, Clips clips, EvaluationPredictor predictor) throws IOException {
        try (ProgressBar bar = new ProgressBarBuilder().setTaskName("clips").setInitialMax(clips.clips().size()).setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(500).build()) {
            return evaluator.run(data, clips, predictor, threads,
                new Evaluator.Hooks(bar::stepTo, row -> System.err.println("\nskipped: " + row), () -> stopping));
        }
    }
}

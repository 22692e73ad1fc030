package io.github.remocap.train;

import io.github.remocap.assets.BodyAssets;
import io.github.remocap.autograd.Adam;
import io.github.remocap.autograd.Optimizer;
import io.github.remocap.autograd.Schedule;
import io.github.remocap.autograd.Sgd;
import io.github.remocap.data.Clips;
import io.github.remocap.model.Config;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * What a training run does, from a YAML file. Paths in it are relative to the file's folder.
 *
 * @param text the file as it was read
 * @param model sizes of the network, and which of SD and MD it has
 * @param data clips
 * @param mesh npz with adjacency and upsample; null with {@code assets}
 * @param assets folder with the body's mesh files, or {@value BodyAssets#EMBEDDED}; null with {@code mesh}
 * @param surface npz with faces, edges and h36m; null to take them from {@code assets}
 * @param lossWeights factors of the losses; what the file does not name has its default
 * @param optimization how weights move
 * @param schedule how the learning rate changes
 * @param epochs passes over the training clips, at least one
 * @param batch clips in one forward and backward pass
 * @param accumulation passes whose gradients are averaged for one step
 * @param dropout whether dropout layers drop
 * @param seed of initial weights, order of clips and dropout
 * @param checkpoints when to write them
 * @param init where weights come from
 * @param recompute activations are computed again stage by stage in the backward pass instead of kept
 * @param output folder for checkpoints and logs
 * @param device name of the device
 */
public record TrainConfig(String text, Config model, Data data, @Nullable Path mesh, @Nullable Path assets,
    @Nullable Path surface, LossWeights lossWeights,
    Optimization optimization, Rates schedule, int epochs, int batch, int accumulation, boolean dropout, long seed, Checkpoints checkpoints,
    Init init, boolean recompute, Path output, String device) {

    /**
     * Where clips come from.
     *
     * @param train npz files, or YAML or TSV files of annotated pictures; at least one
     * @param validation the same; empty for none
     * @param threads that read clips
     * @param prefetch batches that are read ahead
     * @param protocol how tracks of annotated pictures are cut into clips
     * @param augment whether training clips of annotated pictures are changed at random
     * @param size side of the network's input, to which annotated pictures are cut
     */
    public record Data(List<Path> train, List<Path> validation, int threads, int prefetch, Clips.Protocol protocol, boolean augment, int size) {
    }

    /** Optimisers. */
    public enum Kind { SGD, MOMENTUM, NESTEROV, ADAM, ADAMW }

    /**
     * How weights move.
     *
     * @param kind the optimiser
     * @param learningRate before factors of groups and schedule
     * @param weightDecay as PyTorch's
     * @param momentum of momentum and nesterov
     * @param beta1 of Adam
     * @param beta2 of Adam
     * @param epsilon of Adam
     * @param clipNorm bound of the gradients' common norm; infinity for none
     * @param ema decay of the weights' moving average; 0 for none
     * @param groups parts with their own learning rate
     * @param frozen module paths that stay as they are, running statistics included
     */
    public record Optimization(Kind kind, double learningRate, double weightDecay, double momentum, double beta1, double beta2, double epsilon,
        double clipNorm, double ema, List<Group> groups, List<String> frozen) {
        /** The optimiser. */
        public Optimizer optimizer() {
            return switch (kind) {
                case SGD -> new Sgd(0, false);
                case MOMENTUM -> new Sgd(momentum, false);
                case NESTEROV -> new Sgd(momentum, true);
                case ADAM -> new Adam(beta1, beta2, epsilon, false);
                case ADAMW -> new Adam(beta1, beta2, epsilon, true);
            };
        }
    }

    /**
     * Parameters below a module.
     *
     * @param prefix path of a module, or name of a parameter
     * @param factor on the learning rate
     * @param weightDecay of these parameters
     */
    public record Group(String prefix, double factor, double weightDecay) {
    }

    /** Courses of the learning rate. */
    public enum Course { CONSTANT, STEP, COSINE }

    /** What a schedule counts. */
    public enum Unit { EPOCH, STEP }

    /**
     * How the learning rate changes.
     *
     * @param course its course
     * @param unit what {@code size} counts
     * @param size period of STEP; length of COSINE, 0 for the whole run
     * @param gamma factor of STEP
     * @param least last factor of COSINE
     * @param warmupSteps steps of linear warm-up, 0 for none
     * @param warmupStart first factor of the warm-up
     */
    public record Rates(Course course, Unit unit, long size, double gamma, double least, long warmupSteps, double warmupStart) {
        /** The factor on learning rates by step of a run with so many steps an epoch. */
        public Schedule schedule(long stepsPerEpoch, long epochs) {
            long per = unit == Unit.EPOCH ? stepsPerEpoch : 1;
            Schedule course = switch (this.course) {
                case CONSTANT -> Schedule.constant();
                case STEP -> Schedule.step(size, gamma);
                case COSINE -> Schedule.cosine(size > 0 ? size : unit == Unit.EPOCH ? epochs : epochs * stepsPerEpoch, least);
            };
            Schedule bySteps = t -> course.factor(t / per);
            return warmupSteps > 0 ? Schedule.warmup(warmupSteps, warmupStart).times(bySteps) : bySteps;
        }
    }

    /**
     * When checkpoints are written.
     *
     * @param everyEpochs after each of so many epochs; 0 for never, but the last epoch's is always written
     * @param everySteps besides after each of so many steps; 0 for never
     * @param keep how many of the newest stay, apart from the best
     * @param initial whether the weights before the first step are written, too
     */
    public record Checkpoints(int everyEpochs, long everySteps, int keep, boolean initial) {
    }

    /** How the mesh's tokens and the learned upsampling begin. */
    public enum MeshStart {
        /** As in the released training. */
        RANDOM,
        /** As {@link BodyStart} makes them of the body at rest. */
        BODY
    }

    /**
     * Where weights come from.
     *
     * @param checkpoint of any known format; null for new weights
     * @param lenient take what fits by name and shape
     * @param mesh of weights that are in no checkpoint
     */
    public record Init(@Nullable Path checkpoint, boolean lenient, MeshStart mesh) {
        /** New weights, all random. */
        public static final Init NEW = new Init(null, false, MeshStart.RANDOM);
    }

    /**
     * Reads a file.
     *
     * @throws IOException naming file, key and what was expected where something is wrong
     */
    public static TrainConfig read(Path file) throws IOException {
        String text = Files.readString(file);
        Path folder = file.toAbsolutePath().getParent();
        try {
            Object tree = new Load(LoadSettings.builder().setLabel(file.toString()).build()).loadFromString(text);
            if (!(tree instanceof Map<?, ?> map)) {
                throw new IllegalArgumentException("expected keys and values");
            }
            return from(text, new Section("", map), folder == null ? Path.of("") : folder);
        } catch (YamlEngineException e) {
            throw new IOException(file + ": not YAML: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** The same, with activations computed again in the backward pass. */
    public TrainConfig withRecompute() {
        return new TrainConfig(text, model, data, mesh, assets, surface, lossWeights, optimization, schedule, epochs, batch, accumulation, dropout, seed,
            checkpoints, init, true, output, device);
    }

    private static TrainConfig from(String text, Section top, Path folder) throws IOException {
        Config model = model(top, folder);
        Section data = top.section("data");
        Data clips = data(data, folder);
        if (top.has("mesh") == top.has("assets")) {
            throw new IllegalArgumentException("one of mesh (an npz with adjacency and upsample) and assets (a folder) must be given");
        }
        Path mesh = top.has("mesh") ? folder.resolve(top.text("mesh", null)) : null;
        Path assets = top.has("assets") ? assets(top.text("assets", null), folder) : null;
        Path surface = top.has("surface") || assets == null ? folder.resolve(top.text("surface", null)) : null;
        Optimization optimization = optimization(top.section("optimizer"));
        Rates rates = rates(top.section("schedule"));
        Section saved = top.section("checkpoint");
        Checkpoints checkpoints = new Checkpoints((int) saved.integer("every_epochs", 1, 0), saved.integer("every_steps", 0, 0),
            (int) saved.integer("keep", 3, 1), saved.flag("initial", false));
        saved.finish();
        Init init = init(top.section("init"), folder, assets != null);
        TrainConfig config = new TrainConfig(text, model, clips, mesh, assets, surface, lossWeights(top), optimization, rates,
            (int) top.integer("epochs", 1, 1), (int) top.integer("batch", 1, 1), (int) top.integer("accumulation", 1, 1),
            top.flag("dropout", true), top.integer("seed", 0, Long.MIN_VALUE), checkpoints, init, top.flag("recompute", false),
            folder.resolve(top.text("output", null)), top.text("device", "cpu"));
        top.finish();
        return config;
    }

    private static Init init(Section s, Path folder, boolean body) {
        Path checkpoint = s.has("checkpoint") ? folder.resolve(s.text("checkpoint", null)) : null;
        boolean lenient = checkpoint != null && s.flag("lenient", false); // without a checkpoint the key is unknown: it would do nothing
        MeshStart mesh = MeshStart.RANDOM;
        if (checkpoint == null || lenient) { // a whole checkpoint has its own
            mesh = s.choice("mesh", MeshStart.class, mesh);
            if (mesh == MeshStart.BODY && !body) {
                throw s.wrong("mesh", "random, since there is no body without assets");
            }
        }
        s.finish();
        return new Init(checkpoint, lenient, mesh);
    }

    private static Path assets(String text, Path folder) {
        return text.equals(BodyAssets.EMBEDDED) ? Path.of(text) : folder.resolve(text);
    }

    private static Data data(Section s, Path folder) throws IOException {
        List<Path> train = files(s, "train", folder, true);
        List<Path> validation = files(s, "validation", folder, false);
        int threads = (int) s.integer("threads", 1, 1);
        int prefetch = (int) s.integer("prefetch", 2, 1);
        Clips.Protocol protocol = Clips.Protocol.REFERENCE;
        boolean augment = false;
        int size = 224;
        if (DataFiles.annotated(train) || DataFiles.annotated(validation)) { // arrays are cut and changed already: there the keys are unknown
            protocol = s.choice("protocol", Clips.Protocol.class, protocol);
            augment = s.flag("augment", true);
            size = (int) s.integer("size", size, 32);
            if (size % 32 != 0) {
                throw s.wrong("size", "a multiple of 32");
            }
        }
        s.finish();
        return new Data(train, validation, threads, prefetch, protocol, augment, size);
    }

    private static Config model(Section top, Path folder) throws IOException {
        return switch (top.raw("model")) {
            case String file -> Config.read(folder.resolve(file));
            case Map<?, ?> map -> Config.from(map);
            case null, default -> throw top.wrong("model", "a file, or keys and values of a model config");
        };
    }

    private static LossWeights lossWeights(Section top) {
        return switch (top.raw("losses")) {
            case null -> LossWeights.DEFAULT;
            case Map<?, ?> map -> LossWeights.from(map);
            default -> throw top.wrong("losses", "keys and values");
        };
    }

    private static Optimization optimization(Section s) {
        String rate = "a number that is not negative";
        double decay = s.number("weight_decay", 0, TrainConfig::plain, rate);
        List<Group> groups = new ArrayList<>();
        for (Section g : s.sections("groups")) {
            groups.add(new Group(path(g.text("prefix", null)), g.number("factor", 1, TrainConfig::plain, rate),
                g.number("weight_decay", decay, TrainConfig::plain, rate)));
            g.finish();
        }
        Kind kind = s.choice("kind", Kind.class, Kind.ADAMW);
        double momentum = 0;
        double beta1 = 0;
        double beta2 = 0;
        double epsilon = 0;
        if (kind == Kind.MOMENTUM || kind == Kind.NESTEROV) { // keys of other optimisers are unknown: they would do nothing
            momentum = s.number("momentum", 0.9, m -> m > 0 && m < 1, "a number between 0 and 1");
        } else if (kind != Kind.SGD) {
            beta1 = s.number("beta1", 0.9, TrainConfig::share, "a number in [0, 1)");
            beta2 = s.number("beta2", 0.999, TrainConfig::share, "a number in [0, 1)");
            epsilon = s.number("epsilon", 1e-8, TrainConfig::plain, rate);
        }
        if (!s.has("learning_rate")) {
            throw s.wrong("learning_rate", rate);
        }
        Optimization result = new Optimization(kind, s.number("learning_rate", 0, TrainConfig::plain, rate), decay, momentum, beta1, beta2, epsilon,
            s.number("clip_norm", Double.POSITIVE_INFINITY, c -> c > 0, "a positive number"),
            s.number("ema", 0, TrainConfig::share, "a number in [0, 1)"), List.copyOf(groups),
            s.texts("frozen").stream().map(TrainConfig::path).toList());
        s.finish();
        return result;
    }

    private static boolean plain(double x) {
        return x >= 0 && x < Double.POSITIVE_INFINITY;
    }

    private static boolean share(double x) {
        return x >= 0 && x < 1;
    }

    private static String path(String prefix) {
        return prefix.endsWith(".") ? prefix.substring(0, prefix.length() - 1) : prefix;
    }

    private static Rates rates(Section s) {
        Course course = s.choice("kind", Course.class, Course.CONSTANT);
        Unit unit = Unit.EPOCH;
        long size = 0;
        double gamma = 1;
        double least = 0;
        if (course == Course.STEP) {
            unit = s.choice("unit", Unit.class, Unit.EPOCH);
            if (!s.has("size")) {
                throw s.wrong("size", "the number of epochs or steps between two drops");
            }
            size = s.integer("size", 1, 1);
            gamma = s.number("gamma", 0.1, TrainConfig::plain, "a number that is not negative");
        } else if (course == Course.COSINE) {
            unit = s.choice("unit", Unit.class, Unit.EPOCH);
            size = s.integer("size", 0, 1);
            least = s.number("least", 0, TrainConfig::plain, "a number that is not negative");
        }
        long warmup = s.integer("warmup_steps", 0, 0);
        double start = s.number("warmup_start", 0.01, TrainConfig::plain, "a number that is not negative");
        s.finish();
        return new Rates(course, unit, size, gamma, least, warmup, start);
    }

    /** Files by name or glob; a glob's are sorted by name. */
    private static List<Path> files(Section s, String key, Path folder, boolean required) throws IOException {
        List<Path> files = new ArrayList<>();
        for (String pattern : s.texts(key)) {
            Path plain = folder.resolve(pattern);
            if (Files.isRegularFile(plain)) {
                files.add(plain);
                continue;
            }
            Path parent = plain.getParent();
            List<Path> found = new ArrayList<>();
            if (parent != null && Files.isDirectory(parent)) {
                PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + plain.getFileName());
                try (Stream<Path> all = Files.list(parent)) {
                    all.filter(f -> matcher.matches(f.getFileName())).sorted().forEach(found::add);
                }
            }
            if (found.isEmpty()) {
                throw new IllegalArgumentException(s.wrong(key, "files or globs that match some").getMessage() + ": nothing is " + plain);
            }
            files.addAll(found);
        }
        if (required && files.isEmpty()) {
            throw s.wrong(key, "an npz, YAML or TSV file or a glob, or a list of them");
        }
        return List.copyOf(files);
    }
}

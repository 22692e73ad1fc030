package io.github.remocap.run;

import io.github.remocap.image.Box;
import io.github.remocap.image.Boxes;
import io.github.remocap.image.Crop;
import io.github.remocap.image.Frame;
import io.github.remocap.image.FrameSource;
import io.github.remocap.image.InputException;
import io.github.remocap.image.Png;
import io.github.remocap.render.FrameCamera;
import io.github.remocap.render.ObjWriter;
import io.github.remocap.render.Rasteriser;
import io.github.remocap.render.Views;
import io.github.remocap.run.RunResult.FrameResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Takes a video through the network, clip by clip, and writes for each frame an overlay (PNG) and a mesh (OBJ), and one result.json.
 *
 * <p>{@link #open} checks everything that the user gave, before a network needs to be loaded; {@link #run} does the work. After
 * each clip result.json lists all frames that are done, so a run may be stopped at any moment: by Ctrl-C, which lets the clip
 * that is being written be finished, or harder. A later run with {@link RunJob#resume} computes the clips that are missing.
 */
public final class VideoRunner {
    private static final String OVERLAY = "overlay";
    private static final String MESH = "mesh";
    private static final String SIDE = "side";
    private static final int SIDE_SIZE = 512; // pixels

    private final RunJob job;
    private final FrameSource source;
    private final Plan plan;
    private final RunResult start; // without frames; the network's sizes are filled in by run()
    private final @Nullable RunResult before; // what is on disk already
    private final ReentrantLock writing = new ReentrantLock(); // held while a clip's files are written; by the shutdown hook for ever
    private volatile boolean stopping;

    private VideoRunner(RunJob job, FrameSource source, Plan plan, RunResult start, @Nullable RunResult before) {
        this.job = job;
        this.source = source;
        this.plan = plan;
        this.start = start;
        this.before = before;
    }

    /**
     * How a run ended.
     *
     * @param done frames that are on disk now
     * @param computed of these, in this run
     * @param total frames of the whole run
     */
    public record Summary(int done, int computed, int total) {}

    /**
     * Reads and checks the inputs; writes nothing.
     *
     * @throws InputException if one cannot be used, if the output folder has a result already and the job does not resume it, or
     *     if it is to be resumed but differs in anything that changes the result
     */
    public static VideoRunner open(RunJob job) {
        FrameSource source = FrameSource.open(job.input());
        Path boxesFile = job.boxes();
        Boxes boxes = boxesFile == null ? null : Boxes.read(boxesFile);
        Plan plan = Plan.of(source, boxes, boxesFile);
        source.read(plan.frames().getFirst().index()); // an unreadable input shows early
        if (Files.exists(job.output()) && !Files.isDirectory(job.output())) {
            throw InputException.of(job.output(), "exists and is a file", "a folder to write to");
        }
        RunResult before = ResultFile.read(job.output()).orElse(null);
        if (before != null && !job.resume()) {
            throw InputException.of(job.output(), "has a result already (" + before.frames().size() + " frames)",
                    "--resume to continue it, or another folder");
        }
        BodyMesh mesh = job.mesh();
        RunResult start = new RunResult(RunResult.FORMAT, false, new RunResult.Versions(job.version(), Runtime.version().toString()),
                sum(job.checkpoint()), before == null ? new RunResult.Network(0, 0) : before.network(),
                job.assets().stream().map(VideoRunner::sum).toList(), name(job.input()), boxesFile == null ? null : sum(boxesFile),
                new RunResult.MeshInfo(mesh.name(), mesh.vertices(), mesh.faces().length / 3), job.options(),
                RunResult.Units.of(job.options().objAxes()), RunResult.JOINTS, plan.skipped(), List.of());
        if (before != null) {
            ResultFile.requireSame(job.output(), before, start);
            requireSameFrames(job, source, plan, before);
            start = new RunResult(start.format(), false, before.versions(), start.checkpoint(), start.network(), start.assets(), start.input(),
                    start.boxes(), start.mesh(), start.options(), start.units(), start.jointNames(), start.skipped(), List.of());
        }
        return new VideoRunner(job, source, plan, start, before);
    }

    private static String name(Path path) {
        return Objects.toString(path.toAbsolutePath().normalize().getFileName(), "/");
    }

    private static RunResult.FileSum sum(Path file) {
        return new RunResult.FileSum(name(file), Checksums.sha256(file));
    }

    /** Frames that are done must be planned now with the same file and box, and clips must start where they did. */
    private static void requireSameFrames(RunJob job, FrameSource source, Plan plan, RunResult before) {
        Path file = job.output().resolve(ResultFile.NAME);
        int firstBefore = before.skipped().stream().filter(s -> s.first() == 0).mapToInt(s -> s.last() + 1).findFirst().orElse(0);
        int first = plan.frames().getFirst().index();
        if (first != firstBefore) {
            throw InputException.of(file, "field skipped", "the run to continue begins at frame " + firstBefore + ", this one at " + first,
                    "boxes that begin at the same frame");
        }
        for (FrameResult done : before.frames()) {
            String where = "field frames, index " + done.index();
            int at = done.index() - first;
            if (at < 0 || at >= plan.frames().size()) {
                throw InputException.of(file, where, "this run does not have that frame", "an input and boxes with all frames that are done");
            }
            if (!source.fileName(done.index()).equals(done.file())) {
                throw InputException.of(file, where, "the file was " + done.file() + " and is now " + source.fileName(done.index()), "the same input");
            }
            Box box = plan.frames().get(at).box();
            if (!Objects.equals(box, done.box())) {
                throw InputException.of(file, where, "the box was " + done.box() + " and is now " + box, "the same boxes for all frames that are done");
            }
        }
    }

    /** The number of frames that the whole run has. */
    public int total() {
        return plan.frames().size();
    }

    /**
     * Computes and writes all clips that are missing.
     *
     * @throws InputException if a frame cannot be used, or the network differs from that of the run to continue; the clips before are kept
     * @throws IOException if a file cannot be written; likewise
     */
    public Summary run(MeshPredictor predictor, RunListener listener) throws IOException {
        RunResult.Network network = new RunResult.Network(predictor.frames(), predictor.imageSize());
        if (before != null && !before.network().equals(network)) {
            throw InputException.of(job.output().resolve(ResultFile.NAME), "field network", "the run to continue has " + before.network()
                    + ", this one has " + network, "the same network");
        }
        RunResult result = new RunResult(start.format(), false, start.versions(), start.checkpoint(), network, start.assets(), start.input(),
                start.boxes(), start.mesh(), start.options(), start.units(), start.jointNames(), start.skipped(), List.of());
        for (String folder : job.options().sideView() ? List.of("", OVERLAY, MESH, SIDE) : List.of("", OVERLAY, MESH)) {
            AtomicFiles.clean(Files.createDirectories(job.output().resolve(folder)));
        }
        for (RunResult.Skipped skipped : plan.skipped()) {
            listener.message("frames " + skipped.first() + " to " + skipped.last() + " are left out: " + skipped.reason());
        }
        TreeMap<Integer, FrameResult> done = new TreeMap<>();
        if (before != null) {
            before.frames().stream().filter(this::isWhole).forEach(f -> done.put(f.index(), f));
        }
        Thread hook = new Thread(() -> stop(done, listener), "remocap-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        ExecutorService workers = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(),
                Thread.ofPlatform().daemon().name("remocap-frame-", 0).factory());
        try {
            return clips(predictor, listener, result, done, workers);
        } finally {
            workers.shutdownNow();
            if (!stopping) {
                removeHook(hook);
            }
        }
    }

    private void stop(Map<Integer, FrameResult> done, RunListener listener) {
        stopping = true;
        writing.lock(); // never released: the process ends, and no clip must begin to be written
        listener.message("stopped: " + done.size() + " of " + total() + " frames are in " + job.output() + "; --resume continues");
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the process is ending already, and the hook has run or will run: nothing is left to write
        }
    }

    /** Whether a frame's files are what was written; they are not forced to disk, so a power failure can damage them. */
    private boolean isWhole(FrameResult frame) {
        RunResult.FileSum side = frame.side();
        return isWhole(frame.overlay()) && isWhole(frame.mesh()) && (side == null || isWhole(side));
    }

    private boolean isWhole(RunResult.FileSum sum) {
        Path file = job.output().resolve(sum.file());
        return Files.isRegularFile(file) && Checksums.sha256(file).equals(sum.sha256());
    }

    private Summary clips(MeshPredictor predictor, RunListener listener, RunResult result, Map<Integer, FrameResult> done,
            ExecutorService workers) throws IOException {
        int size = predictor.imageSize();
        int pixels = size * size * 3;
        float[] images = new float[predictor.frames() * pixels]; // [S, size, size, 3]
        int computed = 0;
        ThreadLocal<Rasteriser> rasterisers = ThreadLocal.withInitial(() -> new Rasteriser(job.options().style()));
        commit(result, done); // also drops frames whose files have vanished before new ones are made
        listener.progress(done.size(), total());
        for (List<Plan.Planned> clip : plan.clips(predictor.frames())) {
            if (clip.stream().allMatch(p -> done.containsKey(p.index()))) {
                continue;
            }
            List<Callable<Input>> reads = new ArrayList<>();
            for (int i = 0; i < clip.size(); i++) {
                Plan.Planned planned = clip.get(i);
                int offset = i * pixels;
                reads.add(() -> read(planned, size, images, offset));
            }
            List<Input> inputs = all(workers, reads);
            for (int i = clip.size(); i < predictor.frames(); i++) { // pad with the last frame
                System.arraycopy(images, (clip.size() - 1) * pixels, images, i * pixels, pixels);
            }
            Prediction prediction = predictor.predict(images, predictor.frames());
            check(prediction, predictor.frames(), clip);
            List<Callable<Output>> drawings = new ArrayList<>();
            for (int i = 0; i < clip.size(); i++) {
                int at = i;
                drawings.add(() -> draw(inputs.get(at), prediction, at, rasterisers.get()));
            }
            List<Output> outputs = all(workers, drawings);
            writing.lock();
            try {
                for (Output output : outputs) {
                    for (Map.Entry<String, byte[]> file : output.files().entrySet()) {
                        AtomicFiles.write(job.output().resolve(file.getKey()), file.getValue(), false);
                    }
                }
                outputs.forEach(o -> done.put(o.result().index(), o.result()));
                ResultFile.write(job.output(), snapshot(result, done));
            } finally {
                writing.unlock();
            }
            computed += clip.size();
            listener.progress(done.size(), total());
        }
        return new Summary(done.size(), computed, total());
    }

    private void commit(RunResult result, Map<Integer, FrameResult> done) throws IOException {
        writing.lock();
        try {
            ResultFile.write(job.output(), snapshot(result, done));
        } finally {
            writing.unlock();
        }
    }

    private RunResult snapshot(RunResult result, Map<Integer, FrameResult> done) {
        return result.with(List.copyOf(done.values()), done.size() == total());
    }

    /** A frame with its crop, already resampled into the clip. */
    private record Input(Plan.Planned planned, Frame frame, String sha256, Crop crop) {}

    /** A frame's entry in result.json and its files by name. */
    private record Output(FrameResult result, Map<String, byte[]> files) {}

    private Input read(Plan.Planned planned, int size, float[] images, int offset) {
        byte[] bytes = source.bytes(planned.index());
        Frame frame = FrameSource.decode(source.file(planned.index()), bytes);
        Crop crop = crop(planned, frame, size);
        crop.sample(frame, images, offset);
        return new Input(planned, frame, Checksums.sha256(bytes), crop);
    }

    private Crop crop(Plan.Planned planned, Frame frame, int size) {
        Box box = planned.box();
        if (box == null) {
            return Crop.letterbox(frame.width(), frame.height(), size);
        }
        String where = "frame " + planned.index();
        if (!box.meets(frame.width(), frame.height())) {
            throw InputException.of(String.valueOf(job.boxes()), where, box + " lies outside " + source.file(planned.index()),
                    "a box that meets [0, " + frame.width() + "] x [0, " + frame.height() + "]");
        }
        try {
            return Crop.of(box, job.options().boxScale(), size);
        } catch (IllegalArgumentException e) {
            throw InputException.of(String.valueOf(job.boxes()), where, box + " is too small", "a crop of at least one pixel");
        }
    }

    private void check(Prediction prediction, int n, List<Plan.Planned> clip) {
        int vertices = job.mesh().vertices();
        int joints = RunResult.JOINTS.size();
        if (prediction.camera().length != 3 * n || prediction.joints().length != 3 * joints * n || prediction.vertices().length != 3 * vertices * n) {
            throw new IllegalArgumentException("predictions of " + prediction.camera().length + ", " + prediction.joints().length + " and "
                    + prediction.vertices().length + " numbers; expected camera [" + n + ", 3], joints [" + n + ", " + joints + ", 3], vertices ["
                    + n + ", " + vertices + ", 3]");
        }
        Map<String, float[]> parts = Map.of("camera", prediction.camera(), "joints", prediction.joints(), "vertices", prediction.vertices());
        parts.forEach((part, values) -> {
            int each = values.length / n;
            for (int i = 0; i < clip.size() * each; i++) {
                if (!Float.isFinite(values[i])) {
                    throw InputException.of(job.checkpoint(), "prediction of frame " + clip.get(i / each).index(), part + " is " + values[i],
                            "finite numbers; the checkpoint is not usable");
                }
            }
        });
    }

    private Output draw(Input input, Prediction prediction, int at, Rasteriser rasteriser) {
        BodyMesh mesh = job.mesh();
        Frame frame = input.frame();
        float[] c = prediction.camera();
        RunResult.Camera camera = new RunResult.Camera(c[3 * at], c[3 * at + 1], c[3 * at + 2]);
        FrameCamera frameCamera = FrameCamera.of(input.crop(), camera.s(), camera.tx(), camera.ty());
        int offset = 3 * mesh.vertices() * at;
        String number = String.format(Locale.ROOT, "%06d", input.planned().index());
        String overlay = OVERLAY + "/" + number + ".png";
        String obj = MESH + "/" + number + ".obj";
        Map<String, byte[]> files = new TreeMap<>();
        files.put(obj, ObjWriter.encode(prediction.vertices(), offset, mesh.vertices(), mesh.faces(), job.options().objAxes()));
        rasteriser.draw(frame.argb(), frame.width(), frame.height(), prediction.vertices(), offset, mesh.vertices(), mesh.faces(), frameCamera);
        files.put(overlay, Png.encode(frame));
        RunResult.FileSum side = null;
        if (job.options().sideView()) {
            String view = SIDE + "/" + number + ".png";
            files.put(view, Png.encode(Views.side(rasteriser, prediction.vertices(), offset, mesh.vertices(), mesh.faces(), SIDE_SIZE)));
            side = sum(view, files);
        }
        FrameResult result = new FrameResult(input.planned().index(), source.fileName(input.planned().index()), input.sha256(), frame.width(),
                frame.height(), input.planned().box(), input.crop(), camera, frameCamera, millimetres(prediction.joints(), at),
                sum(overlay, files), sum(obj, files), side);
        return new Output(result, Collections.unmodifiableMap(files));
    }

    private static RunResult.FileSum sum(String name, Map<String, byte[]> files) {
        return new RunResult.FileSum(name, Checksums.sha256(Objects.requireNonNull(files.get(name))));
    }

    /** Joints of one frame in mm, the middle of the hips at the origin: [14][3]. */
    private static float[][] millimetres(float[] joints, int at) {
        int count = RunResult.JOINTS.size();
        int base = 3 * count * at;
        float[][] mm = new float[count][3];
        for (int k = 0; k < 3; k++) {
            double middle = ((double) joints[base + 3 * RunResult.RIGHT_HIP + k] + joints[base + 3 * RunResult.LEFT_HIP + k]) / 2;
            for (int j = 0; j < count; j++) {
                mm[j][k] = (float) (1000 * (joints[base + 3 * j + k] - middle));
            }
        }
        return mm;
    }

    /** Runs all tasks and returns their results in order; the first task's exception that failed is thrown as it was. */
    private static <T> List<T> all(ExecutorService workers, List<Callable<T>> tasks) throws IOException {
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> future : workers.invokeAll(tasks)) {
                results.add(future.get());
            }
            return results;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IOException(e.getCause());
            }
        }
    }
}

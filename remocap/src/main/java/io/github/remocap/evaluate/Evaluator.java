package io.github.remocap.evaluate;

import io.github.remocap.body.Joints;
import io.github.remocap.body.Metrics;
import io.github.remocap.body.Posing;
import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.data.Annotation;
import io.github.remocap.data.Clip;
import io.github.remocap.data.Clips;
import io.github.remocap.data.DamagedRowException;
import io.github.remocap.data.NetworkInput;
import io.github.remocap.data.TruthBodies;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures predictions on a data set as the reference does ({@code run_validate} of RemoCap's {@code run_STDFormer_bodymesh_dp_3dpw.py}): joints
 * regressed from the full mesh against the annotated ones, both centred on the middle of the hips, over frames with 3D joints; vertices, both
 * sides centred on Human3.6M's pelvis, over frames with a mesh.
 */
public final class Evaluator {
    /**
     * Who is told what, by the thread that evaluates.
     *
     * @param progress told how many clips are done
     * @param damage told of damaged rows that are skipped
     * @param stop looked at between clips; true ends the evaluation there
     */
    public record Hooks(IntConsumer progress, Consumer<String> damage, BooleanSupplier stop) {
    }

    private final SparseMatrix h36m;
    private final @Nullable TruthBodies bodies;
    private final boolean skipDamaged;
    private final int kept;

    /**
     * @param h36m 17 x vertices
     * @param bodies of pose and shape; null where vertices are not to be measured
     * @param skipDamaged leave clips with damaged rows out instead of stopping
     * @param kept how many of the worst frames keep their meshes
     */
    public Evaluator(SparseMatrix h36m, @Nullable TruthBodies bodies, boolean skipDamaged, int kept) {
        this.h36m = h36m;
        this.bodies = bodies;
        this.skipDamaged = skipDamaged;
        this.kept = kept;
    }

    /**
     * A frame that keeps its meshes.
     *
     * @param error how wrong it is
     * @param camera {@code [3]}
     * @param predicted {@code [V,3]} from the pelvis
     * @param truth the same; null where not known
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    public record Drawn(FrameError error, float[] camera, float[] predicted, float @Nullable [] truth) {
    }

    /**
     * What was found.
     *
     * @param frames that count, in order of the clips
     * @param worst the worst of them, the worst first
     * @param damagedClips how many clips were left out
     * @param complete whether all clips were done
     */
    public record Result(List<FrameError> frames, List<Drawn> worst, int damagedClips, boolean complete) {
    }

    /**
     * Evaluates.
     *
     * @param threads that read pictures
     * @throws DamagedRowException at the first row that cannot be used, unless these are skipped
     * @throws IOException if the data cannot be read, or not one clip is intact
     */
    public Result run(AnnotatedImages data, Clips clips, Predictor predictor, int threads, Hooks hooks) throws IOException {
        List<FrameError> frames = new ArrayList<>();
        PriorityQueue<Drawn> worst = new PriorityQueue<>(Comparator.comparingDouble(d -> d.error().worst()));
        int damaged = 0;
        int done = 0;
        List<Clip> all = clips.clips();
        try (ClipReader reader = new ClipReader(data, all, predictor.imageSize(), threads)) {
            for (; done < all.size() && !hooks.stop().getAsBoolean(); done++) {
                ClipReader.Loaded loaded;
                try {
                    loaded = reader.next();
                } catch (DamagedRowException e) {
                    if (!skipDamaged) {
                        throw e;
                    }
                    damaged++;
                    hooks.damage().accept(e.getMessage());
                    continue;
                }
                Predictor.Meshes meshes = predictor.predict(loaded.images());
                for (float x : meshes.vertices()) {
                    if (!Float.isFinite(x)) { // must not pass for a frame without truth
                        throw new IOException(data.describe(loaded.clip().rows()[0]) + ": the prediction of the clip that begins here is " + x
                            + "; the model is not usable");
                    }
                }
                measure(loaded, meshes, frames, worst);
                hooks.progress().accept(done + 1);
            }
        }
        if (frames.isEmpty() && done == all.size()) {
            throw new IOException(data.name() + ": no clip could be evaluated; " + clips.describe() + ", " + damaged + " clips with damaged rows");
        }
        List<Drawn> sorted = new ArrayList<>(worst);
        sorted.sort(Comparator.comparingDouble((Drawn d) -> d.error().worst()).reversed());
        return new Result(frames, sorted, damaged, done == all.size());
    }

    private void measure(ClipReader.Loaded loaded, Predictor.Meshes meshes, List<FrameError> frames, PriorityQueue<Drawn> worst) {
        Clip clip = loaded.clip();
        int length = 3 * h36m.cols();
        for (int f = clip.first(); f < clip.first() + clip.count(); f++) {
            double[] body = new double[length];
            for (int i = 0; i < length; i++) {
                body[i] = meshes.vertices()[f * length + i];
            }
            double[] joints = Posing.apply(h36m, body);
            centre(body, joints);
            double[] mesh = truth(loaded.inputs().get(f).annotation(), length);
            FrameError error = measure(clip, clip.rows()[f], loaded.inputs().get(f), joints, body, mesh);
            frames.add(error);
            if (kept > 0 && !Double.isNaN(error.worst()) && (worst.size() < kept || error.worst() > worst.element().error().worst())) {
                worst.add(new Drawn(error, Arrays.copyOfRange(meshes.camera(), 3 * f, 3 * f + 3), floats(body), mesh.length == 0 ? null : floats(mesh)));
                if (worst.size() > kept) {
                    worst.remove();
                }
            }
        }
    }

    /** The annotated mesh from its pelvis; empty where there is none. */
    private double[] truth(Annotation a, int length) {
        if (bodies == null || !a.hasSmpl()) {
            return new double[0];
        }
        double[] mesh = bodies.body(a.gender()).vertices(a.pose(), a.betas());
        if (mesh.length != length) {
            throw new IllegalArgumentException("the body has " + mesh.length / 3 + " vertices, the model " + length / 3);
        }
        centre(mesh, Posing.apply(h36m, mesh));
        return mesh;
    }

    private static FrameError measure(Clip clip, int row, NetworkInput input, double[] joints, double[] body, double[] mesh) {
        Annotation a = input.annotation();
        double[] predicted = new double[3 * Joints.COUNT];
        for (int i = 0; i < predicted.length; i++) {
            predicted[i] = joints[3 * Joints.H36M_TO_14.get(i / 3) + i % 3];
        }
        fromHips(predicted);
        double mpvpe = mesh.length == 0 ? Double.NaN : 1000 * Metrics.mpvpe(body, mesh, body.length / 3)[0];
        double visible = FrameError.visible(a, input.width(), input.height());
        if (!a.has3d()) {
            double[] none = new double[Joints.COUNT];
            Arrays.fill(none, Double.NaN);
            return new FrameError(row, a, clip.track(), mpvpe, Double.NaN, Double.NaN, none, none, visible, predicted, new double[0]);
        }
        double[] truth = new double[predicted.length];
        for (int i = 0; i < truth.length; i++) {
            truth[i] = input.joints3d()[4 * Joints.J24_TO_14.get(i / 3) + i % 3];
        }
        fromHips(truth);
        return new FrameError(row, a, clip.track(), mpvpe, 1000 * Metrics.mpjpe(predicted, truth)[0], 1000 * Metrics.paMpjpe(predicted, truth, Joints.COUNT)[0],
            distances(predicted, truth), distances(Metrics.aligned(predicted, truth), truth), visible, predicted, truth);
    }

    /** In millimetres. */
    private static double[] distances(double[] a, double[] b) {
        double[] out = new double[a.length / 3];
        for (int i = 0; i < out.length; i++) {
            out[i] = 1000 * Math.sqrt(square(a[3 * i] - b[3 * i]) + square(a[3 * i + 1] - b[3 * i + 1]) + square(a[3 * i + 2] - b[3 * i + 2]));
        }
        return out;
    }

    private static double square(double x) {
        return x * x;
    }

    private static void fromHips(double[] joints) {
        for (int d = 0; d < 3; d++) {
            double middle = (joints[3 * Joints.RIGHT_HIP + d] + joints[3 * Joints.LEFT_HIP + d]) / 2;
            for (int j = 0; j < Joints.COUNT; j++) {
                joints[3 * j + d] -= middle;
            }
        }
    }

    private static void centre(double[] body, double[] joints) {
        for (int i = 0; i < body.length; i++) {
            body[i] -= joints[3 * Joints.H36M_PELVIS + i % 3];
        }
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }
}

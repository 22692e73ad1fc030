package io.github.remocap.train;

import io.github.remocap.body.Joints;
import io.github.remocap.body.Metrics;
import io.github.remocap.data.DamagedRowException;
import io.github.remocap.layers.Context;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.RemoCap;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Metrics on clips, in inference mode (running statistics, no dropout), with the weights as they are at each call: MPJPE and PA-MPJPE of
 * the joints regressed from the full mesh over frames with 3D joints, MPVPE over frames with a mesh, both sides centred on the pelvis.
 */
final class Validator implements AutoCloseable {
    /**
     * Means over frames, in millimetres; NaN where no frame has the truth.
     *
     * @param mpjpe mean error of the joints
     * @param paMpjpe the same after Procrustes alignment
     * @param mpvpe mean error of the vertices
     */
    record Scores(double mpjpe, double paMpjpe, double mpvpe) {
    }

    private static final String FINE = "pred_3d_vertices_fine";

    private final int frames;
    private final int vertices;
    private final SparseMatrix h36m; // 17 x fine
    private final Tensor images;
    private final Tensor fine;
    private final @Nullable TruthInputs truth; // where meshes are computed
    private final Program program;

    /** Compiles for clips of these shapes. */
    Validator(RemoCap network, Weights weights, Mesh mesh, Surface surface, Map<String, Shape> shapes, Device device) {
        Graph graph = new Graph();
        this.h36m = surface.h36m();
        this.frames = network.config().frames();
        this.vertices = network.config().fine();
        this.images = graph.input(ClipSource.IMAGES, shapes.get(ClipSource.IMAGES));
        this.fine = network.call(Context.inference(graph, weights), images, mesh).get(FINE);
        TruthInputs inputs = shapes.containsKey("fine") ? null : TruthInputs.of(graph, shapes, surface);
        this.truth = inputs;
        this.program = device.compile(inputs == null ? Compilation.of(fine) : Compilation.of(fine, inputs.fine()));
    }

    /** Bytes of native memory that the program takes. */
    long memory() {
        return program.memory();
    }

    /**
     * Evaluates all clips.
     *
     * @param stop looked at between clips
     * @param damage told of clips that are left out
     * @return empty if stopped
     */
    Optional<Scores> run(ClipSource source, TrainConfig.Data data, BooleanSupplier stop, Consumer<String> damage) throws IOException {
        List<double[]> joints = new ArrayList<>();
        List<double[]> aligned = new ArrayList<>();
        List<double[]> mesh = new ArrayList<>();
        int[] order = new int[source.size()];
        Arrays.setAll(order, i -> i);
        try (BatchLoader loader = new BatchLoader(source, BatchLoader.cut(order, 1, 0), data.threads(), data.prefetch(), 0)) {
            while (!loader.isDone()) {
                if (stop.getAsBoolean()) {
                    return Optional.empty();
                }
                Map<String, float[]> arrays;
                try {
                    arrays = loader.next().arrays();
                } catch (DamagedRowException e) {
                    damage.accept(e.getMessage() + "; its clip is not validated");
                    continue;
                }
                program.write(images, arrays.get(ClipSource.IMAGES));
                if (truth != null) {
                    truth.write(program, arrays);
                }
                program.run();
                double[] predicted = program.readDoubles(fine);
                double[] right = truth == null ? doubles(arrays.get("fine")) : program.readDoubles(truth.fine());
                for (int frame = 0; frame < frames; frame++) {
                    frame(frame, predicted, right, arrays, joints, aligned, mesh);
                }
            }
        }
        return Optional.of(new Scores(mean(joints), mean(aligned), mean(mesh)));
    }

    private void frame(int frame, double[] predicted, double[] meshes, Map<String, float[]> truth, List<double[]> joints, List<double[]> aligned,
        List<double[]> mesh) {
        double[] body = Arrays.copyOfRange(predicted, frame * vertices * 3, (frame + 1) * vertices * 3);
        double[] all = regress(body);
        if (truth.get("has_3d")[frame] == 1) {
            double[] mine = new double[Joints.COUNT * 3];
            double[] right = new double[Joints.COUNT * 3];
            for (int i = 0; i < mine.length; i++) {
                mine[i] = all[Joints.H36M_TO_14.get(i / 3) * 3 + i % 3];
                right[i] = truth.get("joints_3d")[(frame * Joints.COUNT + i / 3) * 4 + i % 3]; // the fourth is its confidence
            }
            joints.add(Metrics.mpjpe(mine, right));
            aligned.add(Metrics.paMpjpe(mine, right, Joints.COUNT));
        }
        if (truth.get("has_smpl")[frame] == 1) {
            double[] right = Arrays.copyOfRange(meshes, frame * body.length, (frame + 1) * body.length);
            centre(right, regress(right));
            centre(body, all);
            mesh.add(Metrics.mpvpe(body, right, vertices));
        }
    }

    private static double[] doubles(float[] values) {
        double[] out = new double[values.length];
        Arrays.setAll(out, i -> values[i]);
        return out;
    }

    private double[] regress(double[] body) {
        double[] joints = new double[h36m.rows() * 3];
        for (int j = 0; j < h36m.rows(); j++) {
            for (int k = h36m.rowStart()[j]; k < h36m.rowStart()[j + 1]; k++) {
                for (int d = 0; d < 3; d++) {
                    joints[3 * j + d] += h36m.values()[k] * body[3 * h36m.columns()[k] + d];
                }
            }
        }
        return joints;
    }

    private static void centre(double[] body, double[] joints) {
        for (int i = 0; i < body.length; i++) {
            body[i] -= joints[3 * Joints.H36M_PELVIS + i % 3];
        }
    }

    private static double mean(List<double[]> errors) {
        return 1000 * Metrics.mean(errors.stream().flatMapToDouble(Arrays::stream).toArray());
    }

    @Override
    public void close() {
        program.close();
    }
}

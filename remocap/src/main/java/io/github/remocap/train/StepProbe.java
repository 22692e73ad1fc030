package io.github.remocap.train;

import io.github.remocap.autograd.Schedule;
import io.github.remocap.autograd.State;
import io.github.remocap.data.Clips;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.RemoCap;
import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Program.StepTime;
import io.github.remocap.tensor.Shape;
import io.github.remocap.train.BatchLoader.Batch;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The step of a training run on one generated batch, again and again: for measurements. */
public final class StepProbe implements AutoCloseable {
    private static final int JOINTS = 14;

    private final State state = new State();
    private final TrainingStep step;
    private final Batch batch;
    private long count;

    /** Builds and compiles: Adam, dropout as configured, gradient norm clipped at 0.3. Changes the weights when it runs. */
    public StepProbe(RemoCap network, Weights weights, Mesh mesh, Surface surface, int clips, int pixels, boolean recompute, Device device) {
        Config c = network.config();
        TrainConfig.Optimization optimization = new TrainConfig.Optimization(TrainConfig.Kind.ADAM, 1e-5, 0, 0, 0.9, 0.999, 1e-8, 0.3, 0, List.of(),
            List.of());
        TrainConfig config = new TrainConfig("", c, new TrainConfig.Data(List.of(), List.of(), 1, 1, Clips.Protocol.FULL, false, pixels), null, null, null, LossWeights.DEFAULT, optimization,
            new TrainConfig.Rates(TrainConfig.Course.CONSTANT, TrainConfig.Unit.EPOCH, 1, 1, 1, 0, 1), 1, clips, 1, true, 0,
            new TrainConfig.Checkpoints(1, 0, 1, false), TrainConfig.Init.NEW, recompute, Path.of(""), device.name());
        int n = c.frames();
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put(ClipSource.IMAGES, Shape.of(n, pixels, pixels, 3));
        shapes.put("joints_2d", Shape.of(n, JOINTS, 3));
        shapes.put("joints_3d", Shape.of(n, JOINTS, 4));
        shapes.put("has_3d", Shape.of(n));
        shapes.put("has_smpl", Shape.of(n));
        shapes.put("fine", Shape.of(n, c.fine(), 3));
        shapes.put("intermediate", Shape.of(n, c.intermediate(), 3));
        shapes.put("coarse", Shape.of(n, c.coarse(), 3));
        if (c.smplRegressor()) {
            shapes.put("pose", Shape.of(n, 72));
            shapes.put("betas", Shape.of(n, 10));
        }
        Map<String, float[]> arrays = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> arrays.put(name, numbers(name, Math.toIntExact(clips * shape.size()))));
        this.batch = new Batch(new int[clips], arrays);
        this.step = new TrainingStep(config, network, weights, mesh, surface, shapes, state, device);
    }

    /** Numbers in [-1, 1); marks of what a frame has are 1. */
    private static float[] numbers(String name, int count) {
        long stream = CounterRandom.stream(CounterRandom.key(name), 0);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = name.startsWith("has") ? 1 : (float) (2 * CounterRandom.uniform(stream, i) - 1);
        }
        return values;
    }

    /** One step. */
    public void run() {
        step.run(count++, List.of(batch), Schedule.constant());
    }

    /** One step, kernel by kernel. */
    public List<StepTime> profile() {
        run(); // sets all inputs
        return step.profile();
    }

    /** Bytes of native memory: programs, gradients, the optimiser's arrays. */
    public long memory() {
        return step.memory() + state.arrays().values().stream().mapToLong(a -> a.byteSize()).sum();
    }

    @Override
    public void close() {
        step.close();
        state.close();
    }
}

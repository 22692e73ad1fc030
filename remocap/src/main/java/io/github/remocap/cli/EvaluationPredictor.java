package io.github.remocap.cli;

import io.github.remocap.evaluate.Predictor;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.RemoCap;
import io.github.remocap.model.Runner;
import io.github.remocap.tensor.Device;
import java.util.List;

/** The network behind the interface of {@code evaluate}: one clip at a time. */
final class EvaluationPredictor implements Predictor, AutoCloseable {
    private static final String FINE = "pred_3d_vertices_fine";
    private static final String CAMERA = "pred_cam";

    private final Runner runner;
    private final int frames;
    private final int size;

    EvaluationPredictor(RemoCap network, Weights weights, Mesh mesh, Device device, int size) {
        this.frames = network.config().frames();
        this.size = size;
        this.runner = new Runner(network, weights, mesh, device, frames, size, size, false, List.of(CAMERA, FINE));
    }

    @Override
    public int frames() {
        return frames;
    }

    @Override
    public int imageSize() {
        return size;
    }

    @Override
    public Meshes predict(float[] images) {
        runner.run(images);
        return new Meshes(runner.read(CAMERA), runner.read(FINE));
    }

    @Override
    public void close() {
        runner.close();
    }
}

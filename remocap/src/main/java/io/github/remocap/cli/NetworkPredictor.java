package io.github.remocap.cli;

import io.github.remocap.layers.Weights;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.RemoCap;
import io.github.remocap.model.Runner;
import io.github.remocap.run.MeshPredictor;
import io.github.remocap.run.Prediction;
import io.github.remocap.tensor.Device;
import java.util.List;

/** The network behind the interface of {@code run}: one clip at a time, meshes with the pelvis at the origin. */
final class NetworkPredictor implements MeshPredictor, AutoCloseable {
    private static final String FINE = "pred_3d_vertices_fine";
    private static final String INTERMEDIATE = "pred_3d_vertices_intermediate";

    private final Runner runner;
    private final int frames;
    private final float[] pelvis;
    private final boolean fine;
    private final int size;

    NetworkPredictor(RemoCap network, Weights weights, Mesh mesh, float[] pelvis, boolean fine, int size, Device device) {
        this.size = size;
        this.frames = network.config().frames();
        this.pelvis = pelvis;
        this.fine = fine;
        this.runner = new Runner(network, weights, mesh, device, frames, size, size, false,
            List.of("pred_cam", "pred_3d_joints", FINE, INTERMEDIATE));
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
    public Prediction predict(float[] images, int frameCount) {
        runner.run(images);
        float[] full = runner.read(FINE);
        float[] drawn = fine ? full : runner.read(INTERMEDIATE);
        Prediction.centre(frameCount, full, pelvis, drawn);
        return new Prediction(runner.read("pred_cam"), runner.read("pred_3d_joints"), drawn);
    }

    @Override
    public void close() {
        runner.close();
    }
}

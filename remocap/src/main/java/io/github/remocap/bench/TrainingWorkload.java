package io.github.remocap.bench;

import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.RemoCap;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Program.StepTime;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.train.StepProbe;
import io.github.remocap.train.Surface;
import java.util.List;

/**
 * Training steps on generated clips and generated weights: forward, backward, gradient norm, Adam.
 *
 * @param config sizes of the network
 * @param mesh its topology
 * @param clips of a step
 * @param pixels side of the images
 * @param recompute activations are computed again in the backward pass instead of kept
 */
public record TrainingWorkload(Config config, Mesh mesh, int clips, int pixels, boolean recompute) implements Workload {
    private static final int H36M_JOINTS = 17;

    @Override
    public String what() {
        return "training step";
    }

    @Override
    public String model() {
        return config.describe() + (recompute ? ", activations computed again" : "");
    }

    @Override
    public List<Integer> images() {
        return List.of(clips, pixels, pixels);
    }

    @Override
    public Loaded load(Device device) {
        RemoCap network = new RemoCap(config);
        Weights weights = DeterministicNumbers.fill(network, "bench");
        StepProbe probe = new StepProbe(network, weights, mesh, surface(), clips, pixels, recompute, device);
        return new Loaded() {
            @Override
            public void run() {
                probe.run();
            }

            @Override
            public List<StepTime> profile() {
                return probe.profile();
            }

            @Override
            public long memory() {
                return probe.memory();
            }

            @Override
            public void close() {
                probe.close();
                weights.close();
            }
        };
    }

    /** A strip of triangles over the intermediate mesh, about half of a body's number of faces; joints that look at a few vertices each. */
    private Surface surface() {
        int n = config.intermediate();
        int[] faces = new int[3 * Math.max(0, n - 2)];
        for (int i = 0; i < faces.length; i++) {
            faces[i] = i / 3 + i % 3;
        }
        int[] edges = new int[2 * (n - 1)];
        for (int i = 0; i < edges.length; i++) {
            edges[i] = i / 2 + i % 2;
        }
        int[] start = new int[H36M_JOINTS + 1];
        int[] columns = new int[H36M_JOINTS];
        double[] values = new double[H36M_JOINTS];
        for (int j = 0; j < H36M_JOINTS; j++) {
            start[j + 1] = j + 1;
            columns[j] = j * (config.fine() - 1) / H36M_JOINTS;
            values[j] = 1;
        }
        return new Surface(faces, edges, new SparseMatrix(H36M_JOINTS, config.fine(), start, columns, values));
    }
}

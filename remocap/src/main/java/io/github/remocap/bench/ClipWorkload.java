package io.github.remocap.bench;

import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher.Mode;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.RemoCap;
import io.github.remocap.model.Runner;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Program.StepTime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Clips through the network.
 *
 * @param config sizes of the network
 * @param mesh its topology
 * @param checkpoint weights; null for generated ones, which take their time to generate
 * @param clips of a run
 * @param pixels side of the images
 */
public record ClipWorkload(Config config, Mesh mesh, @Nullable Path checkpoint, int clips, int pixels) implements Workload {
    @Override
    public String what() {
        return "clip";
    }

    @Override
    public String model() {
        return config.describe();
    }

    @Override
    public List<Integer> images() {
        return List.of(clips, pixels, pixels);
    }

    @Override
    public Loaded load(Device device) throws IOException {
        RemoCap network = new RemoCap(config);
        int count = clips * config.frames();
        Runner runner;
        if (checkpoint == null) {
            try (Weights weights = DeterministicNumbers.fill(network, "bench")) {
                runner = new Runner(network, weights, mesh, device, count, pixels, pixels, false, List.of());
            }
        } else {
            try (Checkpoint opened = Checkpoint.open(checkpoint);
                Weights weights = ModelWeights.load(network, opened, checkpoint.toString(), Mode.STRICT, System.err::println)) {
                runner = new Runner(network, weights, mesh, device, count, pixels, pixels, false, List.of());
            }
        }
        runner.write(DeterministicNumbers.uniform("images", count * pixels * pixels * 3, -2, 2));
        return new Loaded() {
            @Override
            public void run() {
                runner.run();
            }

            @Override
            public List<StepTime> profile() {
                return runner.program().profile();
            }

            @Override
            public long memory() {
                return runner.program().memory();
            }

            @Override
            public void close() {
                runner.close();
            }
        };
    }
}

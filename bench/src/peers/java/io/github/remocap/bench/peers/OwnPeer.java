package io.github.remocap.bench.peers;

import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher.Mode;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.RemoCap;
import io.github.remocap.model.Runner;
import io.github.remocap.tensor.vector.VectorDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** This library. The checkpoint is closed once the weights are packed, as a program for inference allows. */
final class OwnPeer implements Peer {
    private final VectorDevice device;
    private final Runner runner;

    /** @param shape of the images, {@code [N,3,H,W]} */
    OwnPeer(Path file, Config config, Mesh mesh, float[] images, long[] shape, int threads) throws IOException {
        device = new VectorDevice(threads);
        RemoCap network = new RemoCap(config);
        try (Checkpoint checkpoint = Checkpoint.open(file);
            Weights weights = ModelWeights.load(network, checkpoint, file.toString(), Mode.STRICT, System.err::println)) {
            runner = new Runner(network, weights, mesh, device, (int) shape[0], (int) shape[2], (int) shape[3], true, List.of());
        }
        runner.write(images);
    }

    @Override
    public void run() {
        runner.run();
    }

    @Override
    public Map<String, float[]> outputs() {
        Map<String, float[]> outputs = new LinkedHashMap<>();
        runner.shapes().keySet().forEach(name -> outputs.put(name, runner.read(name)));
        return outputs;
    }

    @Override
    public String description() {
        return "RemoCap, " + device.description();
    }

    @Override
    public void close() {
        runner.close();
        device.close();
    }
}

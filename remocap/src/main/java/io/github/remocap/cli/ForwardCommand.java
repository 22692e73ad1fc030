package io.github.remocap.cli;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.io.numpy.NumpyWriter;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.RemoCap;
import io.github.remocap.model.Runner;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The network on raw arrays. */
@Command(name = "forward", mixinStandardHelpOptions = true,
    description = "Run the network on an array of images and write its outputs, for comparison with other frameworks.")
final class ForwardCommand implements Callable<Integer> {
    @Mixin
    private ModelOptions model;

    @ArgGroup(multiplicity = "1")
    private MeshOptions mesh;

    @Mixin
    private DeviceOption device;

    @Option(names = "--images", required = true, paramLabel = "FILE",
        description = "A .npy with normalised images (N,3,H,W), N a multiple of the clip's frames; or an .npz with an array 'images'.")
    private Path images;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "The .npz to write.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        try (Checkpoint checkpoint = model.open(); NumpyFile input = NumpyFile.open(images)) {
            RemoCap network = model.network(checkpoint);
            StoredTensor array = input.tensor(input.names().contains("images") ? "images" : input.names().getFirst());
            Shape s = array.shape();
            if (s.rank() != 4 || s.dim(1) != 3 || s.dim(2) % 32 != 0 || s.dim(3) % 32 != 0 || s.size() == 0) {
                throw new IOException(images + ": expected images (N,3,H,W) with H and W multiples of 32, found " + s);
            }
            if (!array.type().isFloating()) {
                throw new IOException(images + ": expected normalised floating point images, found " + array.type());
            }
            int frames = network.config().frames();
            if (network.config().motion() && s.dim(0) % frames != 0) {
                throw new IOException(images + ": " + s.dim(0) + " images are no whole number of clips of " + frames);
            }
            int chunk = s.dim(0) % frames == 0 ? frames : 1;
            Mesh topology = mesh.mesh();
            Map<String, float[]> results = new LinkedHashMap<>();
            Map<String, Shape> shapes = new LinkedHashMap<>();
            try (Weights weights = model.weights(network, checkpoint);
                Runner runner = new Runner(network, weights, topology, device.device(), chunk, s.dim(2), s.dim(3), true, List.of())) {
                float[] elements = array.toFloats();
                float[] part = new float[elements.length / s.dim(0) * chunk];
                for (int from = 0; from < s.dim(0); from += chunk) {
                    System.arraycopy(elements, from / chunk * part.length, part, 0, part.length);
                    runner.run(part);
                    for (Map.Entry<String, Shape> e : runner.shapes().entrySet()) {
                        Shape all = e.getValue().with(0, s.dim(0));
                        shapes.put(e.getKey(), all);
                        float[] whole = results.computeIfAbsent(e.getKey(), k -> new float[Math.toIntExact(all.size())]);
                        float[] some = runner.read(e.getKey());
                        System.arraycopy(some, 0, whole, from / chunk * some.length, some.length);
                    }
                }
            }
            Map<String, StoredTensor> arrays = new LinkedHashMap<>();
            results.forEach((name, values) -> arrays.put(name, StoredTensor.ofFloats(shapes.get(name), values)));
            NumpyWriter.writeNpz(out, arrays, false);
            shapes.forEach((name, shape) -> System.out.printf("%-30s %s%n", name, shape));
        }
        return 0;
    }
}

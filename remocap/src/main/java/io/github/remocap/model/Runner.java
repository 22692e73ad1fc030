package io.github.remocap.model;

import io.github.remocap.layers.Weights;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The network compiled for inference on a fixed number of images. */
public final class Runner implements AutoCloseable {
    private final Tensor images;
    private final Map<String, Tensor> outputs;
    private final Program program;

    /**
     * Compiles.
     *
     * @param channelsFirst images come, and features go, as {@code [N,C,H,W]}, as in PyTorch; otherwise channels last
     * @param names the outputs wanted, all if empty
     */
    public Runner(RemoCap network, Weights weights, Mesh mesh, Device device, int count, int height, int width, boolean channelsFirst,
        List<String> names) {
        ModelGraph graph = ModelGraph.of(network, weights, mesh, count, height, width, channelsFirst, names);
        images = graph.images();
        outputs = graph.outputs();
        program = device.compile(Compilation.frozen(List.copyOf(outputs.values())));
    }

    /** Shapes of the outputs by name. */
    public Map<String, Shape> shapes() {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        outputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        return shapes;
    }

    /** Sets the images. */
    public void write(float[] elements) {
        program.write(images, elements);
    }

    /** Sets the images and runs. */
    public void run(float[] elements) {
        write(elements);
        program.run();
    }

    /** Runs again on the same images. */
    public void run() {
        program.run();
    }

    /** An output of the last run, row-major. */
    public float[] read(String name) {
        return program.read(outputs.get(name));
    }

    /** The compiled program. */
    public Program program() {
        return program;
    }

    @Override
    public void close() {
        program.close();
    }
}

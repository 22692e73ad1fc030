package io.github.remocap.parity;

import io.github.remocap.body.BodyModel;
import io.github.remocap.body.Camera;
import io.github.remocap.body.Joints;
import io.github.remocap.body.Metrics;
import io.github.remocap.body.Rotations;
import io.github.remocap.body.Skinning;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.model.PositionEncoding;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.train.Losses;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Body model, camera, metrics and positional encoding on the numbers of {@code geometry.npz}. */
final class GeometryParity {
    static final String FILE = "geometry.npz";
    private static final double TOLERANCE = 1e-5;
    private static final double METRICS_TOLERANCE = 1e-6;
    /** The velocity's: clips of as many frames of the first two clips. */
    private static final int FRAMES = 4;

    private final Path file;
    private final List<Device> devices;
    private final Dump dump;
    private final Consumer<Check> listener;

    GeometryParity(Path file, List<Device> devices, Dump dump, Consumer<Check> listener) {
        this.file = file;
        this.devices = devices;
        this.dump = dump;
        this.listener = listener;
    }

    void run() throws IOException {
        try (NumpyFile npz = NumpyFile.open(file)) {
            Map<String, StoredTensor> metrics = metrics(npz);
            metrics.forEach((name, computed) -> check(npz, "geometry", name, computed, METRICS_TOLERANCE));
            for (Device device : devices) {
                Map<String, StoredTensor> computed = onDevice(npz, device);
                computed.forEach((name, values) -> check(npz, "geometry on " + device.name(), name, values, TOLERANCE));
                computed.putAll(metrics);
                dump.write(device, FILE, computed);
            }
        }
    }

    private void check(NumpyFile npz, String subject, String name, StoredTensor computed, double tolerance) {
        StoredTensor expected;
        try {
            expected = npz.tensor(name);
        } catch (IOException | IllegalArgumentException e) {
            listener.accept(Check.failed(subject, name, String.valueOf(e.getMessage())));
            return;
        }
        listener.accept(computed.shape().equals(expected.shape()) ? Check.of(subject, name, computed.toDoubles(), expected.toDoubles(), tolerance)
            : Check.failed(subject, name, "shape " + computed.shape() + ", expected " + expected.shape()));
    }

    private static Map<String, StoredTensor> metrics(NumpyFile npz) throws IOException {
        double[] a = npz.tensor("a").toDoubles();
        double[] b = npz.tensor("b").toDoubles();
        Shape frames = Shape.of(npz.tensor("a").shape().dim(0));
        Map<String, StoredTensor> out = new LinkedHashMap<>();
        out.put("mpjpe", StoredTensor.ofDoubles(frames, Metrics.mpjpe(a, b)));
        out.put("pa_mpjpe", StoredTensor.ofDoubles(frames, Metrics.paMpjpe(a, b, Joints.COUNT)));
        out.put("mpvpe", StoredTensor.ofDoubles(frames, Metrics.mpvpe(a, b, Joints.COUNT)));
        out.put("acceleration_error", StoredTensor.ofDoubles(Shape.SCALAR, Metrics.accelerationError(a, b, Joints.COUNT)));
        return out;
    }

    private static Map<String, StoredTensor> onDevice(NumpyFile npz, Device device) throws IOException {
        Graph graph = new Graph();
        Tensor pose = input(graph, npz, "pose");
        Tensor betas = input(graph, npz, "betas");
        Tensor a = input(graph, npz, "a");
        Tensor b = input(graph, npz, "b");
        Tensor camera = input(graph, npz, "cam");
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put("rotations", Rotations.rodrigues(pose.reshape(-1, 3)));
        outputs.put("skinned", new Skinning(body(npz)).vertices(pose, betas));
        outputs.put("projected", Camera.orthographic(a, camera));
        Tensor delta = a.sub(b);
        outputs.put("velocity", Losses.velocity(delta.slice(0, 0, 2 * FRAMES), FRAMES));
        Map<String, StoredTensor> computed = new LinkedHashMap<>();
        try (Program program = device.compile(Compilation.of(List.copyOf(outputs.values())))) {
            for (Tensor input : List.of(pose, betas, a, b, camera)) {
                program.write(input, npz.tensor(((Op.Input) input.op()).label()).toFloats());
            }
            program.run();
            outputs.forEach((name, tensor) -> computed.put(name, StoredTensor.ofFloats(tensor.shape(), program.read(tensor))));
        }
        computed.put("position_32_2x3", StoredTensor.ofFloats(Shape.of(6, 1, 32), PositionEncoding.sine(32, 2, 3)));
        return computed;
    }

    private static Tensor input(Graph graph, NumpyFile npz, String name) throws IOException {
        return graph.input(name, npz.tensor(name).shape());
    }

    /** The random body of the file. */
    static BodyModel body(NumpyFile npz) throws IOException {
        return new BodyModel(npz.tensor("body_v_template").toFloats(), npz.tensor("body_shapedirs").toFloats(),
            npz.tensor("body_posedirs").toFloats(), sparse(npz.tensor("body_J_regressor")), sparse(npz.tensor("body_weights")),
            npz.tensor("body_parent").toInts(), new int[0]);
    }

    private static SparseMatrix sparse(StoredTensor dense) {
        return SparseMatrix.fromDense(dense.shape().dim(0), dense.shape().dim(1), dense.toDoubles());
    }
}

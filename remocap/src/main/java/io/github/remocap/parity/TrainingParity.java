package io.github.remocap.parity;

import io.github.remocap.autograd.Adam;
import io.github.remocap.autograd.Clipping;
import io.github.remocap.autograd.Gradients;
import io.github.remocap.autograd.Optimizer;
import io.github.remocap.autograd.ParameterGroup;
import io.github.remocap.autograd.Schedule;
import io.github.remocap.autograd.Sgd;
import io.github.remocap.autograd.State;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.layers.Context;
import io.github.remocap.layers.ParameterSpec;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.MeshFile;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.RemoCap;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;
import io.github.remocap.train.LossWeights;
import io.github.remocap.train.Losses;
import io.github.remocap.train.Surface;
import io.github.remocap.train.TruthInputs;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Training of the tiny model in train mode without dropout: outputs, losses, all gradients and running statistics after one forward
 * pass, and losses and gradient norms of some steps of each optimiser.
 */
final class TrainingParity {
    private static final double TOLERANCE = 1e-5;
    private static final double GRADIENT_TOLERANCE = 1e-3;
    /**
     * Below this share of the norm of all gradients a gradient is rounding error: that of a bias before batch norm is 0 in exact
     * arithmetic. Such a gradient must be as small on both sides.
     */
    private static final double NOISE = 1e-6;
    private static final double LEARNING_RATE = 1e-3;
    private static final double WEIGHT_DECAY = 1e-4;
    private static final double MAX_NORM = 0.3;
    /**
     * The gradient's norm jumps where a ReLU or an absolute value changes sides, so that rounding decides it after some steps, and more
     * so with Adam, which divides by small gradients. It may differ by as many times what moving the weights by rounding does.
     */
    private static final double AMPLIFIED = 4;
    private static final String MODEL = "remocap";

    /**
     * An optimiser's curve.
     *
     * @param tolerance of losses
     * @param spread how far two runs of PyTorch itself are apart in the gradient's norm (docs/training.md)
     */
    private record Run(String name, Optimizer optimizer, double weightDecay, double tolerance, double spread) {
    }

    private static final List<Run> RUNS = List.of(
        new Run("sgd", new Sgd(0, false), 0, 1e-3, 5e-3),
        new Run("momentum", new Sgd(0.9, false), WEIGHT_DECAY, 1e-3, 5e-2),
        new Run("adamw", Adam.adamW(), WEIGHT_DECAY, 1e-2, 0.43),
        new Run("adam", Adam.adam(), 0, 1e-2, 0.68));

    private final Path tiny;
    private final List<Device> devices;
    private final Dump dump;
    private final Consumer<Check> listener;
    private final RemoCap network;
    private final Mesh mesh;
    private final float[] images;
    private final Shape imagesShape; // [n,3,h,w]
    private final Map<String, float[]> truth = new LinkedHashMap<>();
    private final Surface surface;

    /** Whether a folder holds what this compares with. */
    static boolean isIn(Path tiny) {
        return Stream.of("train_truth.npz", MODEL + ".bin", MODEL + "_config.json", MODEL + "_eval.npz", "mesh.npz")
            .allMatch(name -> Files.isRegularFile(tiny.resolve(name)));
    }

    TrainingParity(Path tiny, List<Device> devices, Dump dump, Consumer<Check> listener) throws IOException {
        this.tiny = tiny;
        this.devices = devices;
        this.dump = dump;
        this.listener = listener;
        network = new RemoCap(Config.read(tiny.resolve(MODEL + "_config.json")));
        mesh = MeshFile.read(tiny.resolve("mesh.npz"));
        try (NumpyFile npz = NumpyFile.open(tiny.resolve(MODEL + "_eval.npz"))) {
            images = npz.tensor("images").toFloats();
            imagesShape = npz.tensor("images").shape();
        }
        try (NumpyFile npz = NumpyFile.open(tiny.resolve("train_truth.npz"))) {
            for (String name : npz.names()) {
                truth.put(name, npz.tensor(name).toFloats());
            }
            StoredTensor h36m = npz.tensor("h36m");
            surface = new Surface(npz.tensor("faces").toInts(), npz.tensor("edges").toInts(),
                SparseMatrix.fromDense(h36m.shape().dim(0), h36m.shape().dim(1), h36m.toDoubles()));
        }
    }

    /** A fresh copy of the model with its loss as a graph. */
    private final class Training implements AutoCloseable {
        final Graph graph = new Graph();
        final Weights weights;
        final Context context;
        final Tensor input;
        final Map<String, Tensor> outputs = new LinkedHashMap<>();
        final TruthInputs expected;
        final Losses.Result loss;
        final List<Tensor> parameters = new ArrayList<>();
        final Map<Tensor, Tensor> gradients;

        Training() throws IOException {
            Path file = tiny.resolve(MODEL + ".bin");
            try (Checkpoint checkpoint = Checkpoint.open(file)) {
                weights = ModelWeights.load(network, checkpoint, file.toString(), StateDictMatcher.Mode.STRICT, m -> { });
                ModelWeights.own(weights);
            }
            Config config = network.config();
            context = Context.training(graph, weights, false, 0);
            input = graph.input("images", imagesShape);
            Map<String, Tensor> out = network.call(context, input.permute(0, 2, 3, 1), mesh);
            out.forEach((name, tensor) -> outputs.put(name, name.equals("features") ? tensor.permute(0, 3, 1, 2) : tensor));
            expected = TruthInputs.of(graph, imagesShape.dim(0), config.fine(), config.intermediate(), config.coarse());
            loss = Losses.build(graph, out, expected, surface, LossWeights.DEFAULT, config.frames());
            graph.parameters().forEach((name, tensor) -> {
                ParameterSpec spec = weights.specs().get(name);
                if (spec != null && spec.trainable()) {
                    parameters.add(tensor);
                }
            });
            gradients = Gradients.of(loss.total(), parameters);
        }

        Program compile(Device device, List<Tensor> targets, List<Compilation.Update> updates) {
            Program program = device.compile(Compilation.training(targets, updates));
            program.write(input, images);
            expected.write(program, truth);
            return program;
        }

        /** Moves every weight to the next floating point number, alternately up and down. */
        void moveByRounding() {
            for (ParameterSpec spec : weights.specs().values()) {
                if (spec.trainable()) {
                    MemorySegment values = weights.values(spec.name());
                    for (long i = 0; i < spec.shape().size(); i++) {
                        float v = values.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
                        values.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, i % 2 == 0 ? Math.nextUp(v) : Math.nextDown(v));
                    }
                }
            }
        }

        @Override
        public void close() {
            weights.close();
        }
    }

    void run() throws IOException {
        for (Device device : devices) {
            step(device);
            curves(device);
        }
    }

    void step(Device device) throws IOException {
        String subject = "training on " + device.name();
        try (Training t = new Training()) {
            List<Tensor> targets = new ArrayList<>(t.outputs.values());
            targets.add(t.loss.total());
            targets.addAll(t.loss.parts().values());
            targets.addAll(t.gradients.values());
            Map<String, StoredTensor> forward = new LinkedHashMap<>();
            Map<String, StoredTensor> gradients = new LinkedHashMap<>();
            try (Program program = t.compile(device, targets, t.context.updates())) {
                program.run();
                ModelWeights.countBatch(t.weights);
                forward.put("loss", scalar(program, t.loss.total()));
                t.loss.parts().forEach((name, tensor) -> forward.put("loss_" + name, scalar(program, tensor)));
                t.outputs.forEach((name, tensor) -> forward.put(name, StoredTensor.ofFloats(tensor.shape(), program.read(tensor))));
                t.gradients.forEach((p, g) -> gradients.put(((Op.Parameter) p.op()).label(), StoredTensor.ofFloats(g.shape(), program.read(g))));
            }
            Map<String, StoredTensor> buffers = buffers(t.weights);
            compare(subject, "train_forward.npz", forward);
            compareGradients(subject, gradients);
            compareBuffers(subject, buffers);
            dump.write(device, "train_forward.npz", forward);
            dump.write(device, "train_gradients.npz", gradients);
            dump.write(device, "train_buffers.npz", buffers);
        }
    }

    private static StoredTensor scalar(Program program, Tensor tensor) {
        return StoredTensor.ofDoubles(Shape.SCALAR, program.readDoubles(tensor));
    }

    /** Copies of all arrays that have no gradient. */
    private static Map<String, StoredTensor> buffers(Weights weights) {
        Map<String, StoredTensor> buffers = new LinkedHashMap<>();
        for (ParameterSpec spec : weights.specs().values()) {
            if (!spec.trainable()) {
                StoredTensor live = new StoredTensor(spec.dtype(), spec.shape(), weights.values(spec.name()));
                buffers.put(spec.name(), spec.dtype() == DType.I64 ? StoredTensor.ofLongs(spec.shape(), live.toLongs())
                    : StoredTensor.ofFloats(spec.shape(), live.toFloats()));
            }
        }
        return buffers;
    }

    private void compare(String subject, String file, Map<String, StoredTensor> computed) throws IOException {
        try (NumpyFile npz = NumpyFile.open(tiny.resolve(file))) {
            for (String name : npz.names()) {
                StoredTensor actual = computed.get(name);
                listener.accept(actual == null ? Check.failed(subject, name, "not computed")
                    : Check.of(subject, name, actual.toDoubles(), npz.tensor(name).toDoubles(), TOLERANCE));
            }
        }
    }

    private boolean sameNames(String subject, String quantity, Set<String> actual, Set<String> expected) {
        if (actual.equals(expected)) {
            return true;
        }
        Set<String> missing = new TreeSet<>(expected);
        missing.removeAll(actual);
        Set<String> more = new TreeSet<>(actual);
        more.removeAll(expected);
        listener.accept(Check.failed(subject, quantity, "missing " + missing + ", not expected " + more));
        return false;
    }

    /** A line for the worst of all gradients, and one for each that is out of tolerance. */
    private void compareGradients(String subject, Map<String, StoredTensor> computed) throws IOException {
        try (NumpyFile npz = NumpyFile.open(tiny.resolve("train_gradients.npz"))) {
            String quantity = npz.names().size() + " gradients";
            if (!sameNames(subject, quantity, computed.keySet(), npz.names())) {
                return;
            }
            double all = 0;
            for (String name : npz.names()) {
                all += square(npz.tensor(name).toDoubles());
            }
            Check worst = Check.passed(subject, quantity, "");
            for (String name : npz.names()) {
                double[] expected = npz.tensor(name).toDoubles();
                double[] actual = computed.get(name).toDoubles();
                if (actual.length != expected.length) {
                    listener.accept(Check.failed(subject, name, actual.length + " elements, expected " + expected.length));
                    continue;
                }
                double[] difference = new double[expected.length];
                for (int i = 0; i < difference.length; i++) {
                    difference[i] = actual[i] - expected[i];
                }
                double floor = NOISE * Math.sqrt(all);
                double norm = Math.sqrt(square(expected));
                double off = Math.sqrt(square(difference));
                // Noise passes if it is noise on both sides.
                double relative = norm < floor ? off / floor * GRADIENT_TOLERANCE : off / norm;
                Check check = new Check(subject, quantity, off, Double.isNaN(relative) ? Double.POSITIVE_INFINITY : relative, GRADIENT_TOLERANCE,
                    "L2 norms; worst: " + name);
                if (!check.ok()) {
                    listener.accept(new Check(subject, "gradient of " + name, off, check.relative(), GRADIENT_TOLERANCE, "L2 norms"));
                }
                worst = check.relative() > worst.relative() ? check : worst;
            }
            listener.accept(worst);
        }
    }

    private static double square(double[] values) {
        double sum = 0;
        for (double v : values) {
            sum += v * v;
        }
        return sum;
    }

    /** A line for the worst of all running statistics, each relative to its array's largest, and one for the counters. */
    private void compareBuffers(String subject, Map<String, StoredTensor> computed) throws IOException {
        try (NumpyFile npz = NumpyFile.open(tiny.resolve("train_buffers.npz"))) {
            String quantity = npz.names().size() + " buffers";
            if (!sameNames(subject, quantity, computed.keySet(), npz.names())) {
                return;
            }
            Check worst = Check.passed(subject, quantity, "");
            for (String name : npz.names()) {
                StoredTensor expected = npz.tensor(name);
                StoredTensor actual = computed.get(name);
                boolean counter = expected.type() == DType.I64;
                if (counter != (actual.type() == DType.I64)) {
                    listener.accept(Check.failed(subject, name, "is " + actual.type() + ", expected " + expected.type()));
                    continue;
                }
                Check one = Check.of(subject, quantity, actual.toDoubles(), expected.toDoubles(), counter ? 0 : TOLERANCE);
                Check check = new Check(subject, quantity, one.absolute(), one.relative(), one.tolerance(), "worst: " + name);
                if (!check.ok()) {
                    listener.accept(new Check(subject, name, one.absolute(), one.relative(), one.tolerance(), one.note()));
                }
                worst = check.relative() > worst.relative() ? check : worst;
            }
            listener.accept(worst);
        }
    }

    void curves(Device device) throws IOException {
        String subject = "training on " + device.name();
        Map<String, StoredTensor> curves = new LinkedHashMap<>();
        try (NumpyFile npz = NumpyFile.open(tiny.resolve("train_curves.npz"))) {
            for (Run run : RUNS) {
                double[] expected = npz.tensor(run.name()).toDoubles();
                int steps = expected.length / 2;
                double[] actual = curve(device, run, steps, false);
                double[] moved = curve(device, run, steps, true);
                curves.put(run.name(), StoredTensor.ofDoubles(Shape.of(steps, 2), actual));
                double[] losses = deviations(actual, expected, 0);
                listener.accept(new Check(subject, run.name() + ", " + steps + " steps: loss", absolute(actual, expected, 0), losses[steps - 1],
                    run.tolerance(), "each step"));
                double[] norms = deviations(actual, expected, 1);
                listener.accept(new Check(subject, run.name() + ", step 2: gradient norm", Math.abs(actual[3] - expected[3]),
                    Math.abs(actual[3] - expected[3]) / Math.abs(expected[3]), run.tolerance(), ""));
                double[] ulps = deviations(moved, actual, 1);
                listener.accept(new Check(subject, run.name() + ", " + steps + " steps: gradient norm", absolute(actual, expected, 1), median(norms),
                    Math.max(run.spread(), AMPLIFIED * median(ulps)), String.format(
                    "median; largest %.1e; moving the weights by rounding: median %.1e, largest %.1e", norms[steps - 1], median(ulps),
                    ulps[steps - 1])));
            }
        }
        dump.write(device, "train_curves.npz", curves);
    }

    /** Relative differences of a column's numbers, ascending; infinite where one is NaN. */
    private static double[] deviations(double[] actual, double[] expected, int column) {
        double[] out = new double[expected.length / 2];
        for (int i = 0; i < out.length; i++) {
            double off = Math.abs(actual[2 * i + column] - expected[2 * i + column]) / Math.abs(expected[2 * i + column]);
            out[i] = Double.isNaN(off) ? Double.POSITIVE_INFINITY : off;
        }
        Arrays.sort(out);
        return out;
    }

    private static double absolute(double[] actual, double[] expected, int column) {
        double most = 0;
        for (int i = column; i < expected.length; i += 2) {
            most = Math.max(most, Math.abs(actual[i] - expected[i]));
        }
        return most;
    }

    private static double median(double[] ascending) {
        return ascending[ascending.length / 2];
    }

    /** Losses and norms of some steps; with the weights moved to neighbouring floating point numbers if asked. */
    private double[] curve(Device device, Run run, int steps, boolean move) throws IOException {
        double[] curve = new double[2 * steps];
        Schedule schedule = Schedule.step(10, 0.1);
        try (Training t = new Training(); State state = new State()) {
            if (move) {
                t.moveByRounding();
            }
            Clipping clipping = Clipping.byNorm(t.gradients, MAX_NORM);
            ParameterGroup all = ParameterGroup.of("all", t.parameters, LEARNING_RATE, run.weightDecay());
            List<Compilation.Update> updates = new ArrayList<>(t.context.updates());
            updates.addAll(run.optimizer().step(List.of(all), clipping.gradients(), state));
            try (Program program = t.compile(device, List.of(t.loss.total(), clipping.norm()), updates)) {
                for (int i = 0; i < steps; i++) {
                    all.write(program, schedule.factor(i));
                    program.run();
                    ModelWeights.countBatch(t.weights);
                    curve[2 * i] = program.readDoubles(t.loss.total())[0];
                    curve[2 * i + 1] = program.readDoubles(clipping.norm())[0];
                }
            }
        }
        return curve;
    }
}

package io.github.remocap.autograd;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The small net of replay.py, every kind of layer of a training step in it, and its loss. */
final class Replay {
    final Graph graph = new Graph();
    final Map<String, Tensor> parameters = new LinkedHashMap<>();
    final List<Compilation.Update> statistics = new ArrayList<>();
    final Tensor images; // [N,8,8,3]
    final Tensor target; // [N,2]
    final Tensor loss;
    final List<Tensor> activations = new ArrayList<>();

    private final Arena arena;

    Replay(Arena arena, int batch) {
        this.arena = arena;
        images = graph.input("images", Shape.of(batch, 8, 8, 3));
        target = graph.input("target", Shape.of(batch, 2));
        Tensor w1 = parameter("conv1.weight", 6, 3, 3, 3);
        Tensor gamma = parameter("bn1.weight", 6);
        Tensor beta = parameter("bn1.bias", 6);
        Tensor w2 = parameter("conv2.weight", 8, 6, 3, 3);
        Tensor b2 = parameter("conv2.bias", 8);
        Tensor scale = parameter("norm.weight", 8);
        Tensor shift = parameter("norm.bias", 8);
        Tensor w3 = parameter("head.weight", 2, 8);
        Tensor b3 = parameter("head.bias", 2);
        parameter("unused.weight", 2, 2);
        parameter("unused.bias", 2);

        Tensor x = images.conv2d(w1, 2, 1); // [N,4,4,6]
        statistics(x);
        x = graph.apply(new Op.Normalize(0, 2, 1e-5, true), x, gamma, beta).relu();
        activations.add(x);
        x = x.conv2d(w2, 1, 1).add(b2).relu().add(x.pad(3, 0, 2)); // [N,4,4,8]
        activations.add(x);
        x = graph.apply(new Op.Normalize(1, 1, 1e-5, true), x.mean(1, 2), scale, shift); // [N,8]
        Tensor error = x.matmul(w3, false, true).add(b3).sub(target); // [N,2]
        loss = error.abs().mean().add(Norms.l2(error).mean().mul(0.1));
    }

    private void statistics(Tensor x) {
        Tensor mean = Numbers.parameter(graph, arena, "bn1.running_mean", Shape.of(6), new double[6]);
        Tensor variance = Numbers.parameter(graph, arena, "bn1.running_var", Shape.of(6), 1, 1, 1, 1, 1, 1);
        double n = x.shape().size() / 6.0;
        Tensor batchMean = x.mean(0, 2);
        Tensor batchVariance = x.sub(batchMean).square().mean(0, 2).mul(n / (n - 1));
        statistics.add(new Compilation.Update(mean, mean.mul(0.9).add(batchMean.mul(0.1))));
        statistics.add(new Compilation.Update(variance, variance.mul(0.9).add(batchVariance.mul(0.1))));
    }

    private Tensor parameter(String name, int... dims) {
        Shape shape = Shape.of(dims);
        double[] values = Numbers.uniform(name, shape.size(), -0.5, 0.5);
        if (name.equals("bn1.weight") || name.equals("norm.weight")) {
            for (int i = 0; i < values.length; i++) {
                values[i] += 1;
            }
        }
        Tensor p = Numbers.parameter(graph, arena, name, shape, values);
        parameters.put(name, p);
        return p;
    }

    /** The head at the full learning rate without weight decay, the rest at a tenth with it. */
    List<ParameterGroup> groups(double rate, double weightDecay) {
        List<Tensor> head = parameters.entrySet().stream().filter(e -> e.getKey().startsWith("head")).map(Map.Entry::getValue).toList();
        List<Tensor> rest = parameters.entrySet().stream().filter(e -> !e.getKey().startsWith("head")).map(Map.Entry::getValue).toList();
        return List.of(ParameterGroup.of("rest", rest, rate * 0.1, weightDecay), ParameterGroup.of("head", head, rate, 0));
    }

    /** PyTorch's images are [N,C,H,W]. */
    static double[] channelsLast(double[] x, int n, int c, int h, int w) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int pixel = i % (h * w);
            int channel = i / (h * w) % c;
            int image = i / (h * w * c);
            y[(image * h * w + pixel) * c + channel] = x[i];
        }
        return y;
    }

    static double[] images() {
        return channelsLast(Numbers.uniform("images", 4 * 3 * 8 * 8, -1, 1), 4, 3, 8, 8);
    }

    static double[] targets() {
        return Numbers.uniform("target", 8, -2, 2);
    }

    /** Rows of a resource. */
    static List<String[]> rows(String name) throws IOException {
        try (InputStream in = Replay.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("no resource " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(line -> line.split(",", -1)).toList();
        }
    }
}

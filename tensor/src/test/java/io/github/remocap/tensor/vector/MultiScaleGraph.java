package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.OpCase;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;

/** Builds multi-scale attention as the model's layer does, with parameters made from their names. */
final class MultiScaleGraph {
    private final Graph graph;

    MultiScaleGraph(Graph graph) {
        this.graph = graph;
    }

    private Tensor parameter(String name, int... dims) {
        float[] values = new float[(int) Shape.of(dims).size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(name.hashCode() % 97 + 1.7 * i) / 2;
        }
        return graph.parameter(name, Shape.of(dims), OpCase.nativeCopy(values));
    }

    private static Tensor weigh(Tensor pooled, Tensor target) {
        int n = target.dim(0);
        int c = target.dim(3);
        Tensor p = pooled.mean(1, 2).softmax().reshape(n, c, 1);
        return target.reshape(n, -1, c).matmul(p).reshape(n, target.dim(1), target.dim(2), 1);
    }

    /** Multi-scale attention of images {@code [n,h,w,c]}; d is the 3x3 branch. */
    record Attended(Tensor value, Tensor d) {
    }

    private Attended attended(Tensor g) {
        int n = g.dim(0);
        int h = g.dim(1);
        int w = g.dim(2);
        int c = g.dim(3);
        String id = "/" + c;
        Tensor means = graph.concat(1, g.mean(2, 2), g.mean(1, 1)).reshape(n, h + w, 1, c);
        Tensor gates = means.conv2d(parameter("w1" + id, c, c, 1, 1), 1, 0).add(parameter("b1" + id, c)).sigmoid();
        Tensor gated = g.mul(gates.slice(1, 0, h)).mul(gates.slice(1, h, w).reshape(n, 1, w, c));
        Tensor a = graph.apply(new Op.Normalize(1, 2, 1e-5, true), gated, parameter("gamma" + id, c), parameter("beta" + id, c));
        Tensor d = g.conv2d(parameter("w3" + id, c, c, 3, 3), 1, 1).add(parameter("b3" + id, c));
        return new Attended(g.mul(weigh(a, d).add(weigh(d, a)).sigmoid()), d);
    }

    /** Groups of neighbouring channels, each an image. */
    Attended ofChannels(Tensor x, int groups) {
        int n = x.dim(0);
        int h = x.dim(1);
        int w = x.dim(2);
        int c = x.dim(3) / groups;
        Attended a = attended(x.reshape(n, h, w, groups, c).permute(0, 3, 1, 2, 4).reshape(n * groups, h, w, c));
        return new Attended(a.value.reshape(n, groups, h, w, c).permute(0, 2, 3, 1, 4).reshape(x.shape()), a.d);
    }

    /** Every channel's frames are an image. */
    Attended ofFrames(Tensor x, int frames) {
        int b = x.dim(0) / frames;
        int h = x.dim(1);
        int w = x.dim(2);
        int c = x.dim(3);
        Attended a = attended(x.reshape(b, frames, h, w, c).permute(0, 4, 2, 3, 1).reshape(b * c, h, w, frames));
        return new Attended(a.value.reshape(b, c, h, w, frames).permute(0, 4, 2, 3, 1).reshape(x.shape()), a.d);
    }
}

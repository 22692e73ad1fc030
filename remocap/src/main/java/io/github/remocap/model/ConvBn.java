package io.github.remocap.model;

import io.github.remocap.layers.BatchNorm;
import io.github.remocap.layers.Conv2d;
import io.github.remocap.layers.Layer;
import io.github.remocap.layers.Relu;
import io.github.remocap.layers.Sequential;
import java.util.ArrayList;
import java.util.List;

/** The sequences of convolution, batch norm and ReLU that HRNet is made of, named 0, 1, 2 as in its checkpoints. */
final class ConvBn {
    private ConvBn() {
    }

    static List<Layer> layers(int in, int out, int kernel, int stride, boolean bias) {
        return List.of(new Conv2d(in, out, kernel, stride, bias), new BatchNorm(out));
    }

    static Sequential plain(int in, int out, int kernel, int stride) {
        return new Sequential(layers(in, out, kernel, stride, false));
    }

    static Sequential relu(int in, int out, int kernel, int stride, boolean bias) {
        List<Layer> all = new ArrayList<>(layers(in, out, kernel, stride, bias));
        all.add(new Relu());
        return new Sequential(all);
    }
}

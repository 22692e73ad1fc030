package io.github.remocap.model;

import io.github.remocap.layers.Context;
import io.github.remocap.layers.Conv2d;
import io.github.remocap.layers.GroupNorm;
import io.github.remocap.layers.Layer;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Tensor;

/**
 * Efficient multi-scale attention (Ouyang et al., ICASSP 2023): channels are split in groups; each group weighs its own pixels by
 * what a gated, normalised branch and a 3x3 branch have in common.
 */
final class Ema extends Layer {
    private final int groups;
    private final GroupNorm norm;
    private final Conv2d conv1;
    private final Conv2d conv3;

    /** For so many groups of so many channels each. */
    Ema(int channels, int groups) {
        this.groups = groups;
        norm = add("gn", new GroupNorm(channels, channels));
        conv1 = add("conv1x1", new Conv2d(channels, channels, 1, 1, true));
        conv3 = add("conv3x3", new Conv2d(channels, channels, 3, 1, true));
    }

    /** Maps {@code [n,H,W,groups*c]} to the same shape. */
    @Override
    protected Tensor forward(Context context, Tensor x) {
        if (groups == 1) {
            return weighed(context, x);
        }
        int n = x.dim(0);
        int h = x.dim(1);
        int w = x.dim(2);
        int c = x.dim(3) / groups;
        Tensor g = x.reshape(n, h, w, groups, c).permute(0, 3, 1, 2, 4).reshape(n * groups, h, w, c);
        return weighed(context, g).reshape(n, groups, h, w, c).permute(0, 2, 3, 1, 4).reshape(x.shape());
    }

    /** On groups that are images of their own, {@code [n,H,W,c]}. */
    private Tensor weighed(Context context, Tensor g) {
        Graph graph = context.graph();
        int n = g.dim(0);
        int h = g.dim(1);
        int w = g.dim(2);
        int c = g.dim(3);
        Tensor rows = g.mean(2, 2); // [n,h,c]
        Tensor columns = g.mean(1, 1); // [n,w,c]
        Tensor mixed = conv1.call(context, graph.concat(1, rows, columns).reshape(n, h + w, 1, c)).sigmoid();
        Tensor gateH = mixed.slice(1, 0, h); // [n,h,1,c]
        Tensor gateW = mixed.slice(1, h, w).reshape(n, 1, w, c);
        Tensor a = norm.call(context, g.mul(gateH).mul(gateW));
        Tensor d = conv3.call(context, g);
        Tensor weights = weigh(a, d).add(weigh(d, a)); // [n,h,w,1]
        return g.mul(weights.sigmoid());
    }

    /** Mixes the target's channels by a softmax over the pooled ones: {@code [n,h,w,1]}. */
    private static Tensor weigh(Tensor pooled, Tensor target) {
        int n = target.dim(0);
        int c = target.dim(3);
        Tensor p = pooled.mean(1, 2).softmax().reshape(n, c, 1);
        return target.reshape(n, -1, c).matmul(p).reshape(n, target.dim(1), target.dim(2), 1);
    }
}

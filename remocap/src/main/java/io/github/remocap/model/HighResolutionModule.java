package io.github.remocap.model;

import io.github.remocap.layers.BatchNorm;
import io.github.remocap.layers.Context;
import io.github.remocap.layers.Conv2d;
import io.github.remocap.layers.Layer;
import io.github.remocap.layers.Module;
import io.github.remocap.layers.ModuleList;
import io.github.remocap.layers.Sequential;
import io.github.remocap.layers.Upsample;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Parallel branches, each at half the resolution of the one before, then a fusion of every branch into every other. */
final class HighResolutionModule extends Module {
    private final ModuleList<Sequential> branches;
    private final ModuleList<ModuleList<Sequential>> fuse;

    HighResolutionModule(List<Integer> channels, int blocks) {
        int n = channels.size();
        branches = add("branches", new ModuleList<>(channels.stream().map(c -> Residual.chain(c, c, blocks, false)).toList()));
        List<ModuleList<Sequential>> rows = new ArrayList<>();
        for (int to = 0; to < n; to++) {
            List<@Nullable Sequential> row = new ArrayList<>();
            for (int from = 0; from < n; from++) {
                row.add(path(channels, from, to));
            }
            rows.add(new ModuleList<>(row));
        }
        fuse = add("fuse_layers", new ModuleList<>(rows));
    }

    private static @Nullable Sequential path(List<Integer> channels, int from, int to) {
        int in = channels.get(from);
        int out = channels.get(to);
        if (from == to) {
            return null;
        }
        if (from > to) {
            return new Sequential(new Conv2d(in, out, 1, 1, false), new BatchNorm(out), new Upsample(1 << (from - to)));
        }
        List<Layer> steps = new ArrayList<>();
        for (int k = 0; k < to - from - 1; k++) {
            steps.add(ConvBn.relu(in, in, 3, 2, false));
        }
        steps.add(ConvBn.plain(in, out, 3, 2));
        return new Sequential(steps);
    }

    /** Maps one feature map per branch, {@code [N,H / 2^i,W / 2^i,C_i]}, to as many of the same shapes. */
    List<Tensor> call(Context context, List<Tensor> inputs) {
        try (Graph.Scope ignored = context.enter(this)) {
            List<Tensor> xs = new ArrayList<>();
            try (Graph.Scope inner = context.enter(branches)) {
                for (int i = 0; i < inputs.size(); i++) {
                    xs.add(Objects.requireNonNull(branches.get(i)).call(context, inputs.get(i)));
                }
            }
            List<Tensor> out = new ArrayList<>();
            try (Graph.Scope inner = context.enter(fuse)) {
                for (int to = 0; to < xs.size(); to++) {
                    out.add(row(context, Objects.requireNonNull(fuse.get(to)), xs));
                }
            }
            context.graph().moduleOutput(out.getFirst());
            return out;
        }
    }

    private static Tensor row(Context context, ModuleList<Sequential> paths, List<Tensor> xs) {
        try (Graph.Scope ignored = context.enter(paths)) {
            Tensor sum = null;
            for (int from = 0; from < xs.size(); from++) {
                Sequential path = paths.get(from);
                Tensor x = path == null ? xs.get(from) : path.call(context, xs.get(from));
                sum = sum == null ? x : sum.add(x);
            }
            return context.graph().moduleOutput(Objects.requireNonNull(sum).relu());
        }
    }
}

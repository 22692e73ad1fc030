package io.github.remocap.model;

import io.github.remocap.layers.BatchNorm;
import io.github.remocap.layers.Context;
import io.github.remocap.layers.Conv2d;
import io.github.remocap.layers.Layer;
import io.github.remocap.layers.Linear;
import io.github.remocap.layers.Module;
import io.github.remocap.layers.ModuleList;
import io.github.remocap.layers.Sequential;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** HRNet's classification network up to its last feature map, with SD and MD behind stage 1. */
final class Backbone extends Layer {
    private final Config config;
    private final Conv2d conv1;
    private final BatchNorm bn1;
    private final Conv2d conv2;
    private final BatchNorm bn2;
    private final Sequential layer1;
    private final @Nullable Layer spatial;
    private final @Nullable Ema motion;
    private final List<ModuleList<Sequential>> transitions = new ArrayList<>();
    private final List<ModuleList<HighResolutionModule>> stages = new ArrayList<>();
    private final ModuleList<Sequential> increase;
    private final ModuleList<Sequential> downsample;
    private final Sequential last;

    Backbone(Config config, SpatialModule spatialModule) {
        this.config = config;
        conv1 = add("conv1", new Conv2d(3, config.stem(), 3, 2, false));
        bn1 = add("bn1", new BatchNorm(config.stem()));
        conv2 = add("conv2", new Conv2d(config.stem(), config.stem(), 3, 2, false));
        bn2 = add("bn2", new BatchNorm(config.stem()));
        layer1 = add("layer1", Residual.chain(config.stem(), config.bottleneck(), 4, true));
        int channels = config.stageOneChannels();
        spatial = config.spatial() ? add("ema_1", spatialModule.create(config)) : null;
        motion = config.motion() ? add("ema_S", new Ema(channels * config.frames() / config.mdGroups(),
            config.mdGroups() == channels ? 1 : config.mdGroups())) : null;
        List<Integer> before = List.of(channels);
        for (int stage = 2; stage <= 4; stage++) {
            List<Integer> widths = new ArrayList<>();
            for (int i = 0; i < stage; i++) {
                widths.add(config.width() << i);
            }
            transitions.add(add("transition" + (stage - 1), transition(before, widths)));
            List<HighResolutionModule> modules = new ArrayList<>();
            for (int i = 0; i < config.stageModules().get(stage - 2); i++) {
                modules.add(new HighResolutionModule(widths, config.blocks()));
            }
            stages.add(add("stage" + stage, new ModuleList<>(modules)));
            before = widths;
        }
        List<Sequential> up = new ArrayList<>();
        List<Sequential> down = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            up.add(Residual.chain(before.get(i), config.head().get(i), 1, true));
            if (i < 3) {
                down.add(ConvBn.relu(4 * config.head().get(i), 4 * config.head().get(i + 1), 3, 2, true));
            }
        }
        increase = add("incre_modules", new ModuleList<>(up));
        downsample = add("downsamp_modules", new ModuleList<>(down));
        last = add("final_layer", ConvBn.relu(4 * config.head().get(3), config.features(), 1, 1, true));
        add("classifier", new Linear(config.features(), config.classes()));
    }

    private static ModuleList<Sequential> transition(List<Integer> before, List<Integer> widths) {
        List<@Nullable Sequential> steps = new ArrayList<>();
        for (int i = 0; i < widths.size(); i++) {
            if (i >= before.size()) {
                steps.add(new Sequential(ConvBn.relu(before.getLast(), widths.get(i), 3, 2, false)));
            } else {
                steps.add(before.get(i).equals(widths.get(i)) ? null : ConvBn.relu(before.get(i), widths.get(i), 3, 1, false));
            }
        }
        return new ModuleList<>(steps);
    }

    /** Maps images {@code [B*S,H,W,3]} to features {@code [B*S,H/32,W/32,features]}. */
    @Override
    protected Tensor forward(Context context, Tensor images) {
        Tensor x = bn1.call(context, conv1.call(context, images)).relu();
        x = bn2.call(context, conv2.call(context, x)).relu();
        x = disentangle(context, layer1.call(context, x));
        List<Tensor> xs = List.of(x);
        for (int stage = 0; stage < stages.size(); stage++) {
            xs = stage(context, stages.get(stage), widen(context, transitions.get(stage), xs));
        }
        Tensor y = called(context, increase, 0, xs.getFirst());
        for (int i = 1; i < 4; i++) {
            y = called(context, increase, i, xs.get(i)).add(called(context, downsample, i - 1, y));
        }
        return last.call(context, y);
    }

    private static Tensor called(Context context, ModuleList<Sequential> list, int i, Tensor x) {
        try (Graph.Scope ignored = context.enter(list)) {
            return Objects.requireNonNull(list.get(i)).call(context, x);
        }
    }

    private static List<Tensor> widen(Context context, ModuleList<Sequential> transition, List<Tensor> xs) {
        List<Tensor> out = new ArrayList<>();
        for (int i = 0; i < transition.size(); i++) {
            Tensor x = xs.get(Math.min(i, xs.size() - 1));
            out.add(transition.get(i) == null ? x : called(context, transition, i, x));
        }
        return out;
    }

    private static List<Tensor> stage(Context context, ModuleList<HighResolutionModule> stage, List<Tensor> inputs) {
        try (Graph.Scope ignored = context.enter(stage)) {
            List<Tensor> xs = inputs;
            for (int i = 0; i < stage.size(); i++) {
                xs = Objects.requireNonNull(stage.get(i)).call(context, xs);
            }
            context.graph().moduleOutput(xs.getFirst());
            return xs;
        }
    }

    /** SD weighs pixels within a frame, MD weighs them by all frames of a channel; a gate per frame and channel mixes the two. */
    private Tensor disentangle(Context context, Tensor x) {
        Layer sdModule = spatial;
        Ema mdModule = motion;
        Tensor sd = sdModule == null ? x : sdModule.call(context, x);
        if (!sd.shape().equals(x.shape())) {
            throw new IllegalArgumentException("the module in place of SD makes " + sd.shape() + " of " + x.shape() + "; the shape must stay");
        }
        if (mdModule == null) {
            return sd;
        }
        Tensor md = motion(context, mdModule, x);
        Tensor mix = sd.mean(1, 2).add(md.mean(1, 2)).sigmoid().reshape(x.dim(0), 1, 1, x.dim(3));
        return md.add(mix.mul(sd.sub(md)));
    }

    private Tensor motion(Context context, Ema module, Tensor x) {
        int s = config.frames();
        int b = x.dim(0) / s;
        int h = x.dim(1);
        int w = x.dim(2);
        int c = x.dim(3);
        Tensor clips = x.reshape(b, s, h, w, c);
        if (config.mdGroups() == c) {
            Tensor g = clips.permute(0, 4, 2, 3, 1).reshape(b * c, h, w, s);
            return module.call(context, g).reshape(b, c, h, w, s).permute(0, 4, 2, 3, 1).reshape(x.shape());
        }
        Tensor shuffled = clips.permute(0, 2, 3, 4, 1).reshape(b, h, w, c * s); // channel c, frame s at c * S + s
        return module.call(context, shuffled).reshape(b, h, w, c, s).permute(0, 4, 1, 2, 3).reshape(x.shape());
    }
}

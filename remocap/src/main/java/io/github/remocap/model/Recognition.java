package io.github.remocap.model;

import io.github.remocap.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tells from the shapes of a state dict which model it is. Heads leave no trace in shapes and are taken as the released model's
 * (or the largest divisor below); everything else is read off.
 */
public final class Recognition {
    private final Map<String, Shape> shapes;

    private Recognition(Map<String, Shape> shapes) {
        this.shapes = shapes;
    }

    /** The configuration of a RemoCap or FastMETRO state dict; empty if it is something else. */
    public static Optional<Config> of(Map<String, Shape> shapes) {
        try {
            return Optional.of(new Recognition(shapes).config());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /**
     * Whether a recognised configuration is known in full: with the released features and SMPL's meshes, heads and the full mesh are the
     * released ones. Otherwise they are a guess.
     */
    public static boolean isCertain(Config config) {
        return config.modelDims().equals(Config.RELEASED.modelDims()) && config.coarse() == Config.RELEASED.coarse()
            && config.intermediate() == Config.RELEASED.intermediate();
    }

    private int dim(String name, int axis) {
        Shape s = shapes.get(name);
        if (s == null || axis >= s.rank()) {
            throw new IllegalArgumentException("no " + name);
        }
        return s.dim(axis);
    }

    /** How many of {@code prefix0suffix}, {@code prefix1suffix} there are. */
    private int count(String prefix, String suffix) {
        int n = 0;
        while (shapes.containsKey(prefix + n + suffix)) {
            n++;
        }
        return n;
    }

    private Config config() {
        int bottleneck = dim("backbone.layer1.0.conv1.weight", 0);
        int channels = 4 * bottleneck;
        List<Integer> modules = new ArrayList<>();
        List<Integer> head = new ArrayList<>();
        for (int stage = 2; stage <= 4; stage++) {
            modules.add(count("backbone.stage" + stage + ".", ".branches.0.0.conv1.weight"));
        }
        for (int i = 0; i < 4; i++) {
            head.add(dim("backbone.incre_modules." + i + ".0.conv1.weight", 0));
        }
        boolean spatial = shapes.containsKey("backbone.ema_1.conv1x1.weight");
        boolean motion = shapes.containsKey("backbone.ema_S.conv1x1.weight");
        int frames = motion ? dim("backbone.ema_S.conv1x1.weight", 0) : Config.RELEASED.frames();
        int d1 = dim("transformer_1.encoder.norm.weight", 0);
        int d2 = dim("transformer_2.encoder.norm.weight", 0);
        int heads = Config.RELEASED.heads();
        while (d1 % heads != 0 || d2 % heads != 0) {
            heads--;
        }
        return new Config(dim("backbone.stage2.0.branches.0.0.conv1.weight", 0), modules, count("backbone.stage2.0.branches.0.", ".conv1.weight"),
            dim("backbone.conv1.weight", 0), bottleneck, head, dim("backbone.final_layer.0.weight", 0), dim("backbone.classifier.weight", 0), frames,
            spatial, motion, spatial ? channels / dim("backbone.ema_1.conv1x1.weight", 0) : Config.RELEASED.sdGroups(), channels, List.of(d1, d2),
            List.of(dim("transformer_1.encoder.layers.0.linear1.weight", 0), dim("transformer_2.encoder.layers.0.linear1.weight", 0)), heads,
            count("transformer_1.encoder.layers.", ".linear1.weight"), Config.RELEASED.dropout(), dim("joint_token_embed.weight", 0),
            dim("vertex_token_embed.weight", 0), dim("coarse2intermediate_upsample.weight", 0), fine(), shapes.containsKey(
                "smpl_parameter_regressor.regressor.3.weight"));
    }

    /** The full mesh is in no parameter; SMPL's if the others are SMPL's. */
    private static int fine() {
        return Config.RELEASED.fine();
    }
}

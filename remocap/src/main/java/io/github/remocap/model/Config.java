package io.github.remocap.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Sizes of one model. The keys of a YAML (or JSON) file are the component names in snake case; what a file leaves out has the
 * released model's value.
 *
 * @param width HRNet's width: branch i has width * 2^i channels
 * @param stageModules high-resolution modules in stages 2, 3 and 4
 * @param blocks residual blocks of a branch
 * @param stem channels of the two stem convolutions
 * @param bottleneck planes of the stage-1 bottlenecks; their output has four times as many channels
 * @param head planes of the classification head, a fourth of its channels
 * @param features channels of the final feature map
 * @param classes outputs of the ImageNet classifier, which is in checkpoints and never used
 * @param frames frames of a clip
 * @param spatial SD, spatial disentanglement
 * @param motion MD, motion disentanglement; both off is FastMETRO
 * @param sdGroups channel groups of SD
 * @param mdGroups channel groups of MD; as many as channels of stage 1, so that a group is one channel of all frames
 * @param modelDims features of the two transformers
 * @param ffDims hidden features of their feed-forward parts
 * @param heads attention heads
 * @param layers encoder layers, and decoder layers, of each transformer: 1 is S, 2 is M, 3 is L
 * @param dropout probability of zeroing in training
 * @param joints joint tokens
 * @param coarse vertices of the coarse mesh, one token each
 * @param intermediate vertices of the intermediate mesh
 * @param fine vertices of the full mesh
 * @param smplRegressor whether SMPL's pose and shape are regressed from the mesh
 */
public record Config(int width, List<Integer> stageModules, int blocks, int stem, int bottleneck, List<Integer> head, int features,
    int classes, int frames, boolean spatial, boolean motion, int sdGroups, int mdGroups, List<Integer> modelDims, List<Integer> ffDims,
    int heads, int layers, double dropout, int joints, int coarse, int intermediate, int fine, boolean smplRegressor) {

    /** The released model: FastMETRO-L on HRNet-W64, with SD and MD. */
    public static final Config RELEASED = new Config(64, List.of(1, 4, 3), 4, 64, 64, List.of(32, 64, 128, 256), 2048, 1000, 8, true, true,
        16, 256, List.of(512, 128), List.of(2048, 512), 8, 3, 0.1, 14, 431, 1723, 6890, false);

    /** Checks that sizes fit together. */
    public Config {
        stageModules = List.copyOf(stageModules);
        head = List.copyOf(head);
        modelDims = List.copyOf(modelDims);
        ffDims = List.copyOf(ffDims);
        check(stageModules.size() == 3, "stage_modules", "three numbers, for stages 2, 3 and 4");
        check(head.size() == 4, "head", "four numbers, one for each branch");
        check(modelDims.size() == 2 && ffDims.size() == 2, "model_dims, ff_dims", "two numbers each, one for each transformer");
        for (int i : List.of(width, blocks, stem, bottleneck, features, classes, frames, sdGroups, mdGroups, heads, layers, joints, coarse,
            intermediate, fine)) {
            check(i >= 1, "sizes", "positive numbers");
        }
        for (List<Integer> list : List.of(stageModules, head, modelDims, ffDims)) {
            for (int i : list) {
                check(i >= 1, "sizes", "positive numbers");
            }
        }
        for (int dim : modelDims) {
            check(dim % heads == 0 && dim % 4 == 0, "model_dims", "multiples of heads (" + heads + ") and of 4, not " + dim);
        }
        check(!spatial || 4 * bottleneck % sdGroups == 0, "sd_groups", "a divisor of 4 * bottleneck = " + 4 * bottleneck);
        check(!motion || 4L * bottleneck * frames % mdGroups == 0, "md_groups", "a divisor of 4 * bottleneck * frames = " + 4L * bottleneck * frames);
        check(dropout >= 0 && dropout < 1, "dropout", "a number in [0, 1)");
    }

    private static void check(boolean holds, String key, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("model config: " + key + " must be " + expected);
        }
    }

    /** Channels behind stage 1. */
    public int stageOneChannels() {
        return 4 * bottleneck;
    }

    /** S, M or L by the number of layers, for reports. */
    public String size() {
        return switch (layers) {
            case 1 -> "S";
            case 2 -> "M";
            case 3 -> "L";
            default -> layers + " layers";
        };
    }

    /** For example {@code RemoCap-L, HRNet-W64, SD + MD, clips of 8 frames}. */
    public String describe() {
        String parts = spatial && motion ? "SD + MD" : spatial ? "SD" : motion ? "MD" : "neither SD nor MD (FastMETRO)";
        return (spatial || motion ? "RemoCap-" : "FastMETRO-") + size() + ", HRNet-W" + width + ", " + parts + ", clips of " + frames + " frames"
            + (smplRegressor ? ", SMPL regressor" : "");
    }

    /**
     * Reads a YAML or JSON file.
     *
     * @throws IOException naming file and key where something is wrong
     */
    public static Config read(Path file) throws IOException {
        try {
            return parse(Files.readString(file));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Parses YAML or JSON text.
     *
     * @throws IllegalArgumentException naming the key where something is wrong
     */
    public static Config parse(String yaml) {
        Object tree;
        try {
            tree = new Load(LoadSettings.builder().setLabel("model config").build()).loadFromString(yaml);
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException("not YAML: " + e.getMessage(), e);
        }
        if (!(tree instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException("model config: expected keys and values");
        }
        return from(map);
    }

    /**
     * From a parsed map.
     *
     * @throws IllegalArgumentException naming the key where something is wrong
     */
    public static Config from(Map<?, ?> map) {
        Map<String, Object> values = RELEASED.toMap();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            String key = String.valueOf(entry.getKey());
            Object present = values.get(key);
            if (present == null) {
                throw new IllegalArgumentException("model config: unknown key '" + key + "'; known are " + String.join(", ", values.keySet()));
            }
            values.put(key, convert(key, entry.getValue(), present));
        }
        return new Config(integer(values, "width"), integers(values, "stage_modules"), integer(values, "blocks"), integer(values, "stem"),
            integer(values, "bottleneck"), integers(values, "head"), integer(values, "features"), integer(values, "classes"),
            integer(values, "frames"), (boolean) values.get("spatial"), (boolean) values.get("motion"), integer(values, "sd_groups"),
            integer(values, "md_groups"), integers(values, "model_dims"), integers(values, "ff_dims"), integer(values, "heads"),
            integer(values, "layers"), (double) values.get("dropout"), integer(values, "joints"), integer(values, "coarse"),
            integer(values, "intermediate"), integer(values, "fine"), (boolean) values.get("smpl_regressor"));
    }

    private static Object convert(String key, Object value, Object like) {
        return switch (like) {
            case Boolean b when value instanceof Boolean -> value;
            case Integer i when value instanceof Integer -> value;
            case Double d when value instanceof Number n -> n.doubleValue();
            case List<?> l when value instanceof List<?> given -> {
                List<Integer> list = new ArrayList<>();
                for (Object o : given) {
                    if (!(o instanceof Integer i)) {
                        throw new IllegalArgumentException("model config: " + key + " must be a list of integers, not " + value);
                    }
                    list.add(i);
                }
                yield list;
            }
            default -> throw new IllegalArgumentException("model config: " + key + " must be "
                + (like instanceof Boolean ? "true or false" : like instanceof Integer ? "an integer" : like instanceof List ? "a list of integers" : "a number")
                + ", not " + value);
        };
    }

    private static int integer(Map<String, Object> values, String key) {
        return (int) values.get(key);
    }

    private static List<Integer> integers(Map<String, Object> values, String key) {
        return ((List<?>) values.get(key)).stream().map(o -> (Integer) o).toList();
    }

    /** Keys and values as in a file, in the order of the components. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        for (var component : Config.class.getRecordComponents()) {
            try {
                map.put(snake(component.getName()), component.getAccessor().invoke(this));
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
        return map;
    }

    private static String snake(String name) {
        return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    /** JSON, which is YAML: a file that {@link #read} reads back. */
    public String toJson() {
        StringBuilder text = new StringBuilder("{");
        toMap().forEach((key, value) -> text.append(text.length() > 1 ? ", " : "").append('"').append(key).append("\": ").append(value));
        return text.append('}').toString();
    }
}

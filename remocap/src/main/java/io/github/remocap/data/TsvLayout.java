package io.github.remocap.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Which files make a data set.
 *
 * @param file what was opened
 * @param img files with pictures, one unless composite
 * @param label files with labels, as many
 * @param linelist rows to use; null for all, which only a data set of one file can have
 * @param composite whether the linelist has a column for the file
 * @param framesPerSecond as the YAML file says; NaN if it does not
 */
record TsvLayout(Path file, List<Path> img, List<Path> label, @Nullable Path linelist, boolean composite, double framesPerSecond) {
    /** Name for messages and reports: the file's without its ending, after that of its folder. */
    String name() {
        String name = String.valueOf(file.getFileName()).replaceFirst("(\\.img)?\\.[a-z]+$", "");
        Path folder = file.toAbsolutePath().getParent();
        return folder == null || folder.getFileName() == null ? name : folder.getFileName() + "/" + name;
    }

    static TsvLayout read(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(".img.tsv")) {
            String stem = name.substring(0, name.length() - ".img.tsv".length());
            Path linelist = file.resolveSibling(stem + ".linelist.tsv");
            return new TsvLayout(file, List.of(file), List.of(file.resolveSibling(stem + ".label.tsv")),
                Files.isRegularFile(linelist) ? linelist : null, false, Double.NaN);
        }
        Object tree;
        try {
            tree = new Load(LoadSettings.builder().setLabel(file.toString()).build()).loadFromString(Files.readString(file));
        } catch (YamlEngineException e) {
            throw new IOException(file + ": not YAML: " + e.getMessage(), e);
        }
        if (!(tree instanceof Map<?, ?> map)) {
            throw new IOException(file + ": expected the keys img, label, hw and linelist");
        }
        boolean composite = switch (map.get("composite")) {
            case null -> false;
            case Boolean b -> b;
            default -> throw new IOException(file + ": composite must be true or false, not " + map.get("composite"));
        };
        List<Path> img = files(file, map, "img", composite);
        List<Path> label = files(file, map, "label", composite);
        if (img.size() != label.size()) {
            throw new IOException(file + ": img names " + img.size() + " files, label " + label.size());
        }
        Path linelist = map.get("linelist") == null ? null : path(file, "linelist", map.get("linelist"));
        if (composite && linelist == null) {
            throw new IOException(file + ": linelist is missing; a composite data set needs it");
        }
        double fps = switch (map.get("fps")) {
            case null -> Double.NaN;
            case Number n when n.doubleValue() > 0 -> n.doubleValue();
            default -> throw new IOException(file + ": fps must be a number above 0, not " + map.get("fps"));
        };
        return new TsvLayout(file, img, label, linelist, composite, fps);
    }

    /** One file; of a composite data set a list, or a text file with one in each line. */
    private static List<Path> files(Path yaml, Map<?, ?> map, String key, boolean composite) throws IOException {
        Object value = map.get(key);
        if (!composite) {
            return List.of(path(yaml, key, value));
        }
        List<?> names = value instanceof List<?> list ? list
            : Files.readAllLines(path(yaml, key, value)).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
        if (names.isEmpty()) {
            throw new IOException(yaml + ": " + key + " names no files");
        }
        List<Path> files = new ArrayList<>();
        for (Object name : names) {
            files.add(path(yaml, key, name));
        }
        return files;
    }

    private static Path path(Path yaml, String key, @Nullable Object value) throws IOException {
        if (!(value instanceof String name) || name.isBlank()) {
            throw new IOException(yaml + ": " + key + " must be a file" + (value == null ? "; it is missing" : ", not " + value));
        }
        Path path = yaml.resolveSibling(name);
        if (!Files.isRegularFile(path)) {
            throw new IOException(yaml + ": " + key + ": no such file: " + path);
        }
        return path;
    }
}

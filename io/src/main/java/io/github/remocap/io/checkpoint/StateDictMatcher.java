package io.github.remocap.io.checkpoint;

import io.github.remocap.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Compares the names and shapes that a model expects with those in a checkpoint, and tells all differences at once. */
public final class StateDictMatcher {
    /** Batch norm's counter, which checkpoints by PyTorch before 0.4.1 do not have. */
    private static final String COUNTER = ".num_batches_tracked";
    private static final int SHOWN = 12;

    private StateDictMatcher() {}

    /** What is an error. */
    public enum Mode {
        /** Names and shapes must agree exactly, but for batch norm's counters. */
        STRICT,
        /** Names may be missing or unexpected; shapes must agree. */
        LENIENT
    }

    /**
     * A name on one side only.
     *
     * @param name the name
     * @param nearest the nearest name of the other side that found no partner either (or, for a missing name without such, of all
     *     names found); null if none is near
     */
    public record Stray(String name, @Nullable String nearest) {}

    /** A name with two shapes. */
    public record Misshaped(String name, Shape expected, Shape found) {}

    /**
     * The comparison.
     *
     * @param mode what is an error
     * @param matched names on both sides, with equal shapes
     * @param missing names expected but not found, without tolerated ones
     * @param unexpected names found but not expected
     * @param misshaped names whose shapes differ
     * @param tolerated batch norm's counters that are missing, as PyTorch tolerates them: they start at 0
     */
    public record Report(Mode mode, List<String> matched, List<Stray> missing, List<Stray> unexpected, List<Misshaped> misshaped,
            List<String> tolerated) {
        /** Whether the checkpoint can be loaded in the report's mode. */
        public boolean isLoadable() {
            return misshaped.isEmpty() && (mode == Mode.LENIENT || missing.isEmpty() && unexpected.isEmpty());
        }

        /**
         * Returns this report if the checkpoint can be loaded.
         *
         * @throws IllegalArgumentException with {@link #message()} if not
         */
        public Report orThrow() {
            if (!isLoadable()) {
                throw new IllegalArgumentException(message());
            }
            return this;
        }

        /** All differences, for people; long lists are shortened, with their counts. */
        public String message() {
            StringBuilder b = new StringBuilder();
            b.append(matched.size()).append(" of ").append(matched.size() + missing.size() + misshaped.size() + tolerated.size())
                .append(" expected tensors match");
            list(b, "with another shape", misshaped, m -> m.name + ": expected " + m.expected + ", found " + m.found);
            list(b, "missing", missing, s -> s.name + (s.nearest == null ? "" : " (nearest: " + s.nearest + ")"));
            list(b, "unexpected", unexpected, s -> s.name + (s.nearest == null ? "" : " (nearest: " + s.nearest + ")"));
            list(b, "missing, but optional", tolerated, s -> s);
            return b.toString();
        }

        private static <T> void list(StringBuilder b, String title, List<T> items, Function<T, String> line) {
            if (items.isEmpty()) {
                return;
            }
            b.append('\n').append(items.size()).append(' ').append(title).append(':');
            int shown = items.size() <= SHOWN + 1 ? items.size() : SHOWN;
            for (T item : items.subList(0, shown)) {
                b.append("\n  ").append(line.apply(item));
            }
            if (shown < items.size()) {
                b.append("\n  and ").append(items.size() - shown).append(" more");
            }
        }
    }

    /**
     * Compares.
     *
     * @param expected the model's names and shapes
     * @param found the checkpoint's
     */
    public static Report match(Map<String, Shape> expected, Map<String, Shape> found, Mode mode) {
        List<String> matched = new ArrayList<>();
        List<Misshaped> misshaped = new ArrayList<>();
        List<String> tolerated = new ArrayList<>();
        Map<String, Shape> missing = new LinkedHashMap<>();
        expected.forEach((name, shape) -> {
            Shape other = found.get(name);
            if (other == null) {
                if (name.endsWith(COUNTER)) {
                    tolerated.add(name);
                } else {
                    missing.put(name, shape);
                }
            } else if (other.equals(shape)) {
                matched.add(name);
            } else {
                misshaped.add(new Misshaped(name, shape, other));
            }
        });
        Map<String, Shape> unexpected = new LinkedHashMap<>(found);
        unexpected.keySet().removeAll(expected.keySet());
        return new Report(mode, List.copyOf(matched), strays(missing, unexpected.isEmpty() ? found : unexpected), strays(unexpected, missing),
            List.copyOf(misshaped), List.copyOf(tolerated));
    }

    private static List<Stray> strays(Map<String, Shape> names, Map<String, Shape> candidates) {
        if (names.isEmpty()) {
            return List.of();
        }
        EditDistance distance = new EditDistance(candidates);
        List<Stray> out = new ArrayList<>();
        names.forEach((name, shape) -> out.add(new Stray(name, distance.nearest(name, shape))));
        return List.copyOf(out);
    }
}

package io.github.remocap.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoublePredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Keys and values of a part of a YAML file. Getters check types and remember which keys there are; {@link #finish} refuses the others. */
final class Section {
    private final String path; // of this section within the file; empty at the top
    private final Map<String, @Nullable Object> values = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();

    Section(String path, Map<?, ?> map) {
        this.path = path;
        map.forEach((key, value) -> values.put(String.valueOf(key), value));
    }

    private String full(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** The error of a wrong value. */
    IllegalArgumentException wrong(String key, String expected) {
        Object value = values.get(key);
        return new IllegalArgumentException(full(key) + " must be " + expected + (values.containsKey(key) ? ", not " + value : "; it is missing"));
    }

    boolean has(String key) {
        known.add(key);
        return values.get(key) != null;
    }

    @Nullable Object raw(String key) {
        known.add(key);
        return values.get(key);
    }

    String text(String key, @Nullable String otherwise) {
        Object value = raw(key);
        if (value == null && otherwise != null) {
            return otherwise;
        }
        if (value instanceof String s && !s.isBlank()) {
            return s;
        }
        throw wrong(key, "a text");
    }

    /** One of the constants of an enum, in lower case. */
    <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        for (E e : type.getEnumConstants()) {
            if (name(e).equals(values.get(key))) {
                return e;
            }
        }
        throw wrong(key, "one of " + java.util.Arrays.stream(type.getEnumConstants()).map(Section::name).collect(Collectors.joining(", ")));
    }

    private static String name(Enum<?> e) {
        return e.name().toLowerCase(java.util.Locale.ROOT);
    }

    long integer(String key, long otherwise, long least) {
        if (!has(key)) {
            return otherwise;
        }
        Object value = values.get(key);
        if ((value instanceof Integer || value instanceof Long) && ((Number) value).longValue() >= least) {
            return ((Number) value).longValue();
        }
        throw wrong(key, "an integer" + (least > Long.MIN_VALUE ? " of at least " + least : ""));
    }

    double number(String key, double otherwise, DoublePredicate allowed, String expected) {
        if (!has(key)) {
            return otherwise;
        }
        if (values.get(key) instanceof Number n && allowed.test(n.doubleValue())) {
            return n.doubleValue();
        }
        throw wrong(key, expected);
    }

    boolean flag(String key, boolean otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        if (values.get(key) instanceof Boolean b) {
            return b;
        }
        throw wrong(key, "true or false");
    }

    /** A text or a list of texts. */
    List<String> texts(String key) {
        Object value = raw(key);
        if (value == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        for (Object o : value instanceof List<?> list ? list : List.of(value)) {
            if (!(o instanceof String s) || s.isBlank()) {
                throw wrong(key, "a text or a list of texts");
            }
            texts.add(s);
        }
        return texts;
    }

    /** A part of this section; empty if it is not there. */
    Section section(String key) {
        Object value = raw(key);
        if (value == null) {
            return new Section(full(key), Map.of());
        }
        if (value instanceof Map<?, ?> map) {
            return new Section(full(key), map);
        }
        throw wrong(key, "keys and values");
    }

    /** A list of parts. */
    List<Section> sections(String key) {
        Object value = raw(key);
        List<Section> sections = new ArrayList<>();
        if (value == null) {
            return sections;
        }
        if (!(value instanceof List<?> list)) {
            throw wrong(key, "a list of keys and values");
        }
        for (Object o : list) {
            if (!(o instanceof Map<?, ?> map)) {
                throw wrong(key, "a list of keys and values");
            }
            sections.add(new Section(full(key) + "[" + sections.size() + "]", map));
        }
        return sections;
    }

    /** Refuses keys that nobody asked for. */
    void finish() {
        for (String key : values.keySet()) {
            if (!known.contains(key)) {
                throw new IllegalArgumentException("unknown key '" + full(key) + "'; known are " + String.join(", ", known));
            }
        }
    }
}

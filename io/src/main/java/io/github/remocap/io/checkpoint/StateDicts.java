package io.github.remocap.io.checkpoint;

import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.pickle.PickleObject;
import io.github.remocap.io.pickle.PickleTuple;
import io.github.remocap.io.torch.TorchSize;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the state dict in what {@code torch.save} was given, as a graph: every container is visited once, however often
 * it is shared, and none is visited by recursion.
 */
final class StateDicts {
    private static final List<String> PREFIXES = List.of("module.", "_orig_mod.");
    private static final int MAX_DEPTH = 64;
    private static final long MAX_TEXT = 1L << 27;

    /** All tensors by their full path. */
    final SequencedMap<String, StoredTensor> all = new LinkedHashMap<>();
    /** Scalars and texts by their full path. */
    final SequencedMap<String, Object> scalars = new LinkedHashMap<>();
    /** The tensors of the dict that has most of them, by their keys. */
    SequencedMap<String, StoredTensor> best = new LinkedHashMap<>();
    /** Path of that dict; "" is the root. */
    String bestPath = "";

    private final Location location;
    private long text;

    /** A container to be looked into. Paths are put together only where something is found: deep ones are long. */
    private record Visit(@Nullable Visit parent, String key, Object container, int depth) {
        String path() {
            Deque<String> keys = new ArrayDeque<>();
            for (Visit v = this; v != null && v.parent != null; v = v.parent) {
                keys.addFirst(v.key);
            }
            return String.join(".", keys);
        }
    }

    /**
     * Looks through everything.
     *
     * @throws CorruptFileException if the names alone would fill the memory
     */
    StateDicts(Location location, @Nullable Object root) throws CorruptFileException {
        this.location = location;
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Visit> queue = new ArrayDeque<>();
        visit(null, "", root, seen, queue);
        while (!queue.isEmpty()) {
            Visit v = queue.poll();
            switch (v.container) {
                case Map<?, ?> map -> {
                    SequencedMap<String, StoredTensor> tensors = new LinkedHashMap<>();
                    for (Map.Entry<?, ?> e : map.entrySet()) {
                        visit(v, key(e.getKey()), e.getValue(), seen, queue);
                        if (e.getKey() instanceof String name && e.getValue() instanceof StoredTensor t) {
                            tensors.put(name, t);
                        }
                    }
                    if (tensors.size() > best.size()) {
                        best = tensors;
                        bestPath = v.path();
                    }
                }
                case List<?> list -> {
                    for (int i = 0; i < list.size(); i++) {
                        visit(v, Integer.toString(i), list.get(i), seen, queue);
                    }
                }
                case PickleTuple tuple -> {
                    for (int i = 0; i < tuple.size(); i++) {
                        visit(v, Integer.toString(i), tuple.get(i), seen, queue);
                    }
                }
                default -> throw new AssertionError("only containers are queued");
            }
        }
        if (best.isEmpty()) {
            best = all;
        }
    }

    private void visit(@Nullable Visit parent, String key, @Nullable Object value, Set<Object> seen, Deque<Visit> queue)
            throws CorruptFileException {
        switch (value) {
            case null -> {}
            case StoredTensor t -> all.putIfAbsent(path(parent, key), t);
            case String s -> scalars.putIfAbsent(path(parent, key), s);
            case Number n -> scalars.putIfAbsent(path(parent, key), n);
            case Boolean b -> scalars.putIfAbsent(path(parent, key), b);
            case TorchSize s -> scalars.putIfAbsent(path(parent, key), s.toString());
            case Map<?, ?> m -> enqueue(parent, key, m, seen, queue);
            case List<?> l -> enqueue(parent, key, l, seen, queue);
            case PickleTuple t -> enqueue(parent, key, t, seen, queue);
            // The arguments of a training run, for one.
            case PickleObject o when o.state() instanceof Map<?, ?> state -> enqueue(parent, key, state, seen, queue);
            default -> {}
        }
    }

    private void enqueue(@Nullable Visit parent, String key, Object container, Set<Object> seen, Deque<Visit> queue)
            throws CorruptFileException {
        int depth = parent == null ? 0 : parent.depth + 1;
        if (depth > MAX_DEPTH) {
            throw location.corrupt(-1, "expected dicts and lists nested at most " + MAX_DEPTH + " deep");
        }
        if (seen.add(container)) {
            queue.add(new Visit(parent, key, container, depth));
        }
    }

    private String path(@Nullable Visit parent, String key) throws CorruptFileException {
        String base = parent == null ? "" : parent.path();
        text += base.length() + key.length() + 1;
        if (text > MAX_TEXT) {
            throw location.corrupt(-1, "expected names of at most " + MAX_TEXT + " characters in all");
        }
        return base.isEmpty() ? key : base + "." + key;
    }

    private static String key(@Nullable Object key) {
        return switch (key) {
            case String s -> s;
            case Number n -> n.toString();
            case Boolean b -> b.toString();
            case null, default -> "?";
        };
    }

    /** The prefix (of wrappers: DataParallel, torch.compile) that all names share; removed as often as it occurs. */
    static String sharedPrefix(Set<String> names) {
        List<String> found = new ArrayList<>();
        int length = 0;
        for (boolean more = !names.isEmpty(); more;) {
            more = false;
            for (String prefix : PREFIXES) {
                int at = length;
                if (names.stream().allMatch(n -> n.startsWith(prefix, at))) {
                    found.add(prefix);
                    length += prefix.length();
                    more = true;
                    break;
                }
            }
        }
        return String.join("", found);
    }
}

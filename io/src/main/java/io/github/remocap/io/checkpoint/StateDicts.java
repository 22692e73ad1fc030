package io.github.remocap.io.checkpoint;

import io.github.remocap.io.StoredTensor;
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
    private static final int MAX_PATH = 4096;

    /** All tensors by their full path. */
    final SequencedMap<String, StoredTensor> all = new LinkedHashMap<>();
    /** Scalars and texts by their full path. */
    final SequencedMap<String, Object> scalars = new LinkedHashMap<>();
    /** The tensors of the dict that has most of them, by their keys. */
    SequencedMap<String, StoredTensor> best = new LinkedHashMap<>();
    /** Path of that dict; "" is the root. */
    String bestPath = "";

    private record Visit(String path, Object container) {}

    StateDicts(@Nullable Object root) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Visit> queue = new ArrayDeque<>();
        visit("", root, seen, queue);
        while (!queue.isEmpty()) {
            Visit v = queue.poll();
            switch (v.container) {
                case Map<?, ?> map -> {
                    SequencedMap<String, StoredTensor> tensors = new LinkedHashMap<>();
                    for (Map.Entry<?, ?> e : map.entrySet()) {
                        String key = key(e.getKey());
                        visit(join(v.path, key), e.getValue(), seen, queue);
                        if (e.getKey() instanceof String name && e.getValue() instanceof StoredTensor t) {
                            tensors.put(name, t);
                        }
                    }
                    if (tensors.size() > best.size()) {
                        best = tensors;
                        bestPath = v.path;
                    }
                }
                case List<?> list -> {
                    for (int i = 0; i < list.size(); i++) {
                        visit(join(v.path, Integer.toString(i)), list.get(i), seen, queue);
                    }
                }
                case PickleTuple tuple -> {
                    for (int i = 0; i < tuple.size(); i++) {
                        visit(join(v.path, Integer.toString(i)), tuple.get(i), seen, queue);
                    }
                }
                default -> throw new AssertionError("only containers are queued");
            }
        }
        if (best.isEmpty()) {
            best = all;
        }
    }

    private void visit(String path, @Nullable Object value, Set<Object> seen, Deque<Visit> queue) {
        switch (value) {
            case null -> {}
            case StoredTensor t -> all.putIfAbsent(path, t);
            case String s -> scalars.putIfAbsent(path, s);
            case Number n -> scalars.putIfAbsent(path, n);
            case Boolean b -> scalars.putIfAbsent(path, b);
            case TorchSize s -> scalars.putIfAbsent(path, s.toString());
            // A path beyond any reason is a hostile file's: its containers are nested thousands deep.
            case Map<?, ?> m when path.length() < MAX_PATH && seen.add(m) -> queue.add(new Visit(path, m));
            case List<?> l when path.length() < MAX_PATH && seen.add(l) -> queue.add(new Visit(path, l));
            case PickleTuple t when path.length() < MAX_PATH && seen.add(t) -> queue.add(new Visit(path, t));
            default -> {}
        }
    }

    private static String key(@Nullable Object key) {
        return switch (key) {
            case String s -> s.length() > MAX_PATH ? s.substring(0, MAX_PATH) : s;
            case Number n -> n.toString();
            case Boolean b -> b.toString();
            case null, default -> "?";
        };
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
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

package io.github.remocap.io.checkpoint;

import io.github.remocap.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds among many names the one nearest to another. First by dotted endings, because a wrapper or a renamed root is the
 * usual difference; then by Levenshtein distance, computed only in the band that can still beat the best so far.
 */
final class EditDistance {
    private final List<String> names;
    private final Map<String, Shape> shapes;
    private final Map<String, String> byEnding = new HashMap<>();
    private final Set<String> shared = new HashSet<>();
    private final List<int[]> letters = new ArrayList<>();

    EditDistance(Map<String, Shape> candidates) {
        this.names = List.copyOf(candidates.keySet());
        this.shapes = candidates;
        for (String name : names) {
            letters.add(count(name));
            byEnding.putIfAbsent(name, name);
            for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
                String ending = name.substring(dot + 1);
                if (byEnding.putIfAbsent(ending, name) != null) {
                    shared.add(ending);
                }
            }
        }
    }

    /** The nearest name, or null if none is near; among equally near ones one of the same shape. */
    @Nullable String nearest(String name, Shape shape) {
        if (byEnding.containsKey(name)) {
            return byEnding.get(name);
        }
        for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
            String ending = name.substring(dot + 1);
            // One last word alone, such as "weight", says nothing.
            if (ending.indexOf('.') >= 0 && ending.equals(byEnding.get(ending))) {
                return ending;
            }
            // Another root, and only one name goes on in the same way.
            if (2 * ending.length() >= name.length() && byEnding.containsKey(ending) && !shared.contains(ending)) {
                return byEnding.get(ending);
            }
        }
        int limit = Math.min(8, Math.max(2, name.length() / 3));
        String best = null;
        int[] own = count(name);
        int[] bounds = new int[names.size()];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = atLeast(own, letters.get(i));
        }
        // The most promising first: the limit falls quickly, and soon no bound is below it.
        for (int bound = 0; bound <= limit; bound++) {
            for (int i = 0; i < bounds.length; i++) {
                if (bounds[i] != bound) {
                    continue;
                }
                String candidate = names.get(i);
                // A candidate of the right shape may tie with the best so far, another must beat it.
                boolean mayTie = best == null || shape.equals(shapes.get(candidate)) && !shape.equals(shapes.get(best));
                int allowed = mayTie ? limit : limit - 1;
                int d = distance(name, candidate, allowed);
                if (d <= allowed) {
                    best = candidate;
                    limit = d;
                }
            }
        }
        return best;
    }

    private static int[] count(String s) {
        int[] count = new int[64];
        for (int i = 0; i < s.length(); i++) {
            count[s.charAt(i) & 63]++;
        }
        return count;
    }

    /** A lower bound: each edit changes the counts of at most two letters by one. */
    private static int atLeast(int[] a, int[] b) {
        int more = 0;
        int less = 0;
        for (int i = 0; i < a.length; i++) {
            int d = a[i] - b[i];
            more += Math.max(0, d);
            less += Math.max(0, -d);
        }
        return Math.max(more, less);
    }

    /** Levenshtein distance of two texts, or {@code limit + 1} if it is larger than {@code limit}. */
    static int distance(String a, String b, int limit) {
        if (limit < 0) {
            return limit + 1;
        }
        int from = 0;
        int endA = a.length();
        int endB = b.length();
        while (from < endA && from < endB && a.charAt(from) == b.charAt(from)) {
            from++;
        }
        while (endA > from && endB > from && a.charAt(endA - 1) == b.charAt(endB - 1)) {
            endA--;
            endB--;
        }
        int n = endA - from;
        int m = endB - from;
        if (Math.abs(n - m) > limit) {
            return limit + 1;
        }
        int[] row = new int[m + 1];
        for (int j = 0; j <= m; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= n; i++) {
            int first = Math.max(1, i - limit);
            int last = (int) Math.min(m, (long) i + limit);
            int diagonal = row[first - 1];
            row[first - 1] = first == 1 ? i : limit + 1;
            int least = row[first - 1];
            for (int j = first; j <= last; j++) {
                // Left of the band's right edge the cell above belongs to the last row; at the edge it is outside the band.
                int above = j == i + limit ? limit + 1 : row[j];
                int cost = diagonal + (a.charAt(from + i - 1) == b.charAt(from + j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(cost, Math.min(above, row[j - 1]) + 1);
                least = Math.min(least, row[j]);
            }
            if (least > limit) {
                return limit + 1;
            }
        }
        return Math.min(row[m], limit + 1);
    }
}

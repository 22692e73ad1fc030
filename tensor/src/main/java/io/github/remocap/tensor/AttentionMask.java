package io.github.remocap.tensor;

import java.util.Arrays;

/**
 * Which keys each query may attend to: for query q the ascending key indices {@code keys[start[q]] .. keys[start[q + 1])}.
 * Neighbour lists rather than a matrix, so that a device can skip what is masked. Compared by content.
 */
public final class AttentionMask {
    private final int queries;
    private final int keyCount;
    private final int[] start;
    private final int[] keys;

    private AttentionMask(int queries, int keyCount, int[] start, int[] keys) {
        this.queries = queries;
        this.keyCount = keyCount;
        this.start = start;
        this.keys = keys;
    }

    /**
     * From a matrix, {@code allowed[q][k]}.
     *
     * @throws IllegalArgumentException if rows differ in length or a query may attend to nothing (its softmax would be 0/0)
     */
    public static AttentionMask of(boolean[][] allowed) {
        int keyCount = allowed.length == 0 ? 0 : allowed[0].length;
        int[] start = new int[allowed.length + 1];
        int[] keys = new int[Math.multiplyExact(allowed.length, keyCount)];
        int at = 0;
        for (int q = 0; q < allowed.length; q++) {
            if (allowed[q].length != keyCount) {
                throw new IllegalArgumentException("attention mask: row " + q + " has " + allowed[q].length + " keys, row 0 has " + keyCount);
            }
            for (int k = 0; k < keyCount; k++) {
                if (allowed[q][k]) {
                    keys[at++] = k;
                }
            }
            start[q + 1] = at;
            if (at == start[q]) {
                throw new IllegalArgumentException("attention mask: query " + q + " may attend to no key");
            }
        }
        return new AttentionMask(allowed.length, keyCount, start, Arrays.copyOf(keys, at));
    }

    /** Number of queries. */
    public int queries() {
        return queries;
    }

    /** Number of keys. */
    public int keys() {
        return keyCount;
    }

    /** Number of allowed pairs. */
    public int pairs() {
        return keys.length;
    }

    /** Offset of a query's first entry; {@code start(queries())} is the number of pairs. */
    public int start(int query) {
        return start[query];
    }

    /** Key of an entry. */
    public int key(int entry) {
        return keys[entry];
    }

    /** Whether a query may attend to a key. */
    public boolean allows(int query, int key) {
        return Arrays.binarySearch(keys, start[query], start[query + 1], key) >= 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AttentionMask m && keyCount == m.keyCount && Arrays.equals(start, m.start) && Arrays.equals(keys, m.keys);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(start) + Arrays.hashCode(keys);
    }

    /** For example {@code 445x445 mask (9513 pairs)}. */
    @Override
    public String toString() {
        return queries + "x" + keyCount + " mask (" + keys.length + " pairs)";
    }
}

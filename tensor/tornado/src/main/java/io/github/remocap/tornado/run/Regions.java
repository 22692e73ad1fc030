package io.github.remocap.tornado.run;

import java.util.Map;
import java.util.TreeMap;

/** Hands out parts of an array and takes them back. First fit; free neighbours become one. */
final class Regions {
    private static final int ALIGNMENT = 16;

    private final long size;
    private final TreeMap<Long, Long> free = new TreeMap<>(); // length by start
    private final TreeMap<Long, Long> used = new TreeMap<>();
    private long inUse;

    /** Of an array whose first elements are taken. */
    Regions(long taken, long size) {
        this.size = size;
        long start = align(taken);
        free.put(start, size - start);
    }

    private static long align(long n) {
        return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** Elements that are handed out. */
    long inUse() {
        return inUse;
    }

    /** The longest part that is free. */
    long largest() {
        return free.values().stream().mapToLong(l -> l).max().orElse(0);
    }

    /** Elements in all. */
    long size() {
        return size;
    }

    /** Start of a part, or -1 if none is long enough. */
    long take(long elements) {
        long length = align(Math.max(1, elements));
        for (Map.Entry<Long, Long> part : free.entrySet()) {
            if (part.getValue() >= length) {
                long start = part.getKey();
                long left = part.getValue() - length;
                free.remove(start);
                if (left > 0) {
                    free.put(start + length, left);
                }
                used.put(start, length);
                inUse += length;
                return start;
            }
        }
        return -1;
    }

    /** Gives a part back. */
    void give(long start) {
        Long length = used.remove(start);
        if (length == null) {
            throw new IllegalStateException("nothing is handed out at " + start);
        }
        inUse -= length;
        long from = start;
        long to = start + length;
        Map.Entry<Long, Long> before = free.floorEntry(start);
        if (before != null && before.getKey() + before.getValue() == start) {
            from = before.getKey();
        }
        Long after = free.remove(to);
        if (after != null) {
            to += after;
        }
        free.put(from, to - from);
    }
}

package io.github.remocap.tensor.compiler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Places buffers in one slab so that buffers alive at the same time do not overlap. Greedy: the largest first, each at the lowest
 * offset that is free during its life.
 */
public final class MemoryPlan {
    /** Offsets are multiples of this. */
    public static final long ALIGNMENT = 64;

    /**
     * A buffer.
     *
     * @param bytes its size
     * @param first the step that writes it first
     * @param last the last step that touches it, inclusive
     */
    public record Life(long bytes, int first, int last) {
    }

    private final long[] offsets;
    private final long bytes;

    private MemoryPlan(long[] offsets, long bytes) {
        this.offsets = offsets;
        this.bytes = bytes;
    }

    /** Plans the given buffers. */
    public static MemoryPlan of(List<Life> lives) {
        Integer[] order = new Integer[lives.size()];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingLong((Integer i) -> -lives.get(i).bytes()).thenComparing(i -> lives.get(i).first()));
        long[] offsets = new long[lives.size()];
        Neighbours placed = new Neighbours(lives);
        long total = 0;
        for (int i : order) {
            if (lives.get(i).first() > lives.get(i).last()) {
                continue; // never used
            }
            long size = aligned(lives.get(i));
            long at = 0;
            for (int p : placed.of(i, offsets)) {
                if (offsets[p] >= at + size) {
                    break;
                }
                at = Math.max(at, offsets[p] + aligned(lives.get(p)));
            }
            offsets[i] = at;
            total = Math.max(total, at + size);
            placed.add(i);
        }
        return new MemoryPlan(offsets, total);
    }

    private static long aligned(Life life) {
        return (life.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** Finds placed buffers that are alive together with another, by spans of time that each of them touches. */
    private static final class Neighbours {
        private static final int SPANS = 512;

        private final List<Life> lives;
        private final List<List<Integer>> spans = new ArrayList<>();
        private final int[] seen;
        private final int end;

        Neighbours(List<Life> lives) {
            this.lives = lives;
            this.seen = new int[lives.size()];
            int latest = 0;
            for (Life life : lives) {
                for (int step : new int[] {life.first(), life.last()}) {
                    latest = step == Integer.MAX_VALUE ? latest : Math.max(latest, step);
                }
            }
            this.end = latest + 1;
            for (int i = 0; i < SPANS; i++) {
                spans.add(new ArrayList<>());
            }
        }

        private int span(int step) {
            return (int) ((long) Math.clamp(step, 0, end) * (SPANS - 1) / end);
        }

        void add(int i) {
            Life life = lives.get(i);
            for (int s = span(life.first()); s <= span(life.last()); s++) {
                spans.get(s).add(i);
            }
        }

        /** Those alive together with the i-th, by ascending offsets. */
        List<Integer> of(int i, long[] offsets) {
            Life life = lives.get(i);
            List<Integer> found = new ArrayList<>();
            for (int s = span(life.first()); s <= span(life.last()); s++) {
                for (int p : spans.get(s)) {
                    Life other = lives.get(p);
                    if (seen[p] != i + 1 && other.last() >= life.first() && life.last() >= other.first()) {
                        seen[p] = i + 1;
                        found.add(p);
                    }
                }
            }
            found.sort(Comparator.comparingLong(p -> offsets[p]));
            return found;
        }
    }

    /** Offset of the i-th buffer. */
    public long offset(int i) {
        return offsets[i];
    }

    /** Size of the slab. */
    public long bytes() {
        return bytes;
    }
}

package io.github.remocap.tensor.compiler;

import java.util.ArrayList;
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
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < lives.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingLong((Integer i) -> -lives.get(i).bytes()).thenComparing(i -> lives.get(i).first()));
        long[] offsets = new long[lives.size()];
        List<Integer> placed = new ArrayList<>(); // ascending offsets
        long total = 0;
        for (int i : order) {
            Life life = lives.get(i);
            long size = (life.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            long at = 0;
            for (int p : placed) {
                Life other = lives.get(p);
                if (other.last() < life.first() || life.last() < other.first()) {
                    continue;
                }
                if (offsets[p] >= at + size) {
                    break;
                }
                at = Math.max(at, offsets[p] + (other.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
            }
            offsets[i] = at;
            total = Math.max(total, at + size);
            int position = 0;
            while (position < placed.size() && offsets[placed.get(position)] <= at) {
                position++;
            }
            placed.add(position, i);
        }
        return new MemoryPlan(offsets, total);
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

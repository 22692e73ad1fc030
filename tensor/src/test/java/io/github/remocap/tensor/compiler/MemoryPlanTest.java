package io.github.remocap.tensor.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.compiler.MemoryPlan.Life;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
    private static long aligned(long bytes) {
        return (bytes + MemoryPlan.ALIGNMENT - 1) / MemoryPlan.ALIGNMENT * MemoryPlan.ALIGNMENT;
    }

    private static boolean together(Life a, Life b) {
        return a.first() <= b.last() && b.first() <= a.last();
    }

    /** The most that is alive at one step: no plan can be smaller. */
    private static long needed(List<Life> lives) {
        long most = 0;
        for (Life at : lives) {
            most = Math.max(most, lives.stream().filter(l -> l.first() <= at.first() && at.first() <= l.last()).mapToLong(l -> aligned(l.bytes())).sum());
        }
        return most;
    }

    @Test
    void buffersAliveTogetherDoNotOverlap() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            int n = 1 + random.nextInt(60);
            int steps = 1 + random.nextInt(50);
            List<Life> lives = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                int first = random.nextInt(steps + 1) - 1;
                int last = random.nextInt(10) == 0 ? Integer.MAX_VALUE : first + random.nextInt(6);
                lives.add(new Life(random.nextInt(4) == 0 ? random.nextInt(100_000) : 4 + random.nextInt(300), first, last));
            }
            MemoryPlan plan = MemoryPlan.of(lives);
            long sum = 0;
            for (int i = 0; i < n; i++) {
                long start = plan.offset(i);
                long end = start + lives.get(i).bytes();
                assertTrue(start >= 0 && end <= plan.bytes(), "inside of the slab");
                assertEquals(0, start % MemoryPlan.ALIGNMENT);
                sum += aligned(lives.get(i).bytes());
                for (int j = 0; j < i; j++) {
                    long other = plan.offset(j);
                    boolean overlap = start < other + lives.get(j).bytes() && other < end;
                    assertFalse(overlap && together(lives.get(i), lives.get(j)), lives.get(i) + " at " + start + ", " + lives.get(j) + " at " + other);
                }
            }
            assertTrue(plan.bytes() <= sum, "at most one place each");
            assertTrue(plan.bytes() >= needed(lives));
            assertTrue(plan.bytes() <= 2 * needed(lives), () -> plan.bytes() + " bytes where " + needed(lives) + " are alive at once");
        }
    }

    @Test
    void chainNeedsTwoBuffers() {
        List<Life> lives = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            lives.add(new Life(1024, i, i + 1));
        }
        assertEquals(2048, MemoryPlan.of(lives).bytes());
    }

    @Test
    void nothing() {
        assertEquals(0, MemoryPlan.of(List.of()).bytes());
    }

    @Test
    void smallOnesShareTheGapOfALargeOne() {
        List<Life> lives = List.of(new Life(4096, 0, 1), new Life(1024, 2, 3), new Life(1024, 2, 3), new Life(2048, 2, 3), new Life(64, 0, 3));
        assertEquals(4096 + 64, MemoryPlan.of(lives).bytes());
    }
}

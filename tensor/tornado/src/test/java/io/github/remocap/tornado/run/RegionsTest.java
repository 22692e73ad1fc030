package io.github.remocap.tornado.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegionsTest {
    @Test
    void partsDoNotOverlapAndComeBackWhole() {
        Regions regions = new Regions(1, 10_000);
        long whole = regions.largest();
        Random random = new Random(1);
        List<long[]> held = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            if (random.nextInt(3) > 0) {
                long length = random.nextInt(300);
                long start = regions.take(length);
                if (start >= 0) {
                    for (long[] other : held) {
                        assertTrue(start >= other[0] + other[1] || start + Math.max(1, length) <= other[0]);
                    }
                    assertTrue(start > 0 && start + length <= 10_000);
                    held.add(new long[] {start, Math.max(1, length)});
                }
            } else if (!held.isEmpty()) {
                regions.give(held.remove(random.nextInt(held.size()))[0]);
            }
        }
        held.forEach(part -> regions.give(part[0]));
        assertEquals(0, regions.inUse());
        assertEquals(whole, regions.largest());
        assertEquals(-1, regions.take(10_001));
        assertThrows(IllegalStateException.class, () -> regions.give(5));
    }
}

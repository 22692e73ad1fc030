package io.github.remocap.io.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Shape;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class StateDictMatcherTest {
    private static Map<String, Shape> shapes(Object... namesAndShapes) {
        Map<String, Shape> m = new LinkedHashMap<>();
        for (int i = 0; i < namesAndShapes.length; i += 2) {
            m.put((String) namesAndShapes[i], (Shape) namesAndShapes[i + 1]);
        }
        return m;
    }

    @Test
    void tellsEverythingAtOnce() {
        Shape a = Shape.of(2, 3);
        var report = StateDictMatcher.match(shapes("head.weight", a, "head.bias", Shape.of(2), "body.conv1.weight", a, "bn.num_batches_tracked", Shape.SCALAR),
            shapes("head.weight", a, "head.bias", Shape.of(3), "body.conv2.weight", a, "zzzzzzzzzzzzzzzzzzzzz", a), StateDictMatcher.Mode.STRICT);
        assertEquals(List.of("head.weight"), report.matched());
        assertEquals(List.of(new StateDictMatcher.Misshaped("head.bias", Shape.of(2), Shape.of(3))), report.misshaped());
        assertEquals(List.of(new StateDictMatcher.Stray("body.conv1.weight", "body.conv2.weight")), report.missing());
        assertEquals(List.of(new StateDictMatcher.Stray("body.conv2.weight", "body.conv1.weight"), new StateDictMatcher.Stray("zzzzzzzzzzzzzzzzzzzzz", null)),
            report.unexpected());
        assertEquals(List.of("bn.num_batches_tracked"), report.tolerated());
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, report::orThrow);
        assertEquals("""
            1 of 4 expected tensors match
            1 with another shape:
              head.bias: expected [2], found [3]
            1 missing:
              body.conv1.weight (nearest: body.conv2.weight)
            2 unexpected:
              body.conv2.weight (nearest: body.conv1.weight)
              zzzzzzzzzzzzzzzzzzzzz
            1 missing, but optional:
              bn.num_batches_tracked""", e.getMessage());
    }

    @Test
    void modesDiffer() {
        Map<String, Shape> expected = shapes("a.weight", Shape.of(1), "b.num_batches_tracked", Shape.SCALAR);
        assertTrue(StateDictMatcher.match(expected, shapes("a.weight", Shape.of(1)), StateDictMatcher.Mode.STRICT).isLoadable());
        Map<String, Shape> other = shapes("c.weight", Shape.of(1));
        assertFalse(StateDictMatcher.match(expected, other, StateDictMatcher.Mode.STRICT).isLoadable());
        assertTrue(StateDictMatcher.match(expected, other, StateDictMatcher.Mode.LENIENT).isLoadable());
        assertFalse(StateDictMatcher.match(expected, shapes("a.weight", Shape.of(2)), StateDictMatcher.Mode.LENIENT).isLoadable());
    }

    @Test
    void longListsAreShortened() {
        Map<String, Shape> expected = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            expected.put("layer" + i, Shape.of(1));
        }
        String message = StateDictMatcher.match(expected, Map.of(), StateDictMatcher.Mode.STRICT).message();
        assertTrue(message.contains("100 missing:") && message.contains("and 88 more") && message.contains("layer11") && !message.contains("layer12"), message);
    }

    @Test
    void prefixesAreSeenThrough() {
        Shape s = Shape.of(4);
        var report = StateDictMatcher.match(shapes("head.fc.weight", s, "net.tail.fc.weight", s), shapes("model.network.head.fc.weight", s, "tail.fc.weight", s),
            StateDictMatcher.Mode.STRICT);
        assertEquals("model.network.head.fc.weight", report.missing().get(0).nearest());
        assertEquals("tail.fc.weight", report.missing().get(1).nearest());
        assertEquals("head.fc.weight", report.unexpected().get(0).nearest());
    }

    @Test
    void sameShapeWinsATie() {
        var report = StateDictMatcher.match(shapes("a.conv1.weight", Shape.of(3)), shapes("a.conv2.weight", Shape.of(2), "a.conv3.weight", Shape.of(3)),
            StateDictMatcher.Mode.STRICT);
        assertEquals("a.conv3.weight", report.missing().get(0).nearest());
        assertNull(StateDictMatcher.match(shapes("a", Shape.of(1)), shapes("long.other.name", Shape.of(1)), StateDictMatcher.Mode.STRICT)
            .missing().get(0).nearest());
    }

    @Test
    void bandedDistanceEqualsTheFullOne() {
        Random random = new Random(5);
        for (int n = 0; n < 20_000; n++) {
            String a = word(random);
            String b = word(random);
            int full = full(a, b);
            for (int limit = 0; limit < 9; limit++) {
                assertEquals(Math.min(full, limit + 1), EditDistance.distance(a, b, limit), a + " " + b + " " + limit);
            }
        }
    }

    private static String word(Random random) {
        StringBuilder b = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            b.append((char) ('a' + random.nextInt(3)));
        }
        return b.toString();
    }

    private static int full(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                d[i][j] = i == 0 ? j : j == 0 ? i : Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
            }
        }
        return d[a.length()][b.length()];
    }

    @Test
    void thousandsOfNamesTakeNoTime() {
        Map<String, Shape> expected = new LinkedHashMap<>();
        Map<String, Shape> found = new LinkedHashMap<>();
        for (int i = 0; i < 2173; i++) {
            String rest = ".branches." + i % 4 + "." + i % 7 + ".conv" + i + ".weight";
            expected.put("backbone.stage" + i % 5 + rest, Shape.of(i));
            found.put("backbone.level_" + i % 5 + rest, Shape.of(i));
        }
        Assertions.assertTimeout(Duration.ofSeconds(10), () -> {
            var report = StateDictMatcher.match(expected, found, StateDictMatcher.Mode.STRICT);
            assertEquals(2173, report.missing().size());
            assertEquals("backbone.level_0.branches.0.0.conv0.weight", report.missing().get(0).nearest());
        });
    }
}

package io.github.remocap.io.pickle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.MemoryBudget;
import io.github.remocap.io.PickleBuilder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PickleMachineTest {
    private static final PickleGlobals PYTHON = PickleGlobals.builder().withPython().asData("toy.Thing").build();

    private static Object read(byte[] pickle) throws IOException {
        ByteCursor in = new ByteCursor(Location.of(Path.of("toy.pkl")), MemorySegment.ofArray(pickle));
        return PickleMachine.read(in, PYTHON, MemoryBudget.of(pickle.length, 16), null);
    }

    private static Object read(String latin1) throws IOException {
        return read(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static CorruptFileException refuses(byte[] pickle, String part) {
        CorruptFileException e = assertThrows(CorruptFileException.class, () -> read(pickle));
        assertTrue(e.getMessage().contains(part), e.getMessage());
        assertTrue(e.getMessage().startsWith("toy.pkl"), e.getMessage());
        return e;
    }

    @Test
    void readsProtocol0() throws IOException {
        // pickle.dumps({"a": [1, 2.5, None, True, -3], "b": (u"\u20ac\n", 10**20, ())}, 0) with str 'a' as Python 2 has it
        Map<?, ?> m = assertInstanceOf(Map.class, read("(dp0\nS'a'\np1\n(lp2\nI1\naF2.5\naNaI01\naI-3\nasVb\np3\n(V\\u20ac\\u000a\n"
            + "L100000000000000000000L\n(ttp4\ns."));
        List<?> a = assertInstanceOf(List.class, m.get("a"));
        assertEquals(Arrays.asList(1L, 2.5, null, true, -3L), a);
        PickleTuple b = assertInstanceOf(PickleTuple.class, m.get("b"));
        assertEquals("\u20ac\n", b.get(0));
        assertEquals(new BigInteger("100000000000000000000"), b.get(1));
        assertEquals(0, assertInstanceOf(PickleTuple.class, b.get(2)).size());
    }

    @Test
    void readsEscapesOfProtocol0() throws IOException {
        assertEquals("a'b\n\0\u00ff\\q\007", read("S'a\\'b\\n\\x00\\xff\\q\\7'\n."));
        assertEquals("\ud83d\ude00", read("V\\U0001f600\n."));
        refuses("S'abc\n.".getBytes(StandardCharsets.ISO_8859_1), "quoted");
        refuses("S'a\\x1'\n.".getBytes(StandardCharsets.ISO_8859_1), "escape");
    }

    @Test
    void readsProtocol2To5() throws IOException {
        byte[] pickle = new PickleBuilder().op(0x80, 5, 0x95).i64(10).op('}', 0x94, '(').raw("\u008c\u0001s").op(0x8f, '(', 'K', 7, 'K', 7, 0x90)
            .raw("\u008c\u0001b").op('C', 2, 9, 8).raw("\u008c\u0001f").op('G').raw("\u003f\u00f8\0\0\0\0\0\0")
            .raw("\u008c\u0001n").op(0x8a, 1, 0xff).raw("\u008c\u0001z").op('(', 'K', 1, 0x91).op('u').stop();
        Map<?, ?> m = assertInstanceOf(Map.class, read(pickle));
        assertEquals(Set.of(7L), m.get("s"));
        byte[] bytes = assertInstanceOf(MemorySegment.class, m.get("b")).toArray(ValueLayout.JAVA_BYTE);
        assertEquals(List.of((byte) 9, (byte) 8), List.of(bytes[0], bytes[1]));
        assertEquals(1.5, m.get("f"));
        assertEquals(-1L, m.get("n"));
        assertEquals(Set.of(1L), m.get("z"));
    }

    @Test
    void readsPython2Strings() throws IOException {
        assertEquals("\u00e9\u0000", read("U\u0002\u00e9\u0000."));
        assertEquals("\u00e9", read("T\u0001\0\0\0\u00e9."));
    }

    @Test
    void keepsUnknownObjectsAsData() throws IOException {
        byte[] newStyle = new PickleBuilder().global("toy", "Thing").op(')', 0x81, '}').text("x").op('K', 5, 's', 'b').stop();
        PickleObject o = assertInstanceOf(PickleObject.class, read(newStyle));
        assertEquals("toy.Thing", o.className());
        assertEquals(5L, o.attribute("x"));
        assertNull(o.attribute("y"));
        byte[] oldStyle = new PickleBuilder().global("copy_reg", "_reconstructor").op('(').global("toy", "Thing").global("__builtin__", "object")
            .op('N', 't', 'R').op('}').text("x").op('K', 6, 's', 'b').stop();
        assertEquals(6L, assertInstanceOf(PickleObject.class, read(oldStyle)).attribute("x"));
        byte[] instance = new PickleBuilder().raw("(itoy\nThing\n").stop();
        assertEquals("toy.Thing", assertInstanceOf(PickleObject.class, read(instance)).className());
        byte[] obj = new PickleBuilder().op('(').global("toy", "Thing").op('K', 3, 'o').stop();
        assertEquals(3L, assertInstanceOf(PickleObject.class, read(obj)).arguments().get(0));
    }

    @Test
    void readsOrderedDictsOfPython2() throws IOException {
        byte[] p = new PickleBuilder().global("collections", "OrderedDict").raw("((lp0\n(lp1\n").text("k").op('a', 'K', 4, 'a', 'a', 't', 'R').stop();
        assertEquals(Map.of("k", 4L), read(p));
    }

    @Test
    void refusesGlobalsByName() {
        for (String name : List.of("os system", "posix system", "builtins eval", "builtins getattr", "subprocess Popen", "torch.hub load")) {
            String[] parts = name.split(" ");
            byte[] reduce = new PickleBuilder().global(parts[0], parts[1]).text("touch x").op(0x85, 'R').stop();
            RefusedGlobalException e = assertThrows(RefusedGlobalException.class, () -> read(reduce));
            assertEquals(parts[0] + "." + parts[1], e.global());
            assertTrue(e.getMessage().contains("refused: " + parts[0] + "." + parts[1]), e.getMessage());
            byte[] stack = new PickleBuilder().text(parts[0]).text(parts[1]).op(0x93, ')', 'R').stop();
            assertThrows(RefusedGlobalException.class, () -> read(stack));
            byte[] inst = new PickleBuilder().raw("(i" + parts[0] + "\n" + parts[1] + "\n").stop();
            assertThrows(RefusedGlobalException.class, () -> read(inst));
        }
    }

    @Test
    void namesTheOffset() {
        byte[] p = new PickleBuilder().op(']', 'K', 1, 'a').global("os", "system").stop();
        assertEquals(4, refuses(p, "refused: os.system").offset());
    }

    @Test
    void refusesBrokenStacks() {
        refuses(new PickleBuilder().stop(), "value on the stack");
        refuses(new PickleBuilder().op('K', 1, 'K', 2).stop(), "one value");
        refuses(new PickleBuilder().op('(', 'K', 1).stop(), "one value");
        refuses(new PickleBuilder().op('K', 1, 'a').stop(), "stack");
        refuses(new PickleBuilder().op('K', 1, 'K', 2, 'a').stop(), "list to append to");
        refuses(new PickleBuilder().op(']', '(', 'a').stop(), "value on the stack");
        refuses(new PickleBuilder().op('}', '(', 'K', 1, 'u').stop(), "pairs");
        refuses(new PickleBuilder().op('h', 3).stop(), "memo entry 3");
        refuses(new PickleBuilder().op('t').stop(), "mark");
        refuses(new PickleBuilder().op('K', 1, ')', 'R').stop(), "class or function");
        refuses(new PickleBuilder().op('K', 1, '}', 'b').stop(), "takes a state");
        refuses(new PickleBuilder().op('K', 1, 'Q').stop(), "persistent");
        refuses(new PickleBuilder().op(0xff).stop(), "opcode");
        refuses(new PickleBuilder().op(0x80, 6).stop(), "protocol");
        refuses(new PickleBuilder().op(0x82, 1).stop(), "extension");
        refuses(new PickleBuilder().op(0x97).stop(), "out-of-band");
    }

    @Test
    void refusesLyingSizes() {
        refuses(new PickleBuilder().op('X').i32(-1).raw("abc").stop(), "4294967295 bytes");
        refuses(new PickleBuilder().op('T').i32(-1).raw("abc").stop(), "bytes of text");
        refuses(new PickleBuilder().op(0x8d).i64(-5).stop(), "bytes of text");
        refuses(new PickleBuilder().op(0x8e).i64(Long.MAX_VALUE).stop(), "BINBYTES8");
        refuses(new PickleBuilder().op(0x96).i64(1L << 40).stop(), "BYTEARRAY8");
        refuses(new PickleBuilder().op(0x95).i64(1L << 50).stop(), "frame");
        refuses(new PickleBuilder().op(0x8b).i32(Integer.MAX_VALUE).stop(), "integer");
        refuses(new PickleBuilder().op(0x8b).i32(-1).stop(), "integer");
        refuses(new PickleBuilder().op('X').i32(2).raw("\u00c3\u00c3").stop(), "UTF-8");
        refuses(("I" + "9".repeat(5000) + "\n.").getBytes(StandardCharsets.ISO_8859_1), "digits");
        refuses("I12x\n.".getBytes(StandardCharsets.ISO_8859_1), "integer");
        refuses("Fabc\n.".getBytes(StandardCharsets.ISO_8859_1), "number");
    }

    @Test
    void survivesCycles() throws IOException {
        List<?> l = assertInstanceOf(List.class, read(new PickleBuilder().op(']', 'q', 0, 'h', 0, 'a').stop()));
        assertSame(l, l.get(0));
        // A list as a key would have a hash of itself.
        refuses(new PickleBuilder().op(']', 'q', 0, 'h', 0, 'a', '0', '}', 'h', 0, 'K', 1, 's').stop(), "a key");
    }

    @Test
    void survivesDeepNesting() throws IOException {
        PickleBuilder b = new PickleBuilder();
        for (int i = 0; i < 1_000_000; i++) {
            b.op(']');
        }
        for (int i = 1; i < 1_000_000; i++) {
            b.op('a');
        }
        assertEquals(1, assertInstanceOf(List.class, read(b.stop())).size());
        PickleBuilder tuples = new PickleBuilder().op('N');
        for (int i = 0; i < 1_000_000; i++) {
            tuples.op(0x85);
        }
        assertEquals(1, assertInstanceOf(PickleTuple.class, read(tuples.stop())).size());
    }

    @Test
    void survivesExponentialSharing() throws IOException {
        PickleBuilder b = new PickleBuilder().op('K', 1);
        for (int i = 0; i < 10_000; i++) {
            b.op('2', 0x86);
        }
        PickleTuple t = assertInstanceOf(PickleTuple.class, read(b.stop()));
        assertSame(t.get(0), t.get(1));
        assertEquals("tuple of 2", t.toString());
        // The same as a key: its hash would take 2^10000 steps.
        PickleBuilder key = new PickleBuilder().op('}', 'K', 1);
        for (int i = 0; i < 100; i++) {
            key.op('2', 0x86);
        }
        refuses(key.op('N', 's').stop(), "a key");
    }

    @Test
    void refusesCopiesWithoutEnd() {
        // One list of 100000 items, and a set made of it again and again.
        PickleBuilder b = new PickleBuilder().op(']', '(');
        for (int i = 0; i < 100_000; i++) {
            b.op('K', i & 0xff);
        }
        b.op('e', 'q', 0, '0').op('(');
        for (int i = 0; i < 100_000; i++) {
            b.global("builtins", "set").op('h', 0, 0x85, 'R');
        }
        refuses(b.op('t').stop(), "credible");
    }

    @Test
    void refusesTooManyObjects() {
        byte[] p = new byte[60_000_000];
        Arrays.fill(p, (byte) ']');
        refuses(p, "at most");
        Arrays.fill(p, (byte) '(');
        refuses(p, "at most");
    }

    @Test
    void everyTruncationIsAnError() throws IOException {
        byte[] whole = new PickleBuilder().op(0x80, 2).op('}', 'q', 0, '(').text("key").tuple(1, 2, 3).text("other").global("collections", "OrderedDict")
            .op(')', 'R', 'u').stop();
        read(whole);
        for (int n = 0; n < whole.length; n++) {
            byte[] part = Arrays.copyOf(whole, n);
            assertThrows(CorruptFileException.class, () -> read(part));
        }
    }
}

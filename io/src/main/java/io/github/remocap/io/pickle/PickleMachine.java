package io.github.remocap.io.pickle;

import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.MemoryBudget;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The virtual machine of Python's pickle format, protocols 0 to 5, as described in the comments of CPython's
 * {@code Lib/pickletools.py}.
 *
 * <p>Values become: None null, bool Boolean, int Long or BigInteger, float Double, str String, bytes a MemorySegment
 * (a slice of the pickle), tuple {@link PickleTuple}, list ArrayList, dict LinkedHashMap, set LinkedHashSet, the 8-bit
 * strings of Python 2 a String of their Latin-1 characters. Classes are those of the caller's {@link PickleGlobals}.
 * The result may contain itself, or share parts so often that walking it as a tree never ends: walk it as a graph.
 *
 * <p>The machine does not recurse, and its memory grows only as opcodes are read; their number is limited.
 */
public final class PickleMachine {
    private static final long MAX_OPCODES = 50_000_000;
    private static final int MAX_OBJECTS = 5_000_000;
    private static final int MAX_KEY = 1 << 16;
    private static final int MAX_INTEGER_BYTES = 1024;

    private final ByteCursor in;
    private final PickleGlobals globals;
    private final MemoryBudget budget;
    private final @Nullable PickleConstructor persistent;
    private final PickleContext context;

    private final ArrayList<@Nullable Object> stack = new ArrayList<>();
    private final Map<Long, @Nullable Object> memo = new HashMap<>();
    private int[] marks = new int[16];
    private int markCount;
    private int fence;
    private long opAt;
    private long objects;

    private PickleMachine(ByteCursor in, PickleGlobals globals, MemoryBudget budget, @Nullable PickleConstructor persistent) {
        this.in = in;
        this.globals = globals;
        this.budget = budget;
        this.persistent = persistent;
        this.context = (bytes, what) -> budget.charge(bytes, in.location(), opAt, what);
    }

    /**
     * Reads one pickle from the cursor and leaves it after the STOP opcode.
     *
     * @param in the pickle; errors carry offsets from the cursor's start
     * @param globals what it may name
     * @param budget what constructors may allocate
     * @param persistent resolves persistent ids (given as a tuple of one), or null if there must be none
     * @throws RefusedGlobalException if the pickle names a class or function that is not in {@code globals}
     * @throws CorruptFileException if the pickle is damaged, cut off, or beyond the limits
     * @throws IOException if a constructor fails to read what it needs
     */
    public static @Nullable Object read(ByteCursor in, PickleGlobals globals, MemoryBudget budget, @Nullable PickleConstructor persistent)
            throws IOException {
        return new PickleMachine(in, globals, budget, persistent).run();
    }

    private @Nullable Object run() throws IOException {
        try {
            for (long n = 0; n < MAX_OPCODES; n++) {
                opAt = in.position();
                int op = in.u8("pickle opcode");
                if (op == '.') {
                    Object result = pop();
                    if (!stack.isEmpty() || markCount > 0) {
                        throw bad("a pickle that ends with one value on its stack, not " + (stack.size() + 1));
                    }
                    return result;
                }
                step(op);
            }
        } catch (PickleException e) {
            throw in.location().corrupt(opAt, "pickle: " + e.getMessage());
        }
        throw bad("a pickle of at most " + MAX_OPCODES + " opcodes");
    }

    private CorruptFileException bad(String expected) {
        return in.location().corrupt(opAt, "pickle: expected " + expected);
    }

    private void step(int op) throws IOException, PickleException {
        switch (op) {
            case 0x80 -> {
                int protocol = in.u8("protocol");
                if (protocol > 5) {
                    throw bad("pickle protocol 0 to 5, not " + protocol);
                }
            }
            case 0x95 -> in.require(in.i64("frame size"), "pickle frame");
            case '(' -> mark();
            case '0' -> {
                if (stack.size() == fence && markCount > 0) {
                    popMark();
                } else {
                    pop();
                }
            }
            case '1' -> truncate(popMark());
            case '2' -> push(peek());
            case 'N' -> push(null);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'I' -> push(parseInt(in.line(MAX_KEY, "INT")));
            case 'L' -> push(parseLong(in.line(MAX_KEY, "LONG")));
            case 'J' -> push((long) in.i32("BININT"));
            case 'K' -> push((long) in.u8("BININT1"));
            case 'M' -> push((long) in.u16("BININT2"));
            case 0x8a -> push(integer(in.u8("LONG1 size")));
            case 0x8b -> push(integer(in.i32("LONG4 size")));
            case 'F' -> push(parseDouble(in.line(MAX_KEY, "FLOAT")));
            case 'G' -> push(in.f64BigEndian("BINFLOAT"));
            case 'S', 'T', 'U', 'V', 'X', 0x8c, 0x8d -> push(string(op));
            case 'B' -> push(in.slice(in.u32("BINBYTES size"), "BINBYTES"));
            case 'C' -> push(in.slice(in.u8("SHORT_BINBYTES size"), "SHORT_BINBYTES"));
            case 0x8e -> push(in.slice(in.i64("BINBYTES8 size"), "BINBYTES8"));
            case 0x96 -> push(in.slice(in.i64("BYTEARRAY8 size"), "BYTEARRAY8"));
            case 0x98 -> {
                if (!(peek() instanceof MemorySegment)) {
                    throw bad("bytes for READONLY_BUFFER, not " + Pickles.describe(peek()));
                }
            }
            case ']' -> push(new ArrayList<@Nullable Object>(0));
            case '}' -> push(new LinkedHashMap<@Nullable Object, @Nullable Object>());
            case 0x8f -> push(new LinkedHashSet<@Nullable Object>());
            case ')' -> push(PickleTuple.EMPTY);
            case 't' -> push(new PickleTuple(popAll().toArray()));
            case 0x85 -> push(new PickleTuple(pop()));
            case 0x86 -> {
                Object b = pop();
                push(new PickleTuple(pop(), b));
            }
            case 0x87 -> {
                Object c = pop();
                Object b = pop();
                push(new PickleTuple(pop(), b, c));
            }
            case 'l' -> push(new ArrayList<>(popAll()));
            case 'd' -> {
                List<@Nullable Object> items = popAll();
                Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
                putAll(map, items);
                push(map);
            }
            case 0x91 -> {
                Set<@Nullable Object> set = new LinkedHashSet<>();
                for (Object o : popAll()) {
                    set.add(key(o));
                }
                push(set);
            }
            case 'a' -> {
                Object item = pop();
                list().add(item);
            }
            case 'e' -> {
                List<@Nullable Object> items = popAll();
                list().addAll(items);
            }
            case 's' -> {
                Object value = pop();
                Object key = pop();
                map().put(key(key), value);
            }
            case 'u' -> {
                List<@Nullable Object> items = popAll();
                putAll(map(), items);
            }
            case 0x90 -> {
                List<@Nullable Object> items = popAll();
                Set<@Nullable Object> set = set();
                for (Object o : items) {
                    set.add(key(o));
                }
            }
            case 'p' -> put(parseIndex(in.line(20, "PUT")));
            case 'q' -> put(in.u8("BINPUT"));
            case 'r' -> put(in.u32("LONG_BINPUT"));
            case 0x94 -> put(memo.size());
            case 'g' -> get(parseIndex(in.line(20, "GET")));
            case 'h' -> get(in.u8("BINGET"));
            case 'j' -> get(in.u32("LONG_BINGET"));
            case 'c' -> {
                String module = in.line(MAX_KEY, "module");
                push(global(module, in.line(MAX_KEY, "name")));
            }
            case 0x93 -> {
                String name = Pickles.text(pop(), "the name of a global");
                push(global(Pickles.text(pop(), "the module of a global"), name));
            }
            case 'i' -> {
                String module = in.line(MAX_KEY, "module");
                Object type = global(module, in.line(MAX_KEY, "name"));
                push(call(type, new PickleTuple(popAll().toArray())));
            }
            case 'o' -> {
                List<@Nullable Object> items = popAll();
                if (items.isEmpty()) {
                    throw bad("a class for OBJ");
                }
                push(call(items.get(0), new PickleTuple(items.subList(1, items.size()).toArray())));
            }
            case 'R', 0x81 -> {
                PickleTuple arguments = Pickles.tuple(pop(), "the arguments of a call");
                push(call(pop(), arguments));
            }
            case 0x92 -> {
                if (!(pop() instanceof Map<?, ?> named) || !named.isEmpty()) {
                    throw bad("NEWOBJ_EX without named arguments");
                }
                PickleTuple arguments = Pickles.tuple(pop(), "the arguments of a call");
                push(call(pop(), arguments));
            }
            case 'b' -> {
                Object state = pop();
                Object target = peek();
                if (target instanceof PickleState s) {
                    s.setState(state, context);
                } else if (!(target instanceof Map)) {
                    // A dict may have attributes (the _metadata of a state dict): they say nothing about its content.
                    throw bad("something that takes a state, not " + Pickles.describe(target));
                }
            }
            case 'P' -> push(persistent(in.line(MAX_KEY, "PERSID")));
            case 'Q' -> push(persistent(pop()));
            case 0x82, 0x83, 0x84 -> throw bad("no extension registry (EXT opcodes)");
            case 0x97 -> throw bad("no out-of-band buffers (NEXT_BUFFER)");
            default -> throw bad("an opcode, not byte 0x" + Integer.toHexString(op));
        }
    }

    // ---- stack and memo

    private void push(@Nullable Object value) throws CorruptFileException {
        if (stack.size() >= MAX_OBJECTS || objects++ >= MAX_OPCODES) {
            throw bad("at most " + MAX_OBJECTS + " values on the stack");
        }
        boolean large = value instanceof Map || value instanceof Set || value instanceof List;
        if (large) {
            objects += MAX_OPCODES / MAX_OBJECTS - 1;
        }
        stack.add(value);
    }

    private @Nullable Object pop() throws CorruptFileException {
        if (stack.size() <= fence) {
            throw bad("a value on the stack");
        }
        return stack.remove(stack.size() - 1);
    }

    private @Nullable Object peek() throws CorruptFileException {
        if (stack.size() <= fence) {
            throw bad("a value on the stack");
        }
        return stack.get(stack.size() - 1);
    }

    private void mark() throws CorruptFileException {
        if (markCount >= MAX_OBJECTS) {
            throw bad("at most " + MAX_OBJECTS + " nested marks");
        }
        if (markCount == marks.length) {
            marks = Arrays.copyOf(marks, marks.length * 2);
        }
        marks[markCount++] = stack.size();
        fence = stack.size();
    }

    private int popMark() throws CorruptFileException {
        if (markCount == 0) {
            throw bad("a mark on the stack");
        }
        int at = marks[--markCount];
        fence = markCount == 0 ? 0 : marks[markCount - 1];
        return at;
    }

    /** Everything above the last mark, removed together with the mark. */
    private List<@Nullable Object> popAll() throws CorruptFileException {
        int at = popMark();
        List<@Nullable Object> items = new ArrayList<>(stack.subList(at, stack.size()));
        truncate(at);
        return items;
    }

    private void truncate(int size) {
        stack.subList(size, stack.size()).clear();
    }

    private void put(long index) throws CorruptFileException {
        if (memo.size() >= MAX_OBJECTS) {
            throw bad("at most " + MAX_OBJECTS + " memo entries");
        }
        memo.put(index, peek());
    }

    private void get(long index) throws CorruptFileException {
        Object value = memo.get(index);
        if (value == null && !memo.containsKey(index)) {
            throw bad("memo entry " + index + ", which nothing has set");
        }
        push(value);
    }

    @SuppressWarnings("unchecked")
    private List<@Nullable Object> list() throws CorruptFileException {
        if (peek() instanceof ArrayList<?> l) {
            return (List<@Nullable Object>) l;
        }
        throw bad("a list to append to, not " + Pickles.describe(peek()));
    }

    @SuppressWarnings("unchecked")
    private Map<@Nullable Object, @Nullable Object> map() throws CorruptFileException {
        if (peek() instanceof LinkedHashMap<?, ?> m) {
            return (Map<@Nullable Object, @Nullable Object>) m;
        }
        throw bad("a dict to put items into, not " + Pickles.describe(peek()));
    }

    @SuppressWarnings("unchecked")
    private Set<@Nullable Object> set() throws CorruptFileException {
        if (peek() instanceof LinkedHashSet<?> s) {
            return (Set<@Nullable Object>) s;
        }
        throw bad("a set to add to, not " + Pickles.describe(peek()));
    }

    private static void putAll(Map<@Nullable Object, @Nullable Object> map, List<@Nullable Object> items) throws PickleException {
        if (items.size() % 2 != 0) {
            throw new PickleException("a dict takes pairs, not " + items.size() + " items");
        }
        for (int i = 0; i < items.size(); i += 2) {
            map.put(key(items.get(i)), items.get(i + 1));
        }
    }

    static boolean isScalar(@Nullable Object o) {
        return o == null || o instanceof String || o instanceof Number || o instanceof Boolean;
    }

    /** Checks that a value can be the key of a map without its hash costing more than the pickle that made it. */
    static @Nullable Object key(@Nullable Object o) throws PickleException {
        boolean fine = switch (o) {
            case null -> true;
            case String s -> s.length() <= MAX_KEY;
            case PickleTuple t -> t.size() <= 64 && t.isFlat();
            default -> isScalar(o) || !(o instanceof Map || o instanceof Set || o instanceof List || o instanceof MemorySegment);
        };
        if (!fine) {
            throw Pickles.wrong(o, "a key", "a number, a short text or a flat tuple");
        }
        return o;
    }

    // ---- globals and calls

    private Object global(String module, String name) throws RefusedGlobalException {
        String full = module + "." + name;
        Object value = globals.find(full);
        if (value == null) {
            throw new RefusedGlobalException(in.location(), opAt, full);
        }
        return value;
    }

    private @Nullable Object call(@Nullable Object callable, PickleTuple arguments) throws IOException, PickleException {
        if (callable instanceof PickleConstructor c) {
            return c.construct(arguments, context);
        }
        throw Pickles.wrong(callable, "what is called", "a class or function");
    }

    private @Nullable Object persistent(@Nullable Object id) throws IOException, PickleException {
        if (persistent == null) {
            throw bad("no persistent ids");
        }
        return persistent.construct(new PickleTuple(id), context);
    }

    // ---- literals

    private String string(int op) throws CorruptFileException, PickleException {
        return switch (op) {
            case 'U' -> text(in.u8("SHORT_BINSTRING size"), StandardCharsets.ISO_8859_1);
            case 'T' -> text(in.i32("BINSTRING size"), StandardCharsets.ISO_8859_1);
            case 'X' -> text(in.u32("BINUNICODE size"), StandardCharsets.UTF_8);
            case 0x8c -> text(in.u8("SHORT_BINUNICODE size"), StandardCharsets.UTF_8);
            case 0x8d -> text(in.i64("BINUNICODE8 size"), StandardCharsets.UTF_8);
            case 'S' -> PickleText.quoted(in.line(in.remaining(), "STRING"));
            default -> PickleText.rawUnicode(in.line(in.remaining(), "UNICODE"));
        };
    }

    private String text(long bytes, Charset charset) throws CorruptFileException {
        return in.text(bytes, charset, "text in a pickle");
    }

    private Object integer(long bytes) throws CorruptFileException {
        if (bytes < 0 || bytes > MAX_INTEGER_BYTES) {
            throw bad("an integer of at most " + MAX_INTEGER_BYTES + " bytes, not " + bytes);
        }
        if (bytes == 0) {
            return 0L;
        }
        byte[] littleEndian = in.slice(bytes, "integer").toArray(ValueLayout.JAVA_BYTE);
        byte[] bigEndian = new byte[littleEndian.length];
        for (int i = 0; i < bigEndian.length; i++) {
            bigEndian[i] = littleEndian[littleEndian.length - 1 - i];
        }
        return narrow(new BigInteger(bigEndian));
    }

    private static Object narrow(BigInteger v) {
        return v.bitLength() < 64 ? (Object) v.longValue() : v;
    }

    private Object parseInt(String line) throws CorruptFileException {
        return switch (line) {
            case "00" -> false;
            case "01" -> true;
            default -> parseLong(line);
        };
    }

    private Object parseLong(String line) throws CorruptFileException {
        String digits = line.strip();
        if (digits.endsWith("L")) {
            digits = digits.substring(0, digits.length() - 1);
        }
        if (digits.length() > 2 * MAX_INTEGER_BYTES) {
            throw bad("an integer of at most " + 2 * MAX_INTEGER_BYTES + " digits");
        }
        try {
            return narrow(new BigInteger(digits));
        } catch (NumberFormatException e) {
            throw bad("an integer, not '" + CorruptFileException.printable(line) + "'");
        }
    }

    private double parseDouble(String line) throws CorruptFileException {
        try {
            return switch (line) {
                case "inf" -> Double.POSITIVE_INFINITY;
                case "-inf" -> Double.NEGATIVE_INFINITY;
                case "nan" -> Double.NaN;
                default -> Double.parseDouble(line);
            };
        } catch (NumberFormatException e) {
            throw bad("a number, not '" + CorruptFileException.printable(line) + "'");
        }
    }

    private long parseIndex(String line) throws CorruptFileException {
        if (parseLong(line) instanceof Long v && v >= 0) {
            return v;
        }
        throw bad("a memo index, not '" + CorruptFileException.printable(line) + "'");
    }
}

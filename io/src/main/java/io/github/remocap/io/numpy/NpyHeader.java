package io.github.remocap.io.numpy;

import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The header of an npy file: magic, version, and a Python dict literal with element type, order and shape
 * (numpy.lib.format, versions 1 to 3).
 */
record NpyHeader(NumpyType type, boolean fortran, Shape shape) {
    private static final int MAX_HEADER = 1 << 16;
    private static final int ALIGNMENT = 64;

    /** Reads the header and leaves the cursor at the first element. */
    static NpyHeader read(ByteCursor in) throws CorruptFileException {
        if (in.u8("magic") != 0x93 || !in.text(Math.min(5, in.remaining()), StandardCharsets.ISO_8859_1, "magic").equals("NUMPY")) {
            throw in.location().corrupt(0, "expected an npy file, which starts with \\x93NUMPY");
        }
        int version = in.u8("version");
        in.u8("version");
        if (version < 1 || version > 3) {
            throw in.location().corrupt(6, "expected version 1 to 3 of the npy format, not " + version);
        }
        long size = version == 1 ? in.u16("header size") : in.u32("header size");
        long at = in.position();
        if (size > MAX_HEADER) {
            throw in.location().corrupt(at, "expected a header of at most " + MAX_HEADER + " bytes, not " + size);
        }
        String text = in.text(size, version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1, "header");
        Literal literal = new Literal(text);
        try {
            Map<String, Object> values = literal.dict();
            if (!(values.get("descr") instanceof String descr) || !(values.get("fortran_order") instanceof Boolean fortran)
                || !(values.get("shape") instanceof long[] extents) || values.size() != 3) {
                throw new PickleException("a header with descr (a plain element type), fortran_order and shape");
            }
            return new NpyHeader(NumpyType.parse(descr), fortran, NumpyType.shape(extents));
        } catch (PickleException e) {
            throw in.location().corrupt(at + literal.at, "npy header: expected " + e.getMessage());
        }
    }

    /** The bytes before the elements; a multiple of 64. */
    static byte[] bytes(String descr, Shape shape) {
        StringBuilder b = new StringBuilder("{'descr': '").append(descr).append("', 'fortran_order': False, 'shape': (");
        for (int i = 0; i < shape.rank(); i++) {
            b.append(shape.dim(i)).append(shape.rank() == 1 ? "," : i + 1 < shape.rank() ? ", " : "");
        }
        b.append("), }");
        while ((10 + b.length() + 1) % ALIGNMENT != 0) {
            b.append(' ');
        }
        b.append('\n');
        ByteBuffer out = ByteBuffer.allocate(10 + b.length()).order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.ISO_8859_1)).put((byte) 1).put((byte) 0);
        return out.putShort((short) b.length()).put(b.toString().getBytes(StandardCharsets.ISO_8859_1)).array();
    }

    /** A reader of the one kind of Python literal that headers hold: a flat dict of strings, booleans and tuples of integers. */
    private static final class Literal {
        private final String text;
        private int at;

        Literal(String text) {
            this.text = text;
        }

        Map<String, Object> dict() throws PickleException {
            Map<String, Object> out = new HashMap<>();
            expect('{');
            while (peek() != '}') {
                String key = string();
                expect(':');
                if (out.put(key, value()) != null) {
                    throw new PickleException("one value for each key");
                }
                if (peek() != '}') {
                    expect(',');
                }
            }
            at++;
            if (!text.substring(at).isBlank()) {
                throw new PickleException("nothing after the dict");
            }
            return out;
        }

        private char peek() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private void expect(char c) throws PickleException {
            if (peek() != c) {
                throw new PickleException("'" + c + "'");
            }
            at++;
        }

        private Object value() throws PickleException {
            return switch (peek()) {
                case '\'', '"' -> string();
                case '(' -> tuple();
                case 'T' -> word("True", true);
                case 'F' -> word("False", false);
                default -> throw new PickleException("a string, a truth value or a tuple of integers (no structured type)");
            };
        }

        private Object word(String word, boolean value) throws PickleException {
            if (!text.startsWith(word, at)) {
                throw new PickleException(word);
            }
            at += word.length();
            return value;
        }

        private String string() throws PickleException {
            char quote = peek();
            if (quote != '\'' && quote != '"') {
                throw new PickleException("a quoted string");
            }
            int end = text.indexOf(quote, at + 1);
            if (end < 0) {
                throw new PickleException("a closing quote");
            }
            String s = text.substring(at + 1, end);
            at = end + 1;
            return s;
        }

        private long[] tuple() throws PickleException {
            expect('(');
            long[] out = new long[64];
            int n = 0;
            while (peek() != ')') {
                int from = at;
                while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                    at++;
                }
                if (at == from || at - from > 18 || n == out.length) {
                    throw new PickleException("a tuple of at most 64 extents below 10^18");
                }
                out[n++] = Long.parseLong(text.substring(from, at));
                at += at < text.length() && text.charAt(at) == 'L' ? 1 : 0;
                if (peek() != ')') {
                    expect(',');
                }
            }
            at++;
            return Arrays.copyOf(out, n);
        }
    }
}

package io.github.remocap.io.pickle;

/** The text literals of protocol 0, which are Python source: escapes, quotes. */
final class PickleText {
    private PickleText() {}

    /** {@code 'a\x00b'} with its quotes: the opcode STRING. */
    static String quoted(String line) throws PickleException {
        String s = line.strip();
        if (s.length() < 2 || s.charAt(0) != s.charAt(s.length() - 1) || s.charAt(0) != '\'' && s.charAt(0) != '"') {
            throw new PickleException("a STRING must be quoted");
        }
        StringBuilder b = new StringBuilder(s.length());
        int end = s.length() - 1;
        for (int i = 1; i < end; i++) {
            char c = s.charAt(i);
            if (c != '\\') {
                b.append(c);
                continue;
            }
            if (++i >= end) {
                throw new PickleException("a STRING ends within an escape");
            }
            char e = s.charAt(i);
            switch (e) {
                case 'n' -> b.append('\n');
                case 'r' -> b.append('\r');
                case 't' -> b.append('\t');
                case 'a' -> b.append('\007');
                case 'b' -> b.append('\b');
                case 'f' -> b.append('\f');
                case 'v' -> b.append('\013');
                case '\\', '\'', '"' -> b.append(e);
                case 'x' -> {
                    b.append((char) hex(s, i + 1, 2, end));
                    i += 2;
                }
                case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                    int value = 0;
                    int n = 0;
                    while (n < 3 && i + n < end && s.charAt(i + n) >= '0' && s.charAt(i + n) <= '7') {
                        value = value * 8 + s.charAt(i + n++) - '0';
                    }
                    b.append((char) (value & 0xff));
                    i += n - 1;
                }
                default -> b.append('\\').append(e);
            }
        }
        return b.toString();
    }

    /** Latin-1 with {@code \}{@code uXXXX} and {@code \}{@code UXXXXXXXX}: the opcode UNICODE. */
    static String rawUnicode(String s) throws PickleException {
        StringBuilder b = new StringBuilder(s.length());
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            char next = i + 1 < s.length() ? s.charAt(i + 1) : 0;
            if (c == '\\' && next == 'u') {
                b.append((char) hex(s, i + 2, 4, s.length()));
                i += 5;
            } else if (c == '\\' && next == 'U') {
                int point = hex(s, i + 2, 8, s.length());
                if (!Character.isValidCodePoint(point)) {
                    throw new PickleException("no character has the number 0x" + Integer.toHexString(point));
                }
                b.appendCodePoint(point);
                i += 9;
            } else {
                b.append(c);
            }
        }
        return b.toString();
    }

    private static int hex(String s, int from, int digits, int end) throws PickleException {
        if (from + digits > end) {
            throw new PickleException("text ends within an escape");
        }
        int v = 0;
        for (int i = from; i < from + digits; i++) {
            int d = Character.digit(s.charAt(i), 16);
            if (d < 0) {
                throw new PickleException("an escape with a digit that is not hexadecimal");
            }
            v = v << 4 | d;
        }
        return v;
    }
}

package io.github.remocap.io;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file is damaged, cut off, hostile, or not what it was taken for. The message names file, entry and byte offset and
 * says what was expected.
 */
public class CorruptFileException extends IOException {
    private static final long serialVersionUID = 1;

    private final String file;
    private final @Nullable String entry;
    private final long offset;
    private final String expected;

    /**
     * The error at one place of a file.
     *
     * @param path the file
     * @param entry the archive member or tensor, or null
     * @param offset byte offset in the archive member, else in the file; negative if there is no sensible one
     * @param expected what was expected and what was found instead
     */
    public CorruptFileException(Path path, @Nullable String entry, long offset, String expected) {
        super(path + (entry == null ? "" : ", '" + printable(entry) + "'") + (offset < 0 ? "" : ", byte " + offset) + ": " + expected);
        this.file = path.toString();
        this.entry = entry;
        this.offset = offset;
        this.expected = expected;
    }

    /** The file. */
    public Path path() {
        return Path.of(file);
    }

    /** The archive member or tensor in question, or null. */
    public @Nullable String entry() {
        return entry;
    }

    /** Byte offset in the archive member, or in the file if the entry is none; negative if unknown. */
    public long offset() {
        return offset;
    }

    /** What was expected, and what was found. */
    public String expected() {
        return expected;
    }

    /** Text from a file, made fit for a message: control characters replaced, at most 120 characters. */
    public static String printable(String text) {
        StringBuilder b = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), 120); i++) {
            char c = text.charAt(i);
            b.append(c < 32 || c >= 127 && c < 160 || Character.isSurrogate(c) ? '?' : c);
        }
        return b.append(text.length() > 120 ? "..." : "").toString();
    }
}

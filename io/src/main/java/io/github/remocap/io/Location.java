package io.github.remocap.io;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where bytes came from, to be named in errors.
 *
 * @param path the file
 * @param entry archive member or tensor, or null for the file itself
 */
public record Location(Path path, @Nullable String entry) {
    /** The file itself. */
    public static Location of(Path path) {
        return new Location(path, null);
    }

    /** A part of the same file. */
    public Location entry(String name) {
        return new Location(path, name);
    }

    /** The error at a byte offset of this entry (or file); to be thrown by the caller. */
    public CorruptFileException corrupt(long offset, String expected) {
        return new CorruptFileException(path, entry, offset, expected);
    }
}

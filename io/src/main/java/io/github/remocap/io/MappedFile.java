package io.github.remocap.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file mapped read-only. Slices of it stay valid until it is closed, then throw IllegalStateException. The file must
 * not be shortened while it is mapped (replacing it by a rename is fine).
 */
public final class MappedFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final MemorySegment data;

    private MappedFile(Path path, Arena arena, MemorySegment data) {
        this.path = path;
        this.arena = arena;
        this.data = data;
    }

    /**
     * Maps a file of any size.
     *
     * @throws IOException if it cannot be opened or mapped
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the object, and is closed with it
    public static MappedFile open(Path path) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return new MappedFile(path, arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /** The file. */
    public Path path() {
        return path;
    }

    /** Owns the mapping and whatever had to be copied out of it. */
    public Arena arena() {
        return arena;
    }

    /** All bytes of the file. */
    public MemorySegment data() {
        return data;
    }

    /** Unmaps the file and frees what was copied out of it. A second call does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}

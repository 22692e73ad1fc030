package io.github.remocap.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/** Writes a file so that a crash at any moment leaves either the old content or the new, never a part. */
public final class AtomicFile {
    private AtomicFile() {}

    /** What fills the file. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything to the channel, which is empty and also readable; the caller forces and closes it. */
        void writeTo(FileChannel channel) throws IOException;
    }

    /**
     * Writes to a temporary file in the target's directory, forces it to disk, renames it over the target and forces
     * the directory. If anything fails the target is untouched and the temporary file is gone.
     *
     * @throws IOException if writing, forcing or renaming fails
     */
    public static void write(Path target, Content content) throws IOException {
        Path directory = target.toAbsolutePath().getParent();
        Path name = target.getFileName();
        if (directory == null || name == null) {
            throw new IOException(target + " is not the name of a file");
        }
        Path temporary = directory.resolve("." + name + "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".tmp");
        boolean done = false;
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ,
                    StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            move(temporary, directory.resolve(name));
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(temporary);
            }
        }
        forceDirectory(directory);
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException(to + ": this file system cannot rename atomically", e);
        }
    }

    /** Makes the rename itself durable. Some systems cannot open a directory; there the rename is durable by other means. */
    private static void forceDirectory(Path directory) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The file is complete and in place: there is nothing better to do, and nothing to report.
            return;
        }
    }
}

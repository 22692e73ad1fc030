package io.github.remocap.data;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Writes a TSV file and its index: {@code name.tsv} and {@code name.lineidx}, which has the byte at which each row begins, one in a
 * line. Both are written under another name; {@link #finish} renames them, {@link #close} without it removes them.
 */
final class TsvFileWriter implements Closeable {
    private static final String TEMPORARY = ".tmp";

    private final Path tsv;
    private final Path index;
    private final OutputStream rows;
    private final OutputStream offsets;
    private long offset;

    TsvFileWriter(Path tsv) throws IOException {
        this.tsv = tsv;
        this.index = TsvFile.indexOf(tsv);
        this.rows = new BufferedOutputStream(Files.newOutputStream(temporary(tsv)), 1 << 16);
        try {
            this.offsets = new BufferedOutputStream(Files.newOutputStream(temporary(index)));
        } catch (IOException e) {
            rows.close();
            throw e;
        }
    }

    private static Path temporary(Path file) {
        return file.resolveSibling(file.getFileName() + TEMPORARY);
    }

    /**
     * Appends a row.
     *
     * @throws IllegalArgumentException if a column has a tab or a line break, which the format cannot hold
     */
    void row(String... columns) throws IOException {
        for (String column : columns) {
            if (column.indexOf('\t') >= 0 || column.indexOf('\n') >= 0 || column.indexOf('\r') >= 0) {
                throw new IllegalArgumentException(tsv + ": a column has a tab or a line break: " + column.strip().lines().findFirst().orElse(""));
            }
        }
        byte[] line = (String.join("\t", columns) + "\n").getBytes(StandardCharsets.UTF_8);
        offsets.write((offset + "\n").getBytes(StandardCharsets.US_ASCII));
        rows.write(line);
        offset += line.length;
    }

    /** Closes both files and gives them their names. */
    void finish() throws IOException {
        rows.close();
        offsets.close();
        Files.move(temporary(tsv), tsv, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        Files.move(temporary(index), index, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes what was not finished. */
    @Override
    public void close() throws IOException {
        rows.close();
        offsets.close();
        Files.deleteIfExists(temporary(tsv));
        Files.deleteIfExists(temporary(index));
    }
}

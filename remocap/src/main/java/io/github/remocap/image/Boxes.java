package io.github.remocap.image;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The boxes of one person over time, from a CSV file: a line {@code frame,x0,y0,x1,y1}, then a row for each frame where a
 * box was drawn. {@code frame} counts the frames of the input from 0; lines that start with {@code #} are comments.
 *
 * <p>Between two rows the box moves linearly. Before the first and after the last row the person is not known to be in
 * the picture: there {@link #at} is empty and nothing is computed. To keep a box for longer, repeat it in a further row.
 */
public final class Boxes {
    private static final List<String> HEADER = List.of("frame", "x0", "y0", "x1", "y1");
    private static final double LIMIT = 1e6; // pixels: beyond it a coordinate is a slip of the pen

    private final NavigableMap<Integer, Box> rows;

    private Boxes(NavigableMap<Integer, Box> rows) {
        this.rows = rows;
    }

    /** @throws IllegalArgumentException if there is no row */
    public static Boxes of(Map<Integer, Box> rows) {
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("no boxes");
        }
        return new Boxes(new TreeMap<>(rows));
    }

    /** @throws InputException if the file cannot be read or a line is not as described above; it names file, line and column */
    public static Boxes read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (CharacterCodingException e) {
            throw InputException.of(file, "not a text file", "CSV in UTF-8 with the columns " + String.join(",", HEADER), e);
        } catch (IOException e) {
            throw InputException.of(file, "cannot be read: " + e.getClass().getSimpleName(), "a readable CSV file of boxes", e);
        }
        TreeMap<Integer, Box> rows = new TreeMap<>();
        boolean header = false;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (i == 0 && line.startsWith("\uFEFF")) {
                line = line.substring(1).strip();
            }
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            List<String> cells = Arrays.stream(line.split(",", -1)).map(String::strip).toList();
            String where = "line " + (i + 1);
            if (!header) {
                if (!cells.equals(HEADER)) {
                    throw InputException.of(file, where, "found '" + line + "'", "the header '" + String.join(",", HEADER) + "'");
                }
                header = true;
                continue;
            }
            if (cells.size() != HEADER.size()) {
                throw InputException.of(file, where, "found " + cells.size() + " columns", "5: " + String.join(",", HEADER));
            }
            int frame = frame(file, where, cells.getFirst());
            double[] v = new double[4];
            for (int c = 0; c < 4; c++) {
                v[c] = coordinate(file, where + ", column " + HEADER.get(c + 1), cells.get(c + 1));
            }
            if (v[2] <= v[0] || v[3] <= v[1]) {
                throw InputException.of(file, where, "the box " + line + " is empty", "x0 < x1 and y0 < y1");
            }
            if (rows.put(frame, new Box(v[0], v[1], v[2], v[3])) != null) {
                throw InputException.of(file, where + ", column frame", "frame " + frame + " has a box already", "one row a frame");
            }
        }
        if (rows.isEmpty()) {
            throw InputException.of(file, "no boxes", "the header " + String.join(",", HEADER) + " and at least one row");
        }
        return new Boxes(rows);
    }

    private static int frame(Path file, String where, String text) {
        try {
            int frame = Integer.parseInt(text);
            if (frame >= 0) {
                return frame;
            }
        } catch (NumberFormatException e) {
            // reported below, together with negative numbers
        }
        throw InputException.of(file, where + ", column frame", "found '" + text + "'", "a whole number from 0");
    }

    private static double coordinate(Path file, String where, String text) {
        try {
            double value = Double.parseDouble(text);
            if (Math.abs(value) <= LIMIT) {
                return value;
            }
        } catch (NumberFormatException e) {
            // reported below, together with numbers out of range
        }
        throw InputException.of(file, where, "found '" + text + "'", "pixels: a number between -1000000 and 1000000");
    }

    /** The box in frame {@code frame}, interpolated; empty before the first and after the last row. */
    public Optional<Box> at(int frame) {
        Map.Entry<Integer, Box> before = rows.floorEntry(frame);
        Map.Entry<Integer, Box> after = rows.ceilingEntry(frame);
        if (before == null || after == null) {
            return Optional.empty();
        }
        int span = after.getKey() - before.getKey();
        return Optional.of(span == 0 ? before.getValue()
                : before.getValue().lerp(after.getValue(), (double) (frame - before.getKey()) / span));
    }

    /** The first frame with a box. */
    public int first() {
        return rows.firstKey();
    }

    /** The last frame with a box. */
    public int last() {
        return rows.lastKey();
    }
}

package io.github.remocap.data;

import io.github.remocap.data.Annotation.Place;
import io.github.remocap.image.Frame;
import io.github.remocap.image.FrameSource;
import io.github.remocap.image.InputException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A data set in the TSV files of METRO, FastMETRO and PointHMR: pictures as base64 in the last column of {@code img}, labels as JSON in
 * the second of {@code label}, rows to use in {@code linelist}. A composite data set names several files of each kind; its linelist has
 * the file's number and the row. Files are mapped, nothing but the rows' places is in memory.
 */
public final class TsvImages implements AnnotatedImages {
    /** The files of one source. */
    private record Source(TsvFile img, TsvFile label) {
    }

    private final TsvLayout layout;
    private final List<Source> sources = new ArrayList<>();
    private int[] sourceOf = new int[0];
    private int[] rowOf = new int[0];
    private boolean placed; // whether labels say sequence and track

    private TsvImages(TsvLayout layout) {
        this.layout = layout;
    }

    /**
     * Opens a data set.
     *
     * @param file its YAML file, or its {@code .img.tsv} with {@code .label.tsv} (and {@code .linelist.tsv}) beside it
     * @throws IOException naming file and key where something is wrong
     */
    public static TsvImages open(Path file) throws IOException {
        TsvImages images = new TsvImages(TsvLayout.read(file));
        try {
            images.open();
            return images;
        } catch (IOException | RuntimeException e) {
            images.close();
            throw e;
        }
    }

    private void open() throws IOException {
        for (int i = 0; i < layout.img().size(); i++) {
            TsvFile img = TsvFile.open(layout.img().get(i));
            try {
                TsvFile label = TsvFile.open(layout.label().get(i));
                sources.add(new Source(img, label));
            } catch (IOException | RuntimeException e) {
                img.close();
                throw e;
            }
        }
        Path linelist = layout.linelist();
        if (linelist != null) {
            readLines(linelist);
        } else {
            rowOf = new int[sources.getFirst().label.rows()];
            sourceOf = new int[rowOf.length];
            Arrays.setAll(rowOf, i -> i);
        }
        for (int i = 0; i < rowOf.length; i++) {
            Source s = sources.get(sourceOf[i]);
            if (rowOf[i] >= s.label.rows() || rowOf[i] >= s.img.rows()) {
                throw new IOException((linelist == null ? s.label.path() : linelist) + ": row " + i + " names row " + rowOf[i] + "; " + s.img.path()
                    + " has " + s.img.rows() + " rows, " + s.label.path() + " " + s.label.rows());
            }
        }
        if (rowOf.length == 0) {
            throw new IOException(layout.file() + ": the data set has no rows");
        }
        byte[] first = source(0).label.second(rowOf[0]);
        placed = first != null && new String(first, StandardCharsets.UTF_8).startsWith("[{\"sequence\"");
    }

    private void readLines(Path linelist) throws IOException {
        int columns = layout.composite() ? 2 : 1;
        try (TsvFile lines = TsvFile.unindexed(linelist)) {
            sourceOf = new int[lines.rows()];
            rowOf = new int[lines.rows()];
            for (int i = 0; i < lines.rows(); i++) {
                String[] cells = lines.line(i).strip().split("\t", -1);
                try {
                    sourceOf[i] = columns == 2 ? Integer.parseInt(cells[0].strip()) : 0;
                    rowOf[i] = Integer.parseInt(cells[columns - 1].strip());
                } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                    rowOf[i] = -1;
                }
                if (cells.length != columns || rowOf[i] < 0 || sourceOf[i] < 0 || sourceOf[i] >= sources.size()) {
                    throw new IOException(linelist + ": row " + i + " is '" + lines.line(i).strip() + "'; expected "
                        + (columns == 2 ? "the number of one of " + sources.size() + " files, a tab and a row" : "a row number"));
                }
            }
        }
    }

    private Source source(int i) {
        return sources.get(sourceOf[i]);
    }

    @Override
    public String name() {
        return layout.name();
    }

    @Override
    public int size() {
        return rowOf.length;
    }

    @Override
    public double framesPerSecond() {
        return layout.framesPerSecond();
    }

    @Override
    public String describe(int i) {
        return describe(source(i).label, i);
    }

    private String describe(TsvFile file, int i) {
        return file.path() + ", row " + rowOf[i] + ", key " + source(i).label.key(rowOf[i]);
    }

    @Override
    public Place place(int i) {
        Source s = source(i);
        Place place = Labels.place(s.label.key(rowOf[i]), placed ? s.label.second(rowOf[i]) : null, rowOf[i]);
        return sources.size() == 1 ? place // sequences of different files have nothing to do with each other
            : new Place(place.image(), sourceOf[i] + ":" + place.sequence(), place.track(), place.frame());
    }

    @Override
    public Annotation annotation(int i) throws IOException {
        TsvFile labels = source(i).label;
        byte[] label = labels.second(rowOf[i]);
        if (label == null) {
            throw new DamagedRowException(describe(i), "has no second column; expected a label in JSON");
        }
        try {
            return Labels.parse(label, place(i));
        } catch (IllegalArgumentException e) {
            throw new DamagedRowException(describe(i), String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public byte @Nullable [] encoded(int i) throws IOException {
        Source s = source(i);
        String key = s.img.key(rowOf[i]);
        String where = describe(s.img, i);
        if (!key.equals(s.label.key(rowOf[i]))) {
            throw new DamagedRowException(where, "the picture's key is " + key + ": pictures and labels are not of the same rows");
        }
        byte[] column = s.img.last(rowOf[i]);
        if (column == null || column.length == 0) {
            throw new DamagedRowException(where, "has no picture; expected base64 in the last column");
        }
        try {
            return Base64.getDecoder().decode(column);
        } catch (IllegalArgumentException e) {
            throw new DamagedRowException(where, "the picture is no base64 (" + e.getMessage() + ")", e);
        }
    }

    @Override
    public BufferedImage image(int i) throws IOException {
        byte[] bytes = encoded(i);
        if (bytes == null) {
            throw new IllegalStateException("pictures of TSV files are always encoded");
        }
        TsvFile img = source(i).img;
        try {
            Frame frame = FrameSource.decode(img.path(), bytes);
            return frame.toImage();
        } catch (InputException e) {
            throw new DamagedRowException(describe(img, i), "the picture is damaged: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        for (Source s : sources) {
            s.img.close();
            s.label.close();
        }
    }
}

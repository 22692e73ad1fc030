package io.github.remocap.data;

import java.awt.image.BufferedImage;
import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A data set: rows of a picture and one person in it. Several threads may read at once. Rows of a track follow each other in time, but
 * tracks may be interleaved.
 */
public interface AnnotatedImages extends Closeable {
    /** Name for messages and reports. */
    String name();

    /** Number of rows. */
    int size();

    /**
     * What is known of row {@code i}.
     *
     * @throws DamagedRowException if the row cannot be used
     * @throws IOException if it cannot be read
     */
    Annotation annotation(int i) throws IOException;

    /**
     * The picture of row {@code i}.
     *
     * @throws DamagedRowException if the row cannot be used
     * @throws IOException if it cannot be read
     */
    BufferedImage image(int i) throws IOException;

    /** The picture of row {@code i} as a file's bytes (JPEG, PNG), where it is stored as one; null where it is not. */
    default byte @Nullable [] encoded(int i) throws IOException {
        return null;
    }

    /** Where row {@code i} belongs. Implementations override this where it is cheaper than the whole annotation. */
    default Annotation.Place place(int i) throws IOException {
        return annotation(i).place();
    }

    /** Frames of a track in a second, counting only those that the data set has; NaN where unknown. */
    default double framesPerSecond() {
        return Double.NaN;
    }

    /** Where row {@code i} is from, for messages: file, row, key. */
    default String describe(int i) {
        return name() + ", row " + i;
    }
}

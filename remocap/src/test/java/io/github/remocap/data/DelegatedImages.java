package io.github.remocap.data;

import java.awt.image.BufferedImage;
import java.io.IOException;

/** Another data set's rows, of which tests change some. */
public class DelegatedImages implements AnnotatedImages {
    private final AnnotatedImages images;

    /** Of a data set. */
    public DelegatedImages(AnnotatedImages images) {
        this.images = images;
    }

    @Override
    public String name() {
        return images.name();
    }

    @Override
    public int size() {
        return images.size();
    }

    @Override
    public Annotation annotation(int i) throws IOException {
        return images.annotation(i);
    }

    @Override
    public BufferedImage image(int i) throws IOException {
        return images.image(i);
    }

    @Override
    public double framesPerSecond() {
        return images.framesPerSecond();
    }

    @Override
    public void close() throws IOException {
        images.close();
    }
}

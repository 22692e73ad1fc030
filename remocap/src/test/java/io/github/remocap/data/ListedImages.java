package io.github.remocap.data;

import java.awt.image.BufferedImage;
import java.util.List;

/** Annotated pictures in memory. */
public record ListedImages(List<Annotation> annotations, List<BufferedImage> images) implements AnnotatedImages {
    @Override
    public String name() {
        return "memory";
    }

    @Override
    public int size() {
        return annotations.size();
    }

    @Override
    public Annotation annotation(int i) {
        return annotations.get(i);
    }

    @Override
    public BufferedImage image(int i) {
        return images.get(i);
    }

    @Override
    public double framesPerSecond() {
        return 25;
    }

    @Override
    public void close() {
        // memory needs no closing
    }
}

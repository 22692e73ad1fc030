package io.github.remocap.data;

import io.github.remocap.image.Frame;
import io.github.remocap.image.FrameSource;
import io.github.remocap.image.InputCrop;
import java.io.IOException;

/**
 * A row as the network takes it, augmented.
 *
 * @param annotation as the data set has it
 * @param width of the picture in pixels
 * @param height of the picture
 * @param crop which part of the picture was cut out
 * @param joints2d {@code [24,3]}: x, y in [-1, 1] of the crop, confidence (0 where unknown)
 * @param joints3d {@code [24,4]}: metres from the pelvis, confidence
 * @param pose {@code [72]}
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record NetworkInput(Annotation annotation, int width, int height, InputCrop crop, float[] joints2d, float[] joints3d, float[] pose) {
    /**
     * Reads a row, and its picture into an array.
     *
     * @param size side of the crop in pixels
     * @param pixels receives {@code [size,size,3]}, ImageNet-normalised
     * @param offset where in {@code pixels} it goes
     * @throws DamagedRowException if the row cannot be used
     */
    public static NetworkInput read(AnnotatedImages images, int row, Augmentation augmentation, int size, float[] pixels, int offset)
        throws IOException {
        Annotation a = images.annotation(row);
        InputCrop crop;
        try {
            crop = InputCrop.of(a.center()[0], a.center()[1], augmentation.scale() * a.scale(), augmentation.rotation(), augmentation.flip(),
                augmentation.noise(), size);
        } catch (IllegalArgumentException e) {
            throw new DamagedRowException(images.describe(row), "scale " + a.scale() + " cannot be used: " + e.getMessage(), e);
        }
        Frame frame = FrameSource.frame(images.image(row));
        crop.sample(frame, pixels, offset);
        float[] joints2d = a.has2d() ? crop.joints(a.joints2d(), Augmentation.mirroredJoints()) : new float[Annotation.JOINTS * 3];
        float[] joints3d = a.has3d() ? augmentation.joints3d(a.joints3d()) : new float[Annotation.JOINTS * 4];
        return new NetworkInput(a, frame.width(), frame.height(), crop, joints2d, joints3d, a.hasSmpl() ? augmentation.pose(a.pose()) : a.pose());
    }
}

package io.github.remocap.data;

import java.util.Objects;

/**
 * What is known of one person in one picture. Arrays are not copied. Where a {@code has} is false the arrays that it speaks of are zeros.
 *
 * @param image key of the picture within its data set, {@code sequence/file}; persons in the same picture may share it
 * @param sequence the sequence (video) that the picture is from
 * @param track number of the person within the sequence, from 0; {@link #UNKNOWN} where the data do not say
 * @param frame number of the frame within the sequence; frames of a track that are neighbours in time differ by the same step
 * @param center middle of the person's box: x, y in pixels of the picture
 * @param scale side of the square that is cut out, over 200 pixels; the reference takes 1.2 times the longer side of the box
 * @param joints2d {@code [24,3]}: x, y in pixels of the picture, confidence
 * @param joints3d {@code [24,4]}: x, y, z in metres in the camera's axes (x right, y down, z away), confidence; any origin
 * @param pose {@code [72]}: axis-angle of the 24 joints, the root's in the camera's axes
 * @param betas {@code [10]}: shape coefficients
 * @param has2d whether {@code joints2d} is known
 * @param has3d whether {@code joints3d} is known
 * @param hasSmpl whether {@code pose} and {@code betas} are known
 * @param gender of the body that pose and betas belong to: {@code neutral}, {@code male}, {@code female}; {@code none} where unknown
 */
@SuppressWarnings("ArrayRecordComponent") // an annotation is compared by nobody
public record Annotation(String image, String sequence, int track, int frame, float[] center, float scale, float[] joints2d, float[] joints3d,
    float[] pose, float[] betas, boolean has2d, boolean has3d, boolean hasSmpl, String gender) {
    /** Number of joints in an annotation, in METRO's order, see {@link io.github.remocap.body.Joints#J24_TO_14}. */
    public static final int JOINTS = 24;
    /** Length of {@code pose}. */
    public static final int POSE = 72;
    /** Length of {@code betas}. */
    public static final int BETAS = 10;
    /** Track of a person whom the data do not number. */
    public static final int UNKNOWN = -1;

    /** @throws IllegalArgumentException naming the field that has a wrong length or a number that is not finite */
    public Annotation {
        Objects.requireNonNull(image);
        Objects.requireNonNull(sequence);
        Objects.requireNonNull(gender);
        check("center", center, 2);
        check("2d_joints", joints2d, JOINTS * 3);
        check("3d_joints", joints3d, JOINTS * 4);
        check("pose", pose, POSE);
        check("betas", betas, BETAS);
        if (!(scale > 0) || !Float.isFinite(scale)) {
            throw new IllegalArgumentException("scale must be a finite number above 0, not " + scale);
        }
    }

    private static void check(String field, float[] values, int length) {
        if (values.length != length) {
            throw new IllegalArgumentException(field + " must have " + length + " numbers, not " + values.length);
        }
        for (int i = 0; i < length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IllegalArgumentException(field + " has " + values[i] + " at place " + i + "; expected finite numbers");
            }
        }
    }

    /** Where a picture belongs. */
    public Place place() {
        return new Place(image, sequence, track, frame);
    }

    /**
     * Where a picture belongs, which is known without reading its whole annotation.
     *
     * @param image as {@link Annotation#image}
     * @param sequence as {@link Annotation#sequence}
     * @param track as {@link Annotation#track}
     * @param frame as {@link Annotation#frame}
     */
    public record Place(String image, String sequence, int track, int frame) {
    }
}

package io.github.remocap.body;

import java.util.List;

/**
 * Joint sets. The 14 that losses and metrics use are, in order: right ankle, knee, hip, left hip, knee, ankle, right wrist, elbow,
 * shoulder, left shoulder, elbow, wrist, neck, head top.
 */
public final class Joints {
    /** Number of joints that losses and metrics use. */
    public static final int COUNT = 14;
    /** Names of the 14. */
    public static final List<String> NAMES = List.of("right ankle", "right knee", "right hip", "left hip", "left knee", "left ankle", "right wrist",
        "right elbow", "right shoulder", "left shoulder", "left elbow", "left wrist", "neck", "head top");
    /** Among the 14: the two hips, whose middle centres a body. */
    public static final int RIGHT_HIP = 2;
    /** The other hip. */
    public static final int LEFT_HIP = 3;
    /** Among Human3.6M's 17 joints. */
    public static final int H36M_PELVIS = 0;
    /** The 14 among Human3.6M's 17. */
    public static final List<Integer> H36M_TO_14 = List.of(3, 2, 1, 4, 5, 6, 16, 15, 14, 11, 12, 13, 8, 10);
    /** Among the 24 joints of the training data. */
    public static final int J24_PELVIS = 14;
    /** The 14 among the 24 joints of the training data. */
    public static final List<Integer> J24_TO_14 = List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 18);

    private Joints() {
    }

    /** The 14 rows of an array of J24 joints of {@code width} numbers each, for all frames in it. */
    public static float[] from24(float[] joints, int width) {
        int frames = joints.length / (24 * width);
        if (joints.length != frames * 24 * width) {
            throw new IllegalArgumentException(joints.length + " numbers are no frames of 24 joints of " + width);
        }
        float[] out = new float[frames * COUNT * width];
        for (int f = 0; f < frames; f++) {
            for (int j = 0; j < COUNT; j++) {
                System.arraycopy(joints, (f * 24 + J24_TO_14.get(j)) * width, out, (f * COUNT + j) * width, width);
            }
        }
        return out;
    }
}

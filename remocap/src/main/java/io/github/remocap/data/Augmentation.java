package io.github.remocap.data;

import io.github.remocap.body.AxisAngle;
import io.github.remocap.body.Joints;
import io.github.remocap.tensor.CounterRandom;

/**
 * What training changes in a clip, the same in all of its frames: ranges and formulas of the reference ({@code augm_params},
 * {@code j3d_processing} and {@code pose_processing} of RemoCap's {@code human_mesh_tsv_more_data.py}). Pictures are changed by
 * {@link io.github.remocap.image.InputCrop}.
 *
 * @param flip mirrors left and right
 * @param reversed the clip's frames run backwards
 * @param noise factors of R, G and B
 * @param rotation degrees in the picture's plane
 * @param scale factor on the square that is cut out
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Augmentation(boolean flip, boolean reversed, float[] noise, double rotation, double scale) {
    /** Nothing is changed, as in evaluation. */
    public static final Augmentation NONE = new Augmentation(false, false, new float[] {1, 1, 1}, 0, 1);

    /** Which of the 24 joints takes a joint's place in the mirror. */
    private static final int[] MIRRORED_JOINTS = {5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 12, 13, 14, 15, 16, 17, 18, 19, 21, 20, 23, 22};
    /** The same for SMPL's 24 joints. */
    private static final int[] MIRRORED_POSE = {0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22};

    private static final double NOISE = 0.4;
    private static final double ROTATION = 30; // degrees: standard deviation, bounded at twice as much
    private static final double SCALE = 0.25; // standard deviation and bound
    private static final double UPRIGHT = 0.6; // share of clips that are not rotated

    /** Which of the 24 joints takes a joint's place in the mirror. */
    static int[] mirroredJoints() {
        return MIRRORED_JOINTS.clone();
    }

    /**
     * Drawn at random from the numbers alone, so that it depends neither on threads nor on what was drawn before.
     *
     * @param seed of the run
     * @param epoch pass over the data
     * @param clip number of the clip in the data set
     */
    public static Augmentation draw(long seed, long epoch, long clip) {
        long key = CounterRandom.stream(CounterRandom.mix(seed ^ CounterRandom.key("augmentation")), epoch);
        long stream = CounterRandom.stream(key, clip);
        float[] noise = new float[3];
        for (int c = 0; c < 3; c++) {
            noise[c] = (float) (1 - NOISE + 2 * NOISE * CounterRandom.uniform(stream, 2 + c));
        }
        double rotation = Math.clamp(normal(stream, 5) * ROTATION, -2 * ROTATION, 2 * ROTATION);
        double scale = Math.clamp(normal(stream, 7) * SCALE + 1, 1 - SCALE, 1 + SCALE);
        boolean upright = CounterRandom.uniform(stream, 9) <= UPRIGHT;
        return new Augmentation(CounterRandom.uniform(stream, 0) <= 0.5, CounterRandom.uniform(stream, 1) <= 0.5, noise, upright ? 0 : rotation, scale);
    }

    /** Standard normal (Box and Muller 1958), from two numbers of a stream. */
    private static double normal(long stream, long index) {
        double u = 1 - CounterRandom.uniform(stream, index); // in (0, 1]
        return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * CounterRandom.uniform(stream, index + 1));
    }

    /**
     * Joints from the pelvis, rotated and mirrored.
     *
     * @param joints {@code [24,4]}: x, y, z in metres, confidence
     * @return {@code [24,4]}
     */
    public float[] joints3d(float[] joints) {
        double radians = -rotation * Math.PI / 180;
        double sin = Math.sin(radians);
        double cos = Math.cos(radians);
        int pelvis = 4 * Joints.J24_PELVIS;
        float[] out = new float[joints.length];
        for (int j = 0; j < Annotation.JOINTS; j++) {
            int from = 4 * (flip ? MIRRORED_JOINTS[j] : j);
            double x = joints[from] - joints[pelvis];
            double y = joints[from + 1] - joints[pelvis + 1];
            double turned = cos * x - sin * y;
            out[4 * j] = (float) (flip ? -turned : turned);
            out[4 * j + 1] = (float) (sin * x + cos * y);
            out[4 * j + 2] = joints[from + 2] - joints[pelvis + 2];
            out[4 * j + 3] = joints[from + 3];
        }
        return out;
    }

    /**
     * The pose rotated and mirrored.
     *
     * @param pose {@code [72]} axis-angle
     * @return {@code [72]}
     */
    public float[] pose(float[] pose) {
        float[] turned = pose.clone();
        if (rotation != 0) {
            double[] root = AxisAngle.toMatrix(pose[0], pose[1], pose[2]);
            double[] about = AxisAngle.toMatrix(0, 0, -rotation * Math.PI / 180);
            double[] both = AxisAngle.fromMatrix(AxisAngle.product(about, root));
            for (int d = 0; d < 3; d++) {
                turned[d] = (float) both[d];
            }
        }
        if (!flip) {
            return turned;
        }
        float[] out = new float[pose.length];
        for (int j = 0; j < MIRRORED_POSE.length; j++) {
            int from = 3 * MIRRORED_POSE[j];
            out[3 * j] = turned[from];
            out[3 * j + 1] = -turned[from + 1];
            out[3 * j + 2] = -turned[from + 2];
        }
        return out;
    }
}

package io.github.remocap.evaluate;

import io.github.remocap.body.Joints;
import io.github.remocap.data.Annotation;

/**
 * How wrong a frame is. Errors are millimetres, NaN where the truth is not known.
 *
 * @param row of the data set
 * @param annotation of that row
 * @param track person within the sequence
 * @param mpvpe mean error of the vertices
 * @param mpjpe mean error of the 14 joints
 * @param paMpjpe the same after Procrustes alignment
 * @param joints {@code [14]}: error of each joint
 * @param alignedJoints {@code [14]}: the same after Procrustes alignment
 * @param visible share of the 14 joints that have a confidence above 0 and lie in the picture, in [0, 1]; NaN where unknown
 * @param predicted {@code [14,3]}: joints in metres from the middle of the hips
 * @param truth {@code [14,3]}: likewise; empty where not known
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record FrameError(int row, Annotation annotation, int track, double mpvpe, double mpjpe, double paMpjpe, double[] joints, double[] alignedJoints,
    double visible, double[] predicted, double[] truth) {
    /** Sequence and person. */
    String trackName() {
        return annotation.sequence() + "#" + track;
    }

    /** What frames are sorted by: MPJPE, or MPVPE where joints are not known. */
    double worst() {
        return Double.isNaN(mpjpe) ? mpvpe : mpjpe;
    }

    /** Share of the joints that are seen, see {@link #visible()}. */
    static double visible(Annotation a, int width, int height) {
        if (!a.has2d()) {
            return Double.NaN;
        }
        int seen = 0;
        for (int j : Joints.J24_TO_14) {
            float x = a.joints2d()[3 * j];
            float y = a.joints2d()[3 * j + 1];
            seen += a.joints2d()[3 * j + 2] > 0 && x >= 0 && y >= 0 && x < width && y < height ? 1 : 0;
        }
        return seen / (double) Joints.COUNT;
    }
}

package io.github.remocap.synthetic;

import io.github.remocap.image.Frame;

/**
 * A frame with its truth, which is that of one person.
 *
 * @param picture the frame
 * @param pose {@code [72]}, the root's rotation in the camera's axes
 * @param betas {@code [10]}
 * @param vertices {@code [V,3]}, metres before the camera
 * @param joints3d {@code [24,3]}, metres before the camera, of the training data's joints
 * @param joints2d {@code [24,2]}, pixels
 * @param seen {@code [24]}, which joints are in the frame with nothing before them but the body itself
 * @param box least x and y, greatest x and y of the body, in pixels; parts may be outside the frame
 * @param visible share of the body's picture that nothing hides and the frame does not cut off, 0 to 1
 */
@SuppressWarnings("ArrayRecordComponent")
record Shot(Frame picture, float[] pose, float[] betas, float[] vertices, float[] joints3d, float[] joints2d, boolean[] seen, double[] box, double visible) {
}

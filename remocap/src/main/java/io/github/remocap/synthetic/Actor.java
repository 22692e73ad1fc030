package io.github.remocap.synthetic;

import io.github.remocap.body.Posing;
import io.github.remocap.figure.Figure;
import io.github.remocap.render.Thing;
import org.apache.commons.math3.geometry.euclidean.threed.Rotation;
import org.apache.commons.math3.geometry.euclidean.threed.RotationConvention;
import org.apache.commons.math3.geometry.euclidean.threed.Vector3D;

/**
 * A person in a scene: a body, clothes, a motion and where on the floor its middle is.
 *
 * @param betas shape, {@code [10]}
 * @param paint clothes
 * @param motion how it moves
 * @param x place on the floor of the motion's origin, metres
 * @param z likewise
 */
@SuppressWarnings("ArrayRecordComponent")
record Actor(float[] betas, Thing.Paint paint, Motion motion, double x, double z) {
    private static final Posing POSING = new Posing(Figure.get().body());

    /**
     * Someone, somewhere.
     *
     * @param variety of clothes, 0 to 1
     */
    static Actor of(Dice dice, Motion motion, double x, double z, double variety) {
        float[] betas = new float[Figure.get().body().shapes()];
        for (int i = 0; i < betas.length; i++) {
            betas[i] = (float) dice.normal(0.8);
        }
        return new Actor(betas, new Wardrobe(dice, variety), motion, x, z);
    }

    /** The same person at a moment as a camera sees it: pose with the root in the camera's axes. */
    float[] pose(Motion.Moment moment, Viewpoint camera) {
        return moment.pose().axisAngles(camera.turned(new Rotation(Vector3D.PLUS_J, moment.heading(), RotationConvention.VECTOR_OPERATOR)));
    }

    /**
     * The body before the camera, its feet on the floor.
     *
     * @param pose {@link #pose} at that moment
     * @return {@code [V,3]}, metres
     */
    float[] vertices(float[] pose, Motion.Moment moment, Viewpoint camera) {
        double[] skinned = POSING.vertices(pose, betas);
        double[] pelvis = POSING.root(betas);
        double[] down = camera.downwards();
        double lowest = Double.NEGATIVE_INFINITY;
        for (int v = 0; v < skinned.length; v += 3) {
            double depth = 0;
            for (int d = 0; d < 3; d++) {
                depth += down[d] * (skinned[v + d] - pelvis[d]);
            }
            lowest = Math.max(lowest, depth);
        }
        double[] at = camera.see(x + moment.x(), lowest, z + moment.z());
        float[] out = new float[skinned.length];
        for (int v = 0; v < out.length; v++) {
            out[v] = (float) (skinned[v] + at[v % 3] - pelvis[v % 3]);
        }
        return out;
    }
}

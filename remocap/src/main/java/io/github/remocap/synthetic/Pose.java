package io.github.remocap.synthetic;

import org.apache.commons.math3.geometry.euclidean.threed.Rotation;
import org.apache.commons.math3.geometry.euclidean.threed.RotationConvention;
import org.apache.commons.math3.geometry.euclidean.threed.Vector3D;

/**
 * Angles of the 24 joints, in radians. A joint is turned about its own x (to the body's left), then y (up), then z (to the front) axis,
 * which are those of the rest pose: for an arm, x twists it, y brings it forward (negative on the left), z raises it (positive on the left).
 * Angles are set as on the left; those of right joints are mirrored. They are kept within the joints' limits.
 */
final class Pose {
    /** Sides of the body, added to a left joint's number. */
    static final int LEFT = 0;
    static final int RIGHT = 1;

    static final int HIP = 1;
    static final int SPINE1 = 3;
    static final int KNEE = 4;
    static final int SPINE2 = 6;
    static final int ANKLE = 7;
    static final int SPINE3 = 9;
    static final int TOES = 10;
    static final int NECK = 12;
    static final int COLLAR = 13;
    static final int HEAD = 15;
    static final int SHOULDER = 16;
    static final int ELBOW = 18;
    static final int WRIST = 20;
    static final int JOINTS = 24;

    private static final double[] TRUNK = {-0.25, 0.45, -0.3, 0.3, -0.25, 0.25};
    private static final double[] NONE = {0, 0, 0, 0, 0, 0};
    /** Least and greatest angle about x, y, z of left joints and those of the middle. */
    private static final double[][] LIMITS = new double[JOINTS][];

    static {
        LIMITS[0] = NONE; // where the body faces is no matter of joints
        side(HIP, -2.1, 0.6, -0.6, 0.6, -0.35, 0.9);
        side(KNEE, 0, 2.4, 0, 0, 0, 0);
        side(ANKLE, -0.6, 0.7, -0.3, 0.3, -0.2, 0.2);
        side(TOES, -0.5, 0.3, 0, 0, 0, 0);
        for (int joint : new int[] {SPINE1, SPINE2, SPINE3}) {
            LIMITS[joint] = TRUNK;
        }
        LIMITS[NECK] = new double[] {-0.4, 0.4, -0.6, 0.6, -0.3, 0.3};
        LIMITS[HEAD] = new double[] {-0.35, 0.35, -0.5, 0.5, -0.25, 0.25};
        side(COLLAR, -0.1, 0.1, -0.25, 0.2, -0.2, 0.4);
        side(SHOULDER, -1.7, 0.9, -1.6, 0.7, -1.45, 1.35);
        side(ELBOW, 0, 0, -2.5, 0, 0, 0);
        side(WRIST, -0.6, 0.6, -0.3, 0.3, -0.8, 0.8);
        side(WRIST + 2, 0, 0, 0, 0, 0, 0);
    }

    private static void side(int joint, double... limits) {
        LIMITS[joint] = limits;
        LIMITS[joint + 1] = new double[] {limits[0], limits[1], -limits[3], -limits[2], -limits[5], -limits[4]};
    }

    private final double[][] angles = new double[JOINTS][3];

    /** Least and greatest angle of a joint about an axis. */
    static double[] limits(int joint, int axis) {
        return new double[] {LIMITS[joint][2 * axis], LIMITS[joint][2 * axis + 1]};
    }

    /** Adds angles to a joint of the middle. */
    Pose bend(int joint, double x, double y, double z) {
        angles[joint][0] += x;
        angles[joint][1] += y;
        angles[joint][2] += z;
        return this;
    }

    /** Adds angles to a joint, given as on the left, on one side. */
    Pose bend(int joint, int side, double x, double y, double z) {
        return side == LEFT ? bend(joint, x, y, z) : bend(joint + 1, x, -y, -z);
    }

    /** Adds to the three joints of the spine, a third each. */
    Pose spine(double x, double y, double z) {
        return bend(SPINE1, x / 3, y / 3, z / 3).bend(SPINE2, x / 3, y / 3, z / 3).bend(SPINE3, x / 3, y / 3, z / 3);
    }

    /**
     * Puts an arm.
     *
     * @param raise from horizontal; about -1.3 hangs down
     * @param forward from the side
     * @param twist about the arm; positive turns the palm up, so that the elbow bends upwards
     * @param elbow its bend
     */
    Pose arm(int side, double raise, double forward, double twist, double elbow) {
        double collar = Math.clamp(0.25 * raise, -0.15, 0.35);
        return bend(COLLAR, side, 0, -0.1 * forward, collar).bend(SHOULDER, side, -twist, -0.9 * forward, raise - collar)
            .bend(ELBOW, side, 0, -elbow, 0);
    }

    /** Puts a leg: hip forward and outward, knee, and the ankle so that the foot stays level where it can. */
    Pose leg(int side, double forward, double outward, double knee) {
        return bend(HIP, side, -forward, 0, outward).bend(KNEE, side, knee, 0, 0).bend(ANKLE, side, forward - knee, 0, -outward);
    }

    /** An angle within its limits. */
    double angle(int joint, int axis) {
        return Math.clamp(angles[joint][axis], LIMITS[joint][2 * axis], LIMITS[joint][2 * axis + 1]);
    }

    private Rotation rotation(int joint) {
        Rotation x = new Rotation(Vector3D.PLUS_I, angle(joint, 0), RotationConvention.VECTOR_OPERATOR);
        Rotation y = new Rotation(Vector3D.PLUS_J, angle(joint, 1), RotationConvention.VECTOR_OPERATOR);
        Rotation z = new Rotation(Vector3D.PLUS_K, angle(joint, 2), RotationConvention.VECTOR_OPERATOR);
        return z.compose(y, RotationConvention.VECTOR_OPERATOR).compose(x, RotationConvention.VECTOR_OPERATOR);
    }

    /** Axis times angle of all joints, {@code [72]}, the root turned as given. */
    float[] axisAngles(Rotation root) {
        float[] out = new float[3 * JOINTS];
        for (int j = 0; j < JOINTS; j++) {
            Rotation r = j == 0 ? root : rotation(j);
            Vector3D axis = r.getAxis(RotationConvention.VECTOR_OPERATOR).scalarMultiply(r.getAngle());
            out[3 * j] = (float) axis.getX();
            out[3 * j + 1] = (float) axis.getY();
            out[3 * j + 2] = (float) axis.getZ();
        }
        return out;
    }
}

package io.github.remocap.synthetic;

import org.apache.commons.math3.geometry.euclidean.threed.Rotation;
import org.apache.commons.math3.geometry.euclidean.threed.RotationConvention;
import org.apache.commons.math3.geometry.euclidean.threed.Vector3D;

/**
 * Where the camera is and how it is turned. The world has y up; the camera's axes are x right, y down, z away. A camera that is not turned
 * looks along the world's -z.
 */
final class Viewpoint {
    private static final Rotation UPSIDE_DOWN = new Rotation(Vector3D.PLUS_I, Math.PI, RotationConvention.VECTOR_OPERATOR);

    private final Vector3D place;
    private final Rotation turn; // from the world's axes to the camera's
    private final double right;
    private final double down;

    /**
     * A viewpoint.
     *
     * @param right angle by which the camera is turned to the right
     * @param down angle by which it is turned down, after that
     */
    Viewpoint(double x, double y, double z, double right, double down) {
        place = new Vector3D(x, y, z);
        this.right = right;
        this.down = down;
        // To turn the camera is to turn what it sees the other way; y points down.
        Rotation pan = new Rotation(Vector3D.PLUS_J, -right, RotationConvention.VECTOR_OPERATOR);
        Rotation tilt = new Rotation(Vector3D.PLUS_I, down, RotationConvention.VECTOR_OPERATOR);
        turn = tilt.compose(pan, RotationConvention.VECTOR_OPERATOR).compose(UPSIDE_DOWN, RotationConvention.VECTOR_OPERATOR);
    }

    double right() {
        return right;
    }

    double down() {
        return down;
    }

    /** A point of the world in the camera's axes, metres. */
    double[] see(double x, double y, double z) {
        return turn.applyTo(new Vector3D(x, y, z).subtract(place)).toArray();
    }

    /** The world's direction downwards in the camera's axes. */
    double[] downwards() {
        return turn.applyTo(Vector3D.MINUS_J).toArray();
    }

    /** A body's turn in the camera's axes. */
    Rotation turned(Rotation inWorld) {
        return turn.compose(inWorld, RotationConvention.VECTOR_OPERATOR);
    }
}

package io.github.remocap.synthetic;

/** A person in motion, in a world with y up and the floor at 0. */
interface Motion {
    /**
     * A moment.
     *
     * @param pose of all joints but the root
     * @param heading turn of the body about the vertical; 0 faces along z, positive turns to the body's left
     * @param x place on the floor, metres
     * @param z likewise
     */
    record Moment(Pose pose, double heading, double x, double z) {
    }

    /** The moment at a time in seconds. */
    Moment at(double time);
}

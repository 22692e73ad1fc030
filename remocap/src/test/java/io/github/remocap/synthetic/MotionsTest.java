package io.github.remocap.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.Set;
import org.apache.commons.math3.geometry.euclidean.threed.Rotation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MotionsTest {
    private static final double DURATION = 4;

    private static float[] pose(Motion motion, double time) {
        return motion.at(time).pose().axisAngles(Rotation.IDENTITY);
    }

    @ParameterizedTest
    @EnumSource(Motions.class)
    void jointsStayWithinTheirLimitsAndMoveSmoothly(Motions kind) {
        for (int seed = 0; seed < 12; seed++) {
            Motion motion = kind.motion(new Dice(seed, "motion"), DURATION, 0.3, 1);
            double[][] before = null;
            double moved = 0;
            for (double t = 0; t < DURATION; t += 1 / 60.0) {
                Motion.Moment moment = motion.at(t);
                double[][] now = new double[Pose.JOINTS][3];
                for (int j = 0; j < Pose.JOINTS; j++) {
                    for (int axis = 0; axis < 3; axis++) {
                        double[] limits = Pose.limits(j, axis);
                        now[j][axis] = moment.pose().angle(j, axis);
                        assertTrue(now[j][axis] >= limits[0] && now[j][axis] <= limits[1], kind + ", joint " + j + ", axis " + axis);
                        if (before != null) {
                            double step = Math.abs(now[j][axis] - before[j][axis]);
                            moved += step;
                            assertTrue(step < 0.35, kind + ", joint " + j + " jumps by " + step);
                        }
                    }
                }
                assertTrue(Math.abs(moment.x()) < 5 && Math.abs(moment.z()) < 5 && Double.isFinite(moment.heading()));
                before = now;
            }
            assertTrue(moved > 2, kind + " hardly moves: " + moved);
        }
    }

    @ParameterizedTest
    @EnumSource(Motions.class)
    void aSeedGivesOneMotion(Motions kind) {
        float[] once = pose(kind.motion(new Dice(3, "m"), DURATION, 0, 1), 1.7);
        assertArrayEquals(once, pose(kind.motion(new Dice(3, "m"), DURATION, 0, 1), 1.7));
        assertFalse(java.util.Arrays.equals(once, pose(kind.motion(new Dice(4, "m"), DURATION, 0, 1), 1.7)));
    }

    @Test
    void testsHaveMotionsThatTrainingHasNot() {
        assertTrue(Collections.disjoint(Motions.SEEN, Motions.UNSEEN));
        assertEquals(Motions.values().length, Set.copyOf(Motions.SEEN).size() + Motions.UNSEEN.size());
    }

    @Test
    void limitsCutAndSidesMirror() {
        Pose pose = new Pose().bend(Pose.KNEE, Pose.LEFT, 9, 9, 9).bend(Pose.SHOULDER, Pose.RIGHT, 0.2, 0.3, 0.4);
        assertEquals(Pose.limits(Pose.KNEE, 0)[1], pose.angle(Pose.KNEE, 0));
        assertEquals(0, pose.angle(Pose.KNEE, 1), "a knee is a hinge");
        assertEquals(0.2, pose.angle(Pose.SHOULDER + 1, 0));
        assertEquals(-0.3, pose.angle(Pose.SHOULDER + 1, 1));
        assertEquals(-0.4, pose.angle(Pose.SHOULDER + 1, 2));
        float[] bent = new Pose().bend(Pose.KNEE, Pose.LEFT, 1.2, 0, 0).axisAngles(Rotation.IDENTITY);
        assertArrayEquals(new float[] {1.2f, 0, 0}, new float[] {bent[12], bent[13], bent[14]}, 1e-6f);
    }

    @Test
    void coursesPassThroughTheirValues() {
        Course course = Course.through(0.5, 1, 3, 2);
        assertEquals(3, course.at(0.5), 1e-12);
        assertEquals(2, course.at(9), 1e-12);
        assertEquals(1, course.at(-1), 1e-12);
    }
}

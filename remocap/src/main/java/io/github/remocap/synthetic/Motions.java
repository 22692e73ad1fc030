package io.github.remocap.synthetic;

import java.util.List;

/**
 * Kinds of motion. Each is a rhythm with random amplitudes, on top of which arms, head and trunk wander a little, so that no two are alike.
 * {@link #UNSEEN} are kept for tests.
 */
enum Motions {
    WALKING {
        @Override
        void shape(Style s, double t, Pose p) {
            double phase = Math.sin(s.rhythm(t));
            double stride = 0.30 + 0.25 * s.size;
            gait(p, s.rhythm(t), stride, 0.25 + 0.7 * s.size);
            double swing = stride * (0.5 + 0.7 * s.second);
            p.arm(Pose.LEFT, -1.22 + s.drift(0, t), -swing * phase + s.drift(1, t), 0, 0.35 + 0.25 * s.second * (1 - phase) + s.lift(2, t));
            p.arm(Pose.RIGHT, -1.22 + s.drift(3, t), swing * phase + s.drift(4, t), 0, 0.35 + 0.25 * s.second * (1 + phase) + s.lift(5, t));
            p.spine(0.05, 0.18 * phase, 0.03 * Math.cos(s.rhythm(t)));
        }

        @Override
        double speed(Style s) {
            return 0.5 + 0.6 * s.size;
        }
    },
    REACHING {
        @Override
        void shape(Style s, double t, Pose p) {
            double far = s.swell(t);
            double other = s.swell(t + s.second) * (s.both ? 1 : 0.15);
            double height = -0.7 + 2.0 * s.third + s.drift(0, t);
            double otherHeight = -0.9 + 2.2 * s.size + s.drift(2, t);
            p.arm(s.side, -1.2 + far * (height + 1.2), far * (0.3 + 1.3 * s.second) + s.drift(1, t), 0.6 * far * s.third, 0.9 * (1 - far) + 0.15);
            p.arm(1 - s.side, -1.2 + other * (otherHeight + 1.2), other * (0.2 + s.second) + s.drift(3, t), 0, 0.3 + s.lift(4, t));
            double towards = s.side == Pose.LEFT ? 1 : -1;
            double deep = far * Math.max(0, -height) * s.size;
            p.spine(0.1 + 0.7 * deep, -0.4 * far * towards * s.size, -0.2 * far * towards * (1 - s.second));
            p.leg(Pose.LEFT, 0.1 + 0.5 * deep, 0.08, 0.12 + 0.7 * deep);
            p.leg(Pose.RIGHT, 0.1 + 0.5 * deep, 0.08, 0.12 + 0.7 * deep);
        }
    },
    SQUATTING {
        @Override
        void shape(Style s, double t, Pose p) {
            double down = s.swell(t) * (0.45 + 0.55 * s.size);
            p.leg(Pose.LEFT, 1.75 * down, 0.08 + 0.3 * s.third, 1.95 * down);
            p.leg(Pose.RIGHT, 1.75 * down, 0.08 + 0.3 * s.third, 1.95 * down);
            p.spine(0.65 * down, 0.1 * s.drift(0, t), 0);
            double lift = s.both ? down : 0.2;
            p.arm(Pose.LEFT, -1.2 + 1.0 * lift + s.drift(1, t), 1.3 * lift + s.drift(2, t), 0, 0.25 + s.lift(3, t));
            p.arm(Pose.RIGHT, -1.2 + 1.0 * lift + s.drift(4, t), 1.3 * lift + s.drift(5, t), 0, 0.25 + s.lift(3, t));
        }
    },
    WAVING {
        @Override
        void shape(Style s, double t, Pose p) {
            double beat = Math.sin(2.5 * s.rhythm(t));
            p.arm(s.side, -0.3 + 0.9 * s.third + s.drift(0, t), 0.3 * s.second, 1.3, 1.1 + 0.5 * beat * (0.5 + s.size));
            p.arm(1 - s.side, s.both ? 0.2 + s.drift(1, t) : -1.22 + s.drift(1, t), 0.2 * s.second, s.both ? 1.2 : 0,
                s.both ? 1.2 - 0.5 * beat : 0.3 + s.lift(2, t));
            double towards = s.side == Pose.LEFT ? 1 : -1;
            p.spine(0.02, 0.1 * s.drift(3, t), 0.15 * towards * s.size);
            p.leg(Pose.LEFT, 0.06 + 0.1 * s.second, 0.05 + 0.4 * s.size, 0.12 + 0.1 * s.second);
            p.leg(Pose.RIGHT, 0.02, 0.05 + 0.4 * s.size, 0.06);
        }
    },
    TURNING {
        @Override
        void shape(Style s, double t, Pose p) {
            gait(p, s.rhythm(t), 0.12 + 0.1 * s.size, 0.4);
            p.arm(Pose.LEFT, -1.2 + 0.9 * s.third * s.swell(t) + s.drift(0, t), s.drift(1, t), 0, 0.4 + s.lift(2, t));
            p.arm(Pose.RIGHT, -1.2 + 0.9 * s.third * s.swell(t) + s.drift(3, t), s.drift(4, t), 0, 0.4 + s.lift(5, t));
            p.spine(0.03, 0.3 * Math.sin(0.5 * s.rhythm(t)), 0);
        }

        @Override
        double turn(Style s, double t) {
            return (s.side == Pose.LEFT ? 1 : -1) * (0.5 + 1.2 * s.size) * (t - s.duration / 2);
        }
    },
    DANCING {
        /** Arms and legs each go their own way, anywhere they comfortably can. */
        @Override
        void shape(Style s, double t, Pose p) {
            for (int side = 0; side < 2; side++) {
                int f = 4 * side;
                p.arm(side, -1.25 + 2.45 * s.free(f, t), -0.3 + 1.5 * s.free(f + 1, t), 1.2 * s.free(f + 2, t) * s.third, 0.1 + 1.5 * s.free(f + 3, t));
            }
            double left = 2 * s.free(8, t) - 1; // one leg bears the weight
            double aside = s.free(9, t) * s.free(9, t);
            double bent = s.free(10, t);
            p.leg(Pose.LEFT, 1.3 * bent * Math.max(0, left) - 0.1, 0.03 + 0.6 * aside, 1.4 * bent * Math.max(0.1, left));
            p.leg(Pose.RIGHT, 1.3 * bent * Math.max(0, -left) - 0.1, 0.03 + 0.6 * aside, 1.4 * bent * Math.max(0.1, -left));
            p.spine(-0.1 + 0.45 * s.free(11, t), 0.5 * (s.free(12, t) - 0.5), 0.6 * (s.free(13, t) - 0.5));
        }
    },
    LUNGING {
        @Override
        void shape(Style s, double t, Pose p) {
            double down = s.swell(t) * (0.5 + 0.5 * s.size); // to the side: one knee bends, the other leg stays straight
            p.leg(s.side, 0.7 * down, 0.55 * down + 0.05, 1.15 * down);
            p.leg(1 - s.side, 0, 0.75 * down + 0.05, 0.08);
            p.spine(0.1 * down, 0, 0);
            p.arm(Pose.LEFT, -1.15 + 0.9 * s.third * down + s.drift(0, t), 0.5 * s.second * down, 0, 0.4 + 0.8 * s.third);
            p.arm(Pose.RIGHT, -1.15 + 0.9 * s.third * down + s.drift(1, t), 0.5 * s.second * down, 0, 0.4 + 0.8 * s.third);
        }
    },
    MARCHING {
        @Override
        void shape(Style s, double t, Pose p) {
            double phase = Math.sin(s.rhythm(t));
            double left = Math.max(0, phase) * (0.7 + 0.7 * s.size);
            double right = Math.max(0, -phase) * (0.7 + 0.7 * s.size);
            p.leg(Pose.LEFT, left, 0.05, 1.15 * left);
            p.leg(Pose.RIGHT, right, 0.05, 1.15 * right);
            double swing = 0.5 + 0.5 * s.second;
            p.arm(Pose.LEFT, -1.2 + s.drift(0, t), -swing * phase, 0, 0.5 + 0.8 * s.third);
            p.arm(Pose.RIGHT, -1.2 + s.drift(1, t), swing * phase, 0, 0.5 + 0.8 * s.third);
        }
    },
    STRETCHING {
        @Override
        void shape(Style s, double t, Pose p) {
            double up = s.swell(t);
            double sideways = Math.sin(0.7 * s.rhythm(t));
            p.arm(Pose.LEFT, -1.1 + up * (1.5 + 0.8 * s.size) + s.drift(0, t), 0.25 * s.second, 0.5 * up, 0.3 + s.lift(1, t));
            p.arm(Pose.RIGHT, -1.1 + up * (1.5 + 0.8 * s.size) + s.drift(2, t), 0.25 * s.second, 0.5 * up, 0.3 + s.lift(1, t));
            p.spine(-0.05 * up, 0, 0.4 * sideways * up);
            p.leg(Pose.LEFT, 0.03, 0.12 + 0.1 * s.third, 0.05);
            p.leg(Pose.RIGHT, 0.03, 0.12 + 0.1 * s.third, 0.05);
        }
    };

    /** Motions for training and validation, in the order of sequences. Dancing comes oftener: no two of its poses are alike. */
    static final List<Motions> SEEN = List.of(WALKING, DANCING, REACHING, SQUATTING, DANCING, WAVING, TURNING, DANCING);
    /** Motions that only tests have. */
    static final List<Motions> UNSEEN = List.of(LUNGING, MARCHING, STRETCHING);

    /** What a person makes of a motion. */
    private static final class Style {
        final double duration;
        final double size;
        final double second;
        final double third;
        final int side;
        final boolean both;
        private final double frequency;
        private final double start;
        private final Course[] drifts = new Course[6];
        private final Course[] free = new Course[14];

        Style(Dice dice, double duration) {
            this.duration = duration;
            size = dice.between(0, 1);
            second = dice.between(0, 1);
            third = dice.between(0, 1);
            side = dice.below(2);
            both = dice.chance(0.5);
            frequency = dice.between(0.5, 1.0);
            start = dice.between(0, 2 * Math.PI);
            for (int i = 0; i < drifts.length; i++) {
                double middle = dice.normal(0.12);
                drifts[i] = Course.wander(dice, duration, 0.8, middle - 0.15, middle + 0.15);
            }
            for (int i = 0; i < free.length; i++) {
                free[i] = Course.wander(dice.named("free " + i), duration, 0.9, 0, 1);
            }
        }

        /** The angle of the rhythm. */
        double rhythm(double t) {
            return start + 2 * Math.PI * frequency * t;
        }

        /** From 0 to 1 and back. */
        double swell(double t) {
            return 0.5 - 0.5 * Math.cos(0.7 * rhythm(t));
        }

        double drift(int which, double t) {
            return drifts[which].at(t);
        }

        /** Anything from 0 to 1. */
        double free(int which, double t) {
            return Math.clamp(free[which].at(t), 0, 1);
        }

        /** A drift that is never negative. */
        double lift(int which, double t) {
            return Math.abs(2 * drift(which, t));
        }
    }

    abstract void shape(Style style, double time, Pose pose);

    /** Metres a second. */
    double speed(Style style) {
        return 0;
    }

    /** Added to the heading. */
    double turn(Style style, double time) {
        return 0;
    }

    private static void gait(Pose p, double rhythm, double stride, double knee) {
        for (int side = 0; side < 2; side++) {
            double phase = rhythm + side * Math.PI;
            p.leg(side, stride * Math.sin(phase) + 0.05, 0.03, 0.08 + knee * Math.pow(Math.max(0, Math.cos(phase + 0.25)), 1.5));
        }
    }

    /**
     * A motion of this kind.
     *
     * @param dice what is particular of it
     * @param duration for how long it will be looked at, in seconds
     * @param heading where the body mostly faces
     * @param turning how much of a motion's own turns it makes, 0 to 1
     */
    Motion motion(Dice dice, double duration, double heading, double turning) {
        Style style = new Style(dice, duration);
        Course look = Course.wander(dice, duration, 0.7, -0.35, 0.35);
        Course nod = Course.wander(dice, duration, 0.7, -0.15, 0.2);
        Course sway = Course.wander(dice, duration, 1.1, -0.2, 0.2);
        return t -> {
            Pose pose = new Pose();
            shape(style, t, pose);
            pose.bend(Pose.NECK, 0.5 * nod.at(t), 0.6 * look.at(t), 0).bend(Pose.HEAD, 0.5 * nod.at(t), 0.4 * look.at(t), 0.2 * sway.at(t));
            double faces = heading + turning * turn(style, t) + sway.at(t);
            double gone = speed(style) * (t - duration / 2);
            return new Motion.Moment(pose, faces, gone * Math.sin(heading), gone * Math.cos(heading));
        };
    }
}

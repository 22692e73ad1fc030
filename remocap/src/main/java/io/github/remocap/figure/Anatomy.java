package io.github.remocap.figure;

import io.github.remocap.figure.Lattice.Point;

/**
 * Where the points of the {@link Lattice} are on a body in its rest pose (upright, arms to the sides), and which joints they follow. Metres,
 * x to the body's left, y up, z to the front, the pelvis at the origin. A body depends on {@value #SHAPES} coefficients, 0 for the mean;
 * a coefficient of 1 is a difference that one person in three exceeds.
 */
final class Anatomy {
    /** Coefficients: stature, girth, legs, arms, shoulders, hips, belly, trunk, head, girth of limbs. */
    static final int SHAPES = 10;
    static final int JOINTS = 24;

    // Joints by SMPL's numbers; right ones follow their left ones.
    static final int PELVIS = 0;
    static final int HIP = 1;
    static final int SPINE1 = 3;
    static final int KNEE = 4;
    static final int SPINE2 = 6;
    static final int ANKLE = 7;
    static final int SPINE3 = 9;
    static final int FOOT = 10;
    static final int NECK = 12;
    static final int COLLAR = 13;
    static final int HEAD = 15;
    static final int SHOULDER = 16;
    static final int ELBOW = 18;
    static final int WRIST = 20;
    static final int HAND = 22;

    private static final double HIP_Y = -0.07;
    private static final double NECK_Y = 0.50;
    private static final double SHOULDER_X = 0.165;

    private final double stature;
    private final double trunkGirth;
    private final double limbGirth;
    private final double legs;
    private final double arms;
    private final double shoulders;
    private final double hips;
    private final double belly;
    private final double trunk;
    private final double head;

    Anatomy(double... b) {
        stature = 1 + 0.035 * b[0];
        trunkGirth = 1 + 0.08 * b[1];
        limbGirth = 1 + 0.06 * b[1] + 0.07 * b[9];
        legs = 1 + 0.035 * b[2];
        arms = 1 + 0.035 * b[3];
        shoulders = 0.012 * b[4];
        hips = 0.012 * b[5];
        belly = 0.02 * b[6];
        trunk = 1 + 0.03 * b[7];
        head = 1 + 0.035 * b[8];
    }

    /** Where a point is. */
    double[] place(Point p) {
        double[] at = p.x() < 0 ? left(p.mirrored()) : left(p);
        if (p.x() < 0) {
            at[0] = -at[0];
        }
        for (int d = 0; d < 3; d++) {
            at[d] *= stature;
        }
        return at;
    }

    private double[] left(Point p) {
        if (p.x() > Lattice.SIDE) {
            return arm(p);
        }
        return p.y() < Lattice.HIPS ? leg(p) : p.y() > Lattice.SHOULDERS ? head(p) : trunk(p);
    }

    /** Height above the pelvis with the trunk's and above the neck the head's length. */
    private double raise(double y) {
        return y <= 0 ? y : y <= NECK_Y ? y * trunk : NECK_Y * trunk + (y - NECK_Y) * head;
    }

    /** Depth below the hips with the legs' length. */
    private double lower(double y) {
        return y >= HIP_Y ? y : HIP_Y + (y - HIP_Y) * legs;
    }

    private static final double[][][] TRUNK = {
        // {x, y, front z, back z} of columns 0, 1, 2; the lowest row is the crotch and the crease of the hips
        {{0, -0.150, 0.050, -0.055}, {0.040, -0.165, 0.072, -0.085}, {0.168, -0.075, 0.066, -0.085}},
        {{0, 0.010, 0.108, -0.112}, {0.088, 0.010, 0.104, -0.128}, {0.166, 0.020, 0.050, -0.062}},
        {{0, 0.150, 0.108, -0.080}, {0.072, 0.150, 0.102, -0.092}, {0.132, 0.150, 0.044, -0.050}},
        {{0, 0.330, 0.122, -0.096}, {0.080, 0.330, 0.116, -0.118}, {0.152, 0.345, 0.044, -0.068}},
        {{0, 0.500, 0.050, -0.062}, {0.056, 0.505, 0.034, -0.056}, {0.165, 0.492, 0.026, -0.052}}};

    private double[] trunk(Point p) {
        double[] t = TRUNK[p.y()][p.x()];
        double wide = p.y() <= 1 ? hips : p.y() >= 3 ? shoulders : (hips + shoulders) / 2;
        double x = (t[0] + wide * t[0] / SHOULDER_X) * (p.y() == 0 && p.x() < 2 || p.y() == 4 ? 1 : trunkGirth);
        double z = (p.z() == 1 ? t[2] : t[3]) * trunkGirth;
        double forward = p.z() == 1 && p.y() > 0 && p.y() < 4 ? belly * (p.y() == 2 ? 1 : 0.5) * (p.x() == 2 ? 0.3 : 1) : 0;
        return new double[] {x, raise(t[1]), z + forward};
    }

    private static final double[][] NECK_AND_HEAD = {
        // {half width, y, front z, back z} from the jaw's root to the crown
        {0.058, 0.592, 0.052, -0.062}, {0.068, 0.655, 0.112, -0.082}, {0.076, 0.725, 0.112, -0.094}, {0.044, 0.785, 0.058, -0.056}};

    private double[] head(Point p) {
        double[] h = NECK_AND_HEAD[p.y() - Lattice.SHOULDERS - 1];
        double round = p.x() == 0 ? 1 : 0.62; // the corner columns are less far to the front and back
        double dome = p.y() == Lattice.CROWN && p.x() == 0 ? 0.018 : 0;
        return new double[] {p.x() * h[0] * head, raise(h[1] + dome), (p.z() == 1 ? h[2] : h[3]) * round * head};
    }

    private static final double[][] ARM = {
        // {x beyond the trunk's side, y, z, half height, half depth} from the deltoid to the fingertips
        {0.070, 0.446, -0.012, 0.046, 0.044}, {0.225, 0.446, -0.016, 0.033, 0.034}, {0.305, 0.446, -0.016, 0.031, 0.032},
        {0.515, 0.446, -0.010, 0.018, 0.023}, {0.605, 0.444, -0.004, 0.013, 0.036}, {0.690, 0.440, 0.000, 0.008, 0.026}};

    private double[] arm(Point p) {
        double[] a = ARM[p.x() - Lattice.SIDE - 1];
        double side = SHOULDER_X + shoulders;
        double top = p.y() == Lattice.SHOULDERS ? 1 : -1;
        double front = p.z() == 1 ? 1 : -1;
        double girth = p.x() >= Lattice.FINGERTIPS - 1 ? 1 : limbGirth;
        return new double[] {side + a[0] * arms, NECK_Y * trunk + (a[1] - NECK_Y) + top * a[3] * girth, a[2] + front * a[4] * girth};
    }

    private static final double[][] LEG = {
        // {x, y, z, half width, half depth} from mid-thigh to the ankle
        {0.104, -0.270, 0.000, 0.058, 0.060}, {0.102, -0.400, 0.000, 0.044, 0.046}, {0.101, -0.490, -0.004, 0.040, 0.042},
        {0.101, -0.600, -0.018, 0.042, 0.046}, {0.100, -0.855, -0.022, 0.028, 0.034}};
    private static final double[][] FOOT_SHAPE = {
        // {half width, height of the instep, z} from heel to toes; the sole is 0.95 below the pelvis
        {0.030, 0, -0.066}, {0.032, 0, 0.014}, {0.042, 0.052, 0.085}, {0.036, 0.022, 0.165}};

    private double[] leg(Point p) {
        double outer = p.x() == 2 ? 1 : -1;
        if (p.y() == Lattice.SOLE || p.z() > 1) {
            double[] f = FOOT_SHAPE[p.z()];
            double y = lower(-0.95) + (p.y() == Lattice.SOLE ? 0 : f[1]);
            return new double[] {0.102 + hips / 2 + 0.03 * Math.max(0, f[2]) + outer * f[0] * (0.5 + 0.5 * limbGirth), y, f[2]};
        }
        double[] l = LEG[-1 - p.y()];
        double front = p.z() == 1 ? 1 : -1;
        return new double[] {l[0] + hips / 2 + outer * l[3] * limbGirth, lower(l[1]), l[2] + front * l[4] * limbGirth};
    }

    /** How much a point follows each joint; sums to 1. */
    static double[] weights(Point p) {
        double[] w = new double[JOINTS];
        Point q = p.x() < 0 ? p.mirrored() : p;
        int right = p.x() < 0 ? 1 : 0;
        if (q.x() > Lattice.SIDE) {
            switch (q.x()) {
                case 3 -> set(w, right, COLLAR, 0.08, SHOULDER, 0.92);
                case 4 -> set(w, right, SHOULDER, 0.85, ELBOW, 0.15);
                case 5 -> set(w, right, SHOULDER, 0.15, ELBOW, 0.85);
                case 6 -> set(w, right, ELBOW, 0.5, WRIST, 0.5);
                case 7 -> set(w, right, WRIST, 0.6, HAND, 0.4);
                default -> set(w, right, WRIST, 0.1, HAND, 0.9);
            }
        } else if (q.y() < Lattice.HIPS) {
            switch (q.y()) {
                case -1 -> set(w, right, HIP, 0.97, KNEE, 0.03);
                case -2 -> set(w, right, HIP, 0.85, KNEE, 0.15);
                case -3 -> set(w, right, HIP, 0.15, KNEE, 0.85);
                case -4 -> set(w, right, KNEE, 1);
                case -5 -> {
                    if (q.z() <= 1) {
                        set(w, right, KNEE, 0.5, ANKLE, 0.5);
                    } else {
                        set(w, right, ANKLE, q.z() == 2 ? 0.8 : 0.1, FOOT, q.z() == 2 ? 0.2 : 0.9);
                    }
                }
                default -> set(w, right, ANKLE, q.z() <= 1 ? 1 : q.z() == 2 ? 0.7 : 0.1, FOOT, q.z() <= 1 ? 0 : q.z() == 2 ? 0.3 : 0.9);
            }
        } else if (q.y() > Lattice.SHOULDERS) {
            set(w, 0, NECK, q.y() == 5 ? 0.5 : 0, HEAD, q.y() == 5 ? 0.5 : 1);
        } else {
            trunkWeights(w, q, right);
        }
        return w;
    }

    private static void trunkWeights(double[] w, Point q, int right) {
        boolean side = q.x() == Lattice.SIDE;
        switch (q.y()) {
            case 0 -> {
                double hip = side ? 0.5 : q.x() == 1 ? 0.45 : 0;
                w[PELVIS] = 1 - hip;
                w[HIP + right] = hip;
            }
            case 1 -> set(w, 0, PELVIS, 0.8, SPINE1, 0.2);
            case 2 -> set(w, 0, SPINE1, 0.55, SPINE2, 0.45);
            case 3 -> {
                set(w, 0, SPINE2, side ? 0.2 : 0.25, SPINE3, side ? 0.5 : 0.75);
                w[COLLAR + right] += side ? 0.15 : 0;
                w[SHOULDER + right] += side ? 0.15 : 0;
            }
            default -> {
                w[SPINE3] = side ? 0.2 : q.x() == 1 ? 0.45 : 0.5;
                w[NECK] = side ? 0 : 0.5;
                w[COLLAR + right] += side ? 0.5 : q.x() == 1 ? 0.05 : 0;
                w[SHOULDER + right] += side ? 0.3 : 0;
            }
        }
    }

    private static void set(double[] w, int right, double... jointsAndWeights) {
        for (int i = 0; i < jointsAndWeights.length; i += 2) {
            w[(int) jointsAndWeights[i] + right] += jointsAndWeights[i + 1];
        }
    }
}

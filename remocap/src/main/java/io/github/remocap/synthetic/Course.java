package io.github.remocap.synthetic;

import org.apache.commons.math3.analysis.interpolation.SplineInterpolator;
import org.apache.commons.math3.analysis.polynomials.PolynomialSplineFunction;

/** A number that changes smoothly over time: a cubic spline through values at even intervals. */
final class Course {
    private final PolynomialSplineFunction spline;

    private Course(double interval, double[] values) {
        double[] times = new double[values.length];
        for (int i = 0; i < times.length; i++) {
            times[i] = i * interval;
        }
        spline = new SplineInterpolator().interpolate(times, values);
    }

    /** Through values at 0, interval, 2 interval and so on; constant outside. At least three values. */
    static Course through(double interval, double... values) {
        return new Course(interval, values);
    }

    /** Through random values in [from, to], one for each interval (seconds), as long as {@code duration}. */
    static Course wander(Dice dice, double duration, double interval, double from, double to) {
        double[] values = new double[Math.max(3, (int) Math.ceil(duration / interval) + 2)];
        for (int i = 0; i < values.length; i++) {
            values[i] = dice.between(from, to);
        }
        return new Course(interval, values);
    }

    /** Value at a time in seconds. */
    double at(double time) {
        double[] knots = spline.getKnots();
        return spline.value(Math.clamp(time, 0, knots[knots.length - 1]));
    }
}

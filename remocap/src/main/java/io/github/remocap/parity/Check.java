package io.github.remocap.parity;

/**
 * A line of the parity table.
 *
 * @param subject what was run, such as {@code tiny/remocap} on a device
 * @param quantity what was compared
 * @param absolute the largest absolute difference
 * @param relative the same divided by the largest absolute value expected
 * @param tolerance what the relative difference may be
 * @param note why the check failed without numbers, or what it found; may be empty
 */
public record Check(String subject, String quantity, double absolute, double relative, double tolerance, String note) {
    /** Compares arrays; different lengths or a NaN on one side alone fail. */
    public static Check of(String subject, String quantity, float[] actual, float[] expected, double tolerance) {
        return of(subject, quantity, widened(actual), widened(expected), tolerance);
    }

    /** Compares arrays; different lengths or a NaN on one side alone fail. */
    public static Check of(String subject, String quantity, double[] actual, double[] expected, double tolerance) {
        if (actual.length != expected.length) {
            return failed(subject, quantity, actual.length + " elements, expected " + expected.length);
        }
        double worst = 0;
        double largest = 0;
        for (int i = 0; i < actual.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            double difference = Double.compare(actual[i], expected[i]) == 0 ? 0 : Math.abs(actual[i] - expected[i]);
            worst = Math.max(worst, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
        }
        return new Check(subject, quantity, worst, worst == 0 ? 0 : worst / Math.max(largest, Double.MIN_NORMAL), tolerance, "");
    }

    private static double[] widened(float[] values) {
        double[] out = new double[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = values[i];
        }
        return out;
    }

    /** A check that failed without numbers. */
    public static Check failed(String subject, String quantity, String why) {
        return new Check(subject, quantity, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 0, why);
    }

    /** A check that succeeded without numbers. */
    public static Check passed(String subject, String quantity, String note) {
        return new Check(subject, quantity, 0, 0, 0, note);
    }

    /** Whether the tolerance is kept. */
    public boolean ok() {
        return relative <= tolerance;
    }
}

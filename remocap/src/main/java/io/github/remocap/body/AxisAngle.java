package io.github.remocap.body;

/** Rotations as vectors along their axis, as long as their angle in radians, and as row-major 3x3 matrices; double precision. */
public final class AxisAngle {
    private AxisAngle() {
    }

    /** The matrix of a vector (Rodrigues' formula). */
    public static double[] toMatrix(double x, double y, double z) {
        double angle = Math.sqrt(x * x + y * y + z * z);
        double half = Math.sin(angle / 2);
        double scale = angle < 1e-12 ? 0.5 : half / angle;
        double w = Math.cos(angle / 2);
        double i = x * scale;
        double j = y * scale;
        double k = z * scale;
        return new double[] {1 - 2 * (j * j + k * k), 2 * (i * j - w * k), 2 * (i * k + w * j), 2 * (i * j + w * k), 1 - 2 * (i * i + k * k),
            2 * (j * k - w * i), 2 * (i * k - w * j), 2 * (j * k + w * i), 1 - 2 * (i * i + j * j)};
    }

    /** The vector of a rotation matrix, not longer than pi (by way of the quaternion's largest element; Shepperd 1978). */
    public static double[] fromMatrix(double[] m) {
        double trace = m[0] + m[4] + m[8];
        double[] squares = {trace, m[0], m[4], m[8]};
        int largest = 0;
        for (int i = 1; i < 4; i++) {
            largest = squares[i] > squares[largest] ? i : largest;
        }
        double[] q = switch (largest) {
            case 0 -> new double[] {1 + trace, m[7] - m[5], m[2] - m[6], m[3] - m[1]};
            case 1 -> new double[] {m[7] - m[5], 1 + m[0] - m[4] - m[8], m[1] + m[3], m[2] + m[6]};
            case 2 -> new double[] {m[2] - m[6], m[1] + m[3], 1 - m[0] + m[4] - m[8], m[5] + m[7]};
            default -> new double[] {m[3] - m[1], m[2] + m[6], m[5] + m[7], 1 - m[0] - m[4] + m[8]};
        };
        double sign = q[0] < 0 ? -1 : 1;
        double length = Math.sqrt(q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
        double angle = 2 * Math.atan2(length, sign * q[0]);
        double scale = length == 0 ? 0 : sign * angle / length;
        return new double[] {q[1] * scale, q[2] * scale, q[3] * scale};
    }

    /** The product of two matrices. */
    public static double[] product(double[] a, double[] b) {
        double[] out = new double[9];
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 3; c++) {
                out[3 * r + c] = a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c];
            }
        }
        return out;
    }
}

package io.github.remocap.body;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * Errors of predicted bodies in double precision. Points are row-major {@code [frames,points,3]} in metres, and so are the errors. NaN
 * in, NaN out.
 */
public final class Metrics {
    private Metrics() {
    }

    /**
     * MPJPE of each frame: the mean distance of the 14 joints, both sides centred on the middle of the hips.
     *
     * @param predicted {@code [frames,14,3]}, see {@link Joints}
     * @param truth of the same shape
     * @return {@code [frames]}
     */
    public static double[] mpjpe(double[] predicted, double[] truth) {
        check(predicted, truth, Joints.COUNT);
        double[] a = predicted.clone();
        double[] b = truth.clone();
        centreOnHips(a);
        centreOnHips(b);
        return meanDistances(a, b, Joints.COUNT);
    }

    /**
     * MPVPE of each frame: the mean distance of the vertices.
     *
     * @param predicted {@code [frames,vertices,3]}, centred by the caller
     * @param truth of the same shape
     * @return {@code [frames]}
     */
    public static double[] mpvpe(double[] predicted, double[] truth, int vertices) {
        check(predicted, truth, vertices);
        return meanDistances(predicted, truth, vertices);
    }

    /**
     * PA-MPJPE of each frame: the mean distance of the joints after the similarity transform of the prediction that brings it closest
     * (Procrustes analysis; Umeyama 1991, https://doi.org/10.1109/34.88573).
     *
     * @param predicted {@code [frames,joints,3]}
     * @param truth of the same shape
     * @return {@code [frames]}
     */
    public static double[] paMpjpe(double[] predicted, double[] truth, int joints) {
        check(predicted, truth, joints);
        double[] errors = new double[predicted.length / (3 * joints)];
        double[] aligned = new double[3 * joints];
        double[] target = new double[3 * joints];
        for (int f = 0; f < errors.length; f++) {
            System.arraycopy(predicted, f * 3 * joints, aligned, 0, 3 * joints);
            System.arraycopy(truth, f * 3 * joints, target, 0, 3 * joints);
            align(aligned, target);
            errors[f] = meanDistances(aligned, target, joints)[0];
        }
        return errors;
    }

    /**
     * One frame's points after the similarity transform that brings them closest to others, in the others' place.
     *
     * @param predicted {@code [points,3]}
     * @param truth of the same shape
     * @return {@code [points,3]}
     */
    public static double[] aligned(double[] predicted, double[] truth) {
        check(predicted, truth, predicted.length / 3);
        double[] aligned = predicted.clone();
        double[] target = truth.clone();
        align(aligned, target);
        for (int i = 0; i < aligned.length; i++) {
            aligned[i] += truth[i] - target[i]; // both were centred
        }
        return aligned;
    }

    /**
     * Acceleration error of one sequence: the mean length of the difference of second differences, in metres per frame squared.
     *
     * @param predicted {@code [frames,joints,3]}
     * @param truth of the same shape
     * @throws IllegalArgumentException if there are fewer than three frames
     */
    public static double accelerationError(double[] predicted, double[] truth, int joints) {
        check(predicted, truth, joints);
        int row = 3 * joints;
        if (predicted.length < 3 * row) {
            throw new IllegalArgumentException("acceleration needs three frames, not " + predicted.length / row);
        }
        return mean(meanDistances(accelerations(predicted, row), accelerations(truth, row), joints));
    }

    private static double[] accelerations(double[] points, int row) {
        double[] out = new double[points.length - 2 * row];
        for (int i = 0; i < out.length; i++) {
            out[i] = points[i] - 2 * points[i + row] + points[i + 2 * row];
        }
        return out;
    }

    /** The mean of errors; NaN of none. */
    public static double mean(double[] errors) {
        double sum = 0;
        for (double e : errors) {
            sum += e;
        }
        return sum / errors.length;
    }

    private static void check(double[] predicted, double[] truth, int points) {
        if (points < 1 || predicted.length != truth.length || predicted.length % (3 * points) != 0) {
            throw new IllegalArgumentException("metrics: " + predicted.length + " and " + truth.length + " numbers are no frames of " + points
                + " points");
        }
    }

    private static double[] meanDistances(double[] a, double[] b, int points) {
        double[] means = new double[a.length / (3 * points)];
        for (int i = 0; i < a.length; i += 3) {
            double x = a[i] - b[i];
            double y = a[i + 1] - b[i + 1];
            double z = a[i + 2] - b[i + 2];
            means[i / (3 * points)] += Math.sqrt(x * x + y * y + z * z) / points;
        }
        return means;
    }

    private static void centreOnHips(double[] joints) {
        for (int f = 0; f < joints.length; f += 3 * Joints.COUNT) {
            for (int d = 0; d < 3; d++) {
                double middle = (joints[f + 3 * Joints.RIGHT_HIP + d] + joints[f + 3 * Joints.LEFT_HIP + d]) / 2;
                for (int j = 0; j < Joints.COUNT; j++) {
                    joints[f + 3 * j + d] -= middle;
                }
            }
        }
    }

    private static void centre(double[] points) {
        for (int d = 0; d < 3; d++) {
            double sum = 0;
            for (int i = d; i < points.length; i += 3) {
                sum += points[i];
            }
            for (int i = d; i < points.length; i += 3) {
                points[i] -= sum / (points.length / 3.0);
            }
        }
    }

    /** Centres both, then turns and scales a so that it comes closest to b. */
    private static void align(double[] a, double[] b) {
        centre(a);
        centre(b);
        DMatrixRMaj covariance = new DMatrixRMaj(3, 3); // a^T b
        double size = 0;
        for (int i = 0; i < a.length; i += 3) {
            for (int r = 0; r < 3; r++) {
                size += a[i + r] * a[i + r];
                for (int c = 0; c < 3; c++) {
                    covariance.data[3 * r + c] += a[i + r] * b[i + c];
                }
            }
        }
        SingularValueDecomposition_F64<DMatrixRMaj> svd = DecompositionFactory_DDRM.svd(3, 3, true, true, false);
        if (!Double.isFinite(CommonOps_DDRM.elementSumAbs(covariance)) || !svd.decompose(covariance.copy())) {
            Arrays.fill(a, Double.NaN);
            return;
        }
        DMatrixRMaj u = svd.getU(null, false);
        DMatrixRMaj v = svd.getV(null, false);
        SingularOps_DDRM.descendingOrder(u, false, svd.getW(null), v, false);
        if (CommonOps_DDRM.det(u) * CommonOps_DDRM.det(v) < 0) {
            for (int r = 0; r < 3; r++) { // no reflection: give up the weakest direction
                v.data[3 * r + 2] = -v.data[3 * r + 2];
            }
        }
        DMatrixRMaj rotation = new DMatrixRMaj(3, 3); // V U^T
        CommonOps_DDRM.multTransB(v, u, rotation);
        DMatrixRMaj turned = new DMatrixRMaj(3, 3);
        CommonOps_DDRM.mult(rotation, covariance, turned);
        double scale = size == 0 ? 0 : CommonOps_DDRM.trace(turned) / size;
        for (int i = 0; i < a.length; i += 3) {
            double x = a[i];
            double y = a[i + 1];
            double z = a[i + 2];
            for (int r = 0; r < 3; r++) {
                a[i + r] = scale * (rotation.data[3 * r] * x + rotation.data[3 * r + 1] * y + rotation.data[3 * r + 2] * z);
            }
        }
    }
}

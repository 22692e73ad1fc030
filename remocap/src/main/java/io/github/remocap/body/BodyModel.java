package io.github.remocap.body;

import io.github.remocap.tensor.SparseMatrix;

/**
 * A body as linear functions of shape and pose: SMPL (Loper et al. 2015, https://doi.org/10.1145/2816795.2818013). V vertices, J joints,
 * K shape coefficients; lengths are metres; arrays are row-major.
 *
 * @param template {@code [V,3]}, SMPL's {@code v_template}: the mean body in its rest pose
 * @param shapeDirections {@code [V,3,K]}, {@code shapedirs}: how vertices move with each coefficient
 * @param poseDirections {@code [V,3,9(J-1)]}, {@code posedirs}: how vertices move with each element of R - I of all joints but the root
 * @param jointRegressor J x V, {@code J_regressor}: joints from the vertices of a shaped body in its rest pose
 * @param weights V x J, {@code weights}: how much of each joint's motion a vertex follows
 * @param parents of the joints, each before its children; -1 for the root, which is joint 0
 * @param faces three vertices each; may be empty
 */
public record BodyModel(float[] template, float[] shapeDirections, float[] poseDirections, SparseMatrix jointRegressor, SparseMatrix weights,
    int[] parents, int[] faces) {
    /**
     * Checks that sizes agree and that the joints are a tree.
     *
     * @throws IllegalArgumentException naming the component that does not fit
     */
    public BodyModel {
        int v = template.length / 3;
        int j = parents.length;
        require(v > 0 && template.length % 3 == 0, "template", "three numbers for each vertex", template.length + " numbers");
        require(shapeDirections.length % template.length == 0, "shapeDirections", "a multiple of " + template.length + " numbers",
            shapeDirections.length + "");
        require(j > 0 && parents[0] == -1, "parents", "-1 for joint 0, the root", j == 0 ? "no joints" : parents[0] + "");
        for (int i = 1; i < j; i++) {
            require(parents[i] >= 0 && parents[i] < i, "parents", "a joint before joint " + i, parents[i] + "");
        }
        require(poseDirections.length == template.length * 9L * (j - 1), "poseDirections", template.length * 9L * (j - 1) + " numbers",
            poseDirections.length + "");
        require(jointRegressor.rows() == j && jointRegressor.cols() == v, "jointRegressor", j + "x" + v, jointRegressor.toString());
        require(weights.rows() == v && weights.cols() == j, "weights", v + "x" + j, weights.toString());
        require(faces.length % 3 == 0, "faces", "three vertices each", faces.length + " numbers");
        for (int vertex : faces) {
            require(vertex >= 0 && vertex < v, "faces", "vertices 0 to " + (v - 1), vertex + "");
        }
    }

    private static void require(boolean holds, String component, String expected, String found) {
        if (!holds) {
            throw new IllegalArgumentException("body model: " + component + " must have " + expected + ", found " + found);
        }
    }

    /** V. */
    public int vertices() {
        return template.length / 3;
    }

    /** J. */
    public int joints() {
        return parents.length;
    }

    /** K. */
    public int shapes() {
        return shapeDirections.length / template.length;
    }

    /**
     * Joints of the rest pose as functions of the shape: for each of the 3 J coordinates the mean body's, then K directions,
     * {@code [3J,1+K]}.
     */
    double[] restJoints() {
        int k = shapes();
        double[] out = new double[3 * joints() * (1 + k)];
        SparseMatrix m = jointRegressor;
        for (int j = 0; j < m.rows(); j++) {
            for (int e = m.rowStart()[j]; e < m.rowStart()[j + 1]; e++) {
                for (int d = 0; d < 3; d++) {
                    int from = 3 * m.columns()[e] + d;
                    int to = (3 * j + d) * (1 + k);
                    out[to] += m.values()[e] * template[from];
                    for (int i = 0; i < k; i++) {
                        out[to + 1 + i] += m.values()[e] * shapeDirections[from * k + i];
                    }
                }
            }
        }
        return out;
    }
}

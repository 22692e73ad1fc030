package io.github.remocap.run;

/**
 * What the network says of n frames. Lengths are metres; x points right, y down, z away from the viewer.
 *
 * @param camera [n, 3]: s, tx, ty; a point is at s * (x + tx), s * (y + ty) in the crop's [-1, 1]
 * @param joints [n, 14, 3], in the order of {@link RunResult#JOINTS}; any origin
 * @param vertices [n, V, 3], the mesh to draw, with the pelvis at the origin, for which the camera is meant: the reference subtracts the
 *     Human3.6M pelvis regressed from the fine mesh ({@link #centre}) before it projects anything
 */
@SuppressWarnings("ArrayRecordComponent")
public record Prediction(float[] camera, float[] joints, float[] vertices) {
    /**
     * Moves meshes so that their pelvis is the origin.
     *
     * @param fine [n, F, 3], the mesh from which the pelvis is regressed; may be the same array as {@code vertices}
     * @param pelvis [F], the pelvis row (0) of the Human3.6M regressor
     * @param vertices [n, V, 3], changed
     * @throws IllegalArgumentException if the lengths do not fit n
     */
    public static void centre(int n, float[] fine, float[] pelvis, float[] vertices) {
        int rows = pelvis.length;
        if (fine.length != n * rows * 3 || vertices.length % (3 * n) != 0) {
            throw new IllegalArgumentException(n + " frames, pelvis weights for " + rows + " vertices, but " + fine.length
                    + " numbers in the fine mesh and " + vertices.length + " in the mesh to centre");
        }
        int count = vertices.length / (3 * n);
        for (int f = 0; f < n; f++) {
            double[] centre = new double[3];
            for (int v = 0; v < rows; v++) {
                for (int k = 0; k < 3; k++) {
                    centre[k] += (double) pelvis[v] * fine[(f * rows + v) * 3 + k];
                }
            }
            for (int i = 0; i < 3 * count; i++) {
                vertices[f * 3 * count + i] -= (float) centre[i % 3];
            }
        }
    }
}

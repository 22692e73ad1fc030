package io.github.remocap.model;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.SparseMatrix;

/**
 * What the network must know of the body's meshes.
 *
 * @param adjacency {@code [coarse][coarse]}: which coarse vertices may attend to each other
 * @param upsample fine x intermediate: from the intermediate to the full mesh
 */
public record Mesh(boolean[][] adjacency, SparseMatrix upsample) {
    /** Checks that the sizes are those of a model. */
    public void check(Config config) {
        if (adjacency.length != config.coarse()) {
            throw new IllegalArgumentException("the mesh has " + adjacency.length + " coarse vertices, the model " + config.coarse());
        }
        if (upsample.rows() != config.fine() || upsample.cols() != config.intermediate()) {
            throw new IllegalArgumentException("the mesh's upsampling is " + upsample.rows() + "x" + upsample.cols() + ", the model needs "
                + config.fine() + "x" + config.intermediate());
        }
    }

    /** Who may attend to whom among joints, then vertices: only pairs of vertices that are no neighbours may not. */
    AttentionMask mask(int joints) {
        int n = joints + adjacency.length;
        boolean[][] allowed = new boolean[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                allowed[i][j] = i < joints || j < joints || adjacency[i - joints][j - joints];
            }
        }
        return AttentionMask.of(allowed);
    }
}

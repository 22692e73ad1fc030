package io.github.remocap.train;

import io.github.remocap.body.MeshHierarchy;
import io.github.remocap.body.Skinning;
import io.github.remocap.tensor.SparseMatrix;
import org.jspecify.annotations.Nullable;

/**
 * What losses must know of the meshes.
 *
 * @param faces of the intermediate mesh, three vertices each
 * @param edges of the intermediate mesh, two vertices each
 * @param h36m 17 x fine: Human3.6M's joints from the full mesh
 * @param body the parametric body, for the mesh of the SMPL parameter regressor's output; null where there is none, then the regressor
 *     learns from parameters alone
 * @param hierarchy its meshes, for truth from pose and shape; null where there is no body
 */
public record Surface(int[] faces, int[] edges, SparseMatrix h36m, @Nullable Skinning body, @Nullable MeshHierarchy hierarchy) {
    /** Without a parametric body. */
    public Surface(int[] faces, int[] edges, SparseMatrix h36m) {
        this(faces, edges, h36m, null);
    }

    /** Without the parametric body's meshes: truth comes as meshes. */
    public Surface(int[] faces, int[] edges, SparseMatrix h36m, @Nullable Skinning body) {
        this(faces, edges, h36m, body, null);
    }

    /** Checks the sizes. */
    public Surface {
        if (faces.length % 3 != 0 || edges.length % 2 != 0 || h36m.rows() != 17) {
            throw new IllegalArgumentException("surface: faces must be triples (" + faces.length + " numbers), edges pairs (" + edges.length
                + " numbers), the regressor must have 17 rows (" + h36m + ")");
        }
    }

    /** Every third number of the faces, or second of the edges: the corner of each. */
    static int[] corner(int[] list, int corners, int which) {
        int[] out = new int[list.length / corners];
        for (int i = 0; i < out.length; i++) {
            out[i] = list[corners * i + which];
        }
        return out;
    }
}

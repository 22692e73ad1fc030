package io.github.remocap.body;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;

/**
 * Linear maps between the full mesh (6890 vertices), the intermediate one (1723) and the coarse one (431).
 *
 * @param fineToIntermediate intermediate x fine: selects vertices
 * @param intermediateToCoarse coarse x intermediate: selects vertices
 * @param intermediateToFine fine x intermediate: barycentric
 * @param coarseToIntermediate intermediate x coarse: barycentric
 */
public record MeshHierarchy(SparseMatrix fineToIntermediate, SparseMatrix intermediateToCoarse, SparseMatrix intermediateToFine,
    SparseMatrix coarseToIntermediate) {
    /** Checks that sizes agree. */
    public MeshHierarchy {
        int fine = fineToIntermediate.cols();
        int intermediate = fineToIntermediate.rows();
        int coarse = intermediateToCoarse.rows();
        if (intermediateToCoarse.cols() != intermediate || intermediateToFine.rows() != fine || intermediateToFine.cols() != intermediate
            || coarseToIntermediate.rows() != intermediate || coarseToIntermediate.cols() != coarse) {
            throw new IllegalArgumentException("mesh hierarchy: " + fineToIntermediate + " and " + intermediateToCoarse + " down do not fit "
                + coarseToIntermediate + " and " + intermediateToFine + " up");
        }
    }

    /** A mesh {@code [...,fine,3]} as {@code [...,intermediate,3]}. */
    public Tensor toIntermediate(Tensor fine) {
        return apply(fineToIntermediate, fine);
    }

    /** A mesh {@code [...,intermediate,3]} as {@code [...,coarse,3]}. */
    public Tensor toCoarse(Tensor intermediate) {
        return apply(intermediateToCoarse, intermediate);
    }

    /** A mesh {@code [...,intermediate,3]} as {@code [...,fine,3]}. */
    public Tensor toFine(Tensor intermediate) {
        return apply(intermediateToFine, intermediate);
    }

    /** A mesh {@code [...,coarse,3]} as {@code [...,intermediate,3]}. */
    public Tensor fromCoarse(Tensor coarse) {
        return apply(coarseToIntermediate, coarse);
    }

    /** Applies a map or a joint regressor to points {@code [...,cols,3]}: {@code [...,rows,3]}. */
    public static Tensor apply(SparseMatrix map, Tensor points) {
        return points.graph().apply(new Op.SparseMatMul(map), points);
    }
}

package io.github.remocap.model;

import io.github.remocap.tensor.CustomOp;
import io.github.remocap.tensor.Shape;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * Nearest orthogonal matrices of {@code [N,3,3]}: U V^T of the singular value decomposition, times its determinant, as the reference
 * does (so that a reflection becomes minus itself).
 */
public record RotationProjection() implements CustomOp {
    /** What one thread needs for decompositions, kept so that runs allocate nothing. */
    private static final class Work {
        final DMatrixRMaj a = new DMatrixRMaj(3, 3);
        final DMatrixRMaj u = new DMatrixRMaj(3, 3);
        final DMatrixRMaj vt = new DMatrixRMaj(3, 3);
        final DMatrixRMaj r = new DMatrixRMaj(3, 3);
        final SingularValueDecomposition_F64<DMatrixRMaj> svd = DecompositionFactory_DDRM.svd(3, 3, true, true, false);
    }

    private static final ThreadLocal<Work> WORK = ThreadLocal.withInitial(Work::new);

    @Override
    public String name() {
        return "RotationProjection";
    }

    @Override
    public Shape infer(List<Shape> inputs) {
        Shape x = inputs.getFirst();
        if (inputs.size() != 1 || x.rank() != 3 || x.dim(1) != 3 || x.dim(2) != 3) {
            throw new IllegalArgumentException("needs matrices [N,3,3]");
        }
        return x;
    }

    @Override
    public int parts(List<Shape> inputs) {
        return inputs.getFirst().dim(0);
    }

    @Override
    public void compute(int part, List<Elements> inputs, Elements output) {
        Work work = WORK.get();
        for (int i = 0; i < 9; i++) {
            work.a.data[i] = inputs.getFirst().get(9L * part + i);
        }
        if (!work.svd.decompose(work.a)) {
            fill(output, part, Double.NaN);
            return;
        }
        work.svd.getU(work.u, false);
        work.svd.getV(work.vt, true);
        CommonOps_DDRM.mult(work.u, work.vt, work.r);
        double det = CommonOps_DDRM.det(work.r);
        for (int i = 0; i < 9; i++) {
            output.set(9L * part + i, work.r.data[i] * det);
        }
    }

    private static void fill(Elements output, int part, double value) {
        for (int i = 0; i < 9; i++) {
            output.set(9L * part + i, value);
        }
    }
}

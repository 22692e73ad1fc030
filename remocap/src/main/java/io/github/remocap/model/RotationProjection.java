package io.github.remocap.model;

import io.github.remocap.autograd.Differentiable;
import io.github.remocap.io.onnx.OnnxExportable;
import io.github.remocap.io.onnx.OnnxNodes;
import io.github.remocap.tensor.CustomOp;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * Nearest orthogonal matrices of {@code [N,3,3]}: U V^T of the singular value decomposition, times its determinant, as the reference
 * does (so that a reflection becomes minus itself). The determinant counts as a constant for gradients.
 */
public record RotationProjection() implements Differentiable, OnnxExportable {
    private static final long ONNX_FLOAT = 1;
    private static final long ONNX_DOUBLE = 11;
    /** Newton steps of the exported form: from any condition that double precision can invert to full precision. */
    private static final int NEWTON_STEPS = 10;

    /** What one thread needs for decompositions, kept so that runs allocate nothing. */
    private static final class Work {
        final DMatrixRMaj a = new DMatrixRMaj(3, 3);
        final DMatrixRMaj u = new DMatrixRMaj(3, 3);
        final DMatrixRMaj vt = new DMatrixRMaj(3, 3);
        final DMatrixRMaj r = new DMatrixRMaj(3, 3);
        final DMatrixRMaj s = new DMatrixRMaj(3, 3);
        final DMatrixRMaj product = new DMatrixRMaj(3, 3);
        final DMatrixRMaj g = new DMatrixRMaj(3, 3);
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
        if (decompose(work, inputs.getFirst(), part)) {
            double det = CommonOps_DDRM.det(work.r);
            for (int i = 0; i < 9; i++) {
                output.set(9L * part + i, work.r.data[i] * det);
            }
        } else {
            fill(output, part);
        }
    }

    @Override
    public List<Tensor> gradients(List<Tensor> inputs, Tensor output, Tensor gradient) {
        return List.of(gradient.graph().apply(new Op.Custom(new Gradient()), inputs.getFirst(), gradient));
    }

    /**
     * ONNX has no singular value decomposition. U V^T is the orthogonal polar factor, which Newton's iteration with Frobenius scaling
     * finds (Higham, Computing the polar decomposition, 1986): X := (g X + (X^-T) / g) / 2, g^2 = |X^-T| / |X|, where X^-T is the
     * matrix of cofactors over the determinant. Double precision, as the kernel. Its determinant has the sign of the input's.
     */
    @Override
    public String export(OnnxNodes nodes, List<String> inputs) {
        String half = nodes.node("Cast", nodes.scalar(0.5), OnnxNodes.of("to", ONNX_DOUBLE));
        String x = nodes.node("Cast", inputs.getFirst(), OnnxNodes.of("to", ONNX_DOUBLE));
        for (int i = 0; i < NEWTON_STEPS; i++) {
            String cofactors = cofactors(nodes, x);
            String inverse = nodes.node("Div", List.of(cofactors, determinant(nodes, x, cofactors)));
            String g = nodes.node("Sqrt", nodes.node("Sqrt", nodes.node("Div", List.of(squares(nodes, inverse), squares(nodes, x)))));
            String sum = nodes.node("Add", List.of(nodes.node("Mul", List.of(x, g)), nodes.node("Div", List.of(inverse, g))));
            x = nodes.node("Mul", List.of(sum, half));
        }
        String turned = nodes.node("Mul", List.of(x, determinant(nodes, x, cofactors(nodes, x))));
        return nodes.node("Cast", turned, OnnxNodes.of("to", ONNX_FLOAT));
    }

    /** The sum of a matrix's squares, {@code [N,1,1]}. */
    private static String squares(OnnxNodes nodes, String x) {
        return nodes.node("ReduceSum", List.of(nodes.node("Mul", List.of(x, x)), nodes.longs(1, 2)));
    }

    /** Cofactor (i,j) is x(i+1,j+1) x(i+2,j+2) - x(i+1,j+2) x(i+2,j+1), indices modulo 3. */
    private static String cofactors(OnnxNodes nodes, String x) {
        return nodes.node("Sub", List.of(
            nodes.node("Mul", List.of(turned(nodes, x, 1, 1), turned(nodes, x, 2, 2))),
            nodes.node("Mul", List.of(turned(nodes, x, 1, 2), turned(nodes, x, 2, 1)))));
    }

    private static String turned(OnnxNodes nodes, String x, int rows, int columns) {
        String r = nodes.node("Gather", List.of(x, nodes.longs(rows, (rows + 1) % 3, (rows + 2) % 3)), OnnxNodes.of("axis", 1L));
        return nodes.node("Gather", List.of(r, nodes.longs(columns, (columns + 1) % 3, (columns + 2) % 3)), OnnxNodes.of("axis", 2L));
    }

    /** Each row times its cofactors gives the determinant: their mean over the rows, {@code [N,1,1]}. */
    private static String determinant(OnnxNodes nodes, String x, String cofactors) {
        String rows = nodes.node("ReduceSum", List.of(nodes.node("Mul", List.of(x, cofactors)), nodes.longs(2)));
        return nodes.node("ReduceMean", rows, OnnxNodes.of("axes", new long[] {1}));
    }

    /** U, V^T and R = U V^T of a matrix; false where there is none. */
    private static boolean decompose(Work work, Elements matrices, int part) {
        for (int i = 0; i < 9; i++) {
            work.a.data[i] = matrices.get(9L * part + i);
        }
        if (!work.svd.decompose(work.a)) {
            return false;
        }
        work.svd.getU(work.u, false);
        work.svd.getV(work.vt, true);
        CommonOps_DDRM.mult(work.u, work.vt, work.r);
        return true;
    }

    private static void fill(Elements output, int part) {
        for (int i = 0; i < 9; i++) {
            output.set(9L * part + i, Double.NaN);
        }
    }

    /**
     * The gradient to A = U S V^T from the gradient G to det U V^T: with M = U^T G V, it is det U K V^T, where
     * K_ij = (M_ij - M_ji) / (s_i + s_j), and 0 where the sum is 0. Inputs: A, G.
     */
    record Gradient() implements CustomOp {
        @Override
        public String name() {
            return "RotationProjectionGradient";
        }

        @Override
        public Shape infer(List<Shape> inputs) {
            if (inputs.size() != 2 || !inputs.get(0).equals(inputs.get(1))) {
                throw new IllegalArgumentException("needs matrices and gradients of one shape");
            }
            return new RotationProjection().infer(inputs.subList(0, 1));
        }

        @Override
        public int parts(List<Shape> inputs) {
            return inputs.getFirst().dim(0);
        }

        @Override
        public void compute(int part, List<Elements> inputs, Elements output) {
            Work work = WORK.get();
            if (!decompose(work, inputs.getFirst(), part)) {
                fill(output, part);
                return;
            }
            for (int i = 0; i < 9; i++) {
                work.g.data[i] = inputs.get(1).get(9L * part + i);
            }
            work.svd.getW(work.s);
            CommonOps_DDRM.multTransA(work.u, work.g, work.product);
            CommonOps_DDRM.multTransB(work.product, work.vt, work.g); // M
            double det = CommonOps_DDRM.det(work.r);
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 3; j++) {
                    double sum = work.s.get(i, i) + work.s.get(j, j);
                    work.a.set(i, j, sum == 0 ? 0 : det * (work.g.get(i, j) - work.g.get(j, i)) / sum);
                }
            }
            CommonOps_DDRM.mult(work.u, work.a, work.product);
            CommonOps_DDRM.mult(work.product, work.vt, work.g);
            for (int i = 0; i < 9; i++) {
                output.set(9L * part + i, work.g.data[i]);
            }
        }
    }
}

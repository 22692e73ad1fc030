package io.github.remocap.tornado.lower;

import java.util.ArrayList;
import java.util.List;

/**
 * Matrix products {@code C = op(A) op(B)} as BLAS describes them: matrices lie column by column, {@code op} transposes or does not, leading dimensions are
 * the distances between columns, and product i of a batch starts i strides behind the first. {@code op(A)} is {@code [m, k]}, {@code op(B)} {@code [k, n]},
 * C {@code [m, n]}. All offsets and distances are floats of the device's array.
 *
 * @param transposeA whether A is stored as {@code [k, m]}
 * @param transposeB whether B is stored as {@code [n, k]}
 * @param m rows of C
 * @param n columns of C
 * @param k terms of a sum
 * @param a offset of A
 * @param lda leading dimension of A
 * @param strideA from one product's A to the next one's, 0 where all share it
 * @param b offset of B
 * @param ldb leading dimension of B
 * @param strideB from one product's B to the next one's, 0 where all share it
 * @param c offset of C
 * @param ldc leading dimension of C
 * @param strideC from one product's C to the next one's
 * @param batch products
 */
public record Gemm(boolean transposeA, boolean transposeB, int m, int n, int k, int a, int lda, int strideA, int b, int ldb, int strideB, int c, int ldc,
    int strideC, int batch) {
    private static final int WORDS = 15;

    /**
     * A product of matrices that lie row by row, as the project's do. {@code left} is {@code [m, k]} and {@code right} {@code [k, n]} after transposition.
     *
     * @param m rows of the result
     * @param n columns of the result
     * @param k terms of a sum
     * @param left side
     * @param transposeLeft whether it is stored as {@code [k, m]}
     * @param right side
     * @param transposeRight whether it is stored as {@code [n, k]}
     */
    record Rows(int m, int n, int k, Buffer left, boolean transposeLeft, Buffer right, boolean transposeRight) {
    }

    /**
     * An axis of a batch.
     *
     * @param extent products along it
     * @param left stride of the left side, 0 where it is repeated
     * @param right stride of the right side, 0 where it is repeated
     * @param y stride of the result
     */
    record Axis(int extent, long left, long right, long y) {
        /** Of a single product. */
        static final Axis NONE = new Axis(1, 0, 0, 0);
    }

    /**
     * {@code y = left right}, row by row. That is column by column of the transposed matrix, so BLAS is asked for {@code y^T = right^T left^T}.
     *
     * @param leftShift floats from the start of the left side's buffer
     * @param rightShift floats from the start of the right side's buffer
     * @param y the result's buffer
     * @param yShift floats from the start of y
     * @param axis of the batch
     */
    static Gemm of(Rows rows, long leftShift, long rightShift, Buffer y, long yShift, Axis axis) {
        int a = Math.toIntExact(rows.right().at() + rightShift);
        int b = Math.toIntExact(rows.left().at() + leftShift);
        int c = Math.toIntExact(y.at() + yShift);
        return new Gemm(rows.transposeRight(), rows.transposeLeft(), rows.n(), rows.m(), rows.k(), a, rows.transposeRight() ? rows.k() : rows.n(),
            Math.toIntExact(axis.right()), b, rows.transposeLeft() ? rows.m() : rows.k(), Math.toIntExact(axis.left()), c, rows.n(),
            Math.toIntExact(axis.y()), axis.extent());
    }

    /** Appends the words of this call. */
    void write(Words words) {
        words.add(transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, a, lda, strideA, b, ldb, strideB, c, ldc, strideC, batch);
    }

    /** The calls of a job, from what it wrote. */
    public static List<Gemm> read(Job job) {
        Words written = new Words(0);
        job.description().write(written);
        int[] w = written.toArray();
        List<Gemm> calls = new ArrayList<>();
        for (int i = 0; i < w.length; i += WORDS) {
            calls.add(new Gemm(w[i] != 0, w[i + 1] != 0, w[i + 2], w[i + 3], w[i + 4], w[i + 5], w[i + 6], w[i + 7], w[i + 8], w[i + 9], w[i + 10], w[i + 11],
                w[i + 12], w[i + 13], w[i + 14]));
        }
        return calls;
    }
}

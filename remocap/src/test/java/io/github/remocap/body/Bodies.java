package io.github.remocap.body;

import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.SparseMatrix;

/** Bodies for tests. */
public final class Bodies {
    private Bodies() {
    }

    /** A random body of 7 vertices, 5 joints on a forked chain whose levels are not in the order of the joints, 3 coefficients. */
    public static BodyModel small() {
        int v = 7;
        int j = 5;
        return new BodyModel(DeterministicNumbers.uniform("template", 3 * v, -1, 1), DeterministicNumbers.uniform("shapes", 9 * v, -0.2, 0.2),
            DeterministicNumbers.uniform("poses", 3 * v * 9 * (j - 1), -0.1, 0.1), rows("regressor", j, v), rows("weights", v, j),
            new int[] {-1, 0, 1, 0, 2}, new int[] {0, 1, 2, 4, 5, 6});
    }

    /** Random non-negative rows that sum to 1. */
    public static SparseMatrix rows(String name, int rows, int columns) {
        float[] numbers = DeterministicNumbers.uniform(name, rows * columns, 0, 1);
        double[] dense = new double[numbers.length];
        for (int r = 0; r < rows; r++) {
            double sum = 0;
            for (int c = 0; c < columns; c++) {
                sum += numbers[r * columns + c];
            }
            for (int c = 0; c < columns; c++) {
                dense[r * columns + c] = numbers[r * columns + c] / sum;
            }
        }
        return SparseMatrix.fromDense(rows, columns, dense);
    }

    /** Random numbers in double precision. */
    public static double[] numbers(String name, int size, double low, double high) {
        float[] floats = DeterministicNumbers.uniform(name, size, low, high);
        double[] out = new double[size];
        for (int i = 0; i < size; i++) {
            out[i] = floats[i];
        }
        return out;
    }
}

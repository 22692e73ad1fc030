package io.github.remocap.tensor;

import java.util.Arrays;

/**
 * A constant sparse matrix in compressed row storage: the entries of row r are {@code rowStart[r]} (inclusive) to
 * {@code rowStart[r + 1]} (exclusive) of {@code columns} and {@code values}. The arrays are not copied; do not change them.
 *
 * @param rows number of rows
 * @param cols number of columns
 * @param rowStart rows + 1 ascending offsets, the first 0
 * @param columns column of each entry
 * @param values value of each entry
 */
public record SparseMatrix(int rows, int cols, int[] rowStart, int[] columns, double[] values) {
    /**
     * Checks the structure.
     *
     * @throws IllegalArgumentException naming the first violated rule
     */
    public SparseMatrix {
        if (rows < 0 || cols < 0 || rowStart.length != rows + 1 || rowStart[0] != 0) {
            throw new IllegalArgumentException("sparse matrix " + rows + "x" + cols + ": row offsets must be rows + 1 numbers from 0");
        }
        for (int r = 0; r < rows; r++) {
            if (rowStart[r + 1] < rowStart[r]) {
                throw new IllegalArgumentException("sparse matrix: row offsets descend at row " + r);
            }
        }
        if (columns.length != rowStart[rows] || values.length != rowStart[rows]) {
            throw new IllegalArgumentException("sparse matrix: " + rowStart[rows] + " entries announced, "
                + columns.length + " columns and " + values.length + " values given");
        }
        for (int c : columns) {
            if (c < 0 || c >= cols) {
                throw new IllegalArgumentException("sparse matrix: column " + c + " of " + cols);
            }
        }
    }

    /** From a dense row-major matrix; zeros are left out. */
    public static SparseMatrix fromDense(int rows, int cols, double[] dense) {
        if (dense.length != (long) rows * cols) {
            throw new IllegalArgumentException(dense.length + " values for a " + rows + "x" + cols + " matrix");
        }
        int[] start = new int[rows + 1];
        int count = 0;
        for (double v : dense) {
            count += v != 0 ? 1 : 0;
        }
        int[] columns = new int[count];
        double[] values = new double[count];
        int at = 0;
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                double v = dense[r * cols + c];
                if (v != 0) {
                    columns[at] = c;
                    values[at++] = v;
                }
            }
            start[r + 1] = at;
        }
        return new SparseMatrix(rows, cols, start, columns, values);
    }

    /** Row-major dense form, rows x cols. */
    public double[] toDense() {
        double[] dense = new double[Math.multiplyExact(rows, cols)];
        for (int r = 0; r < rows; r++) {
            for (int i = rowStart[r]; i < rowStart[r + 1]; i++) {
                dense[r * cols + columns[i]] += values[i];
            }
        }
        return dense;
    }

    /** The transposed matrix, entries of a row in ascending column order if this one's rows ascend. */
    public SparseMatrix transpose() {
        int[] start = new int[cols + 1];
        for (int c : columns) {
            start[c + 1]++;
        }
        for (int c = 0; c < cols; c++) {
            start[c + 1] += start[c];
        }
        int[] next = Arrays.copyOf(start, cols);
        int[] transposedColumns = new int[columns.length];
        double[] transposedValues = new double[values.length];
        for (int r = 0; r < rows; r++) {
            for (int i = rowStart[r]; i < rowStart[r + 1]; i++) {
                int at = next[columns[i]]++;
                transposedColumns[at] = r;
                transposedValues[at] = values[i];
            }
        }
        return new SparseMatrix(cols, rows, start, transposedColumns, transposedValues);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SparseMatrix m && rows == m.rows && cols == m.cols && Arrays.equals(rowStart, m.rowStart)
            && Arrays.equals(columns, m.columns) && Arrays.equals(values, m.values);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * rows + cols) + Arrays.hashCode(columns);
    }

    /** For example {@code sparse 6890x1723 (13780 entries)}. */
    @Override
    public String toString() {
        return "sparse " + rows + "x" + cols + " (" + columns.length + " entries)";
    }
}

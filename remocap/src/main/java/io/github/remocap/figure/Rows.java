package io.github.remocap.figure;

import io.github.remocap.tensor.SparseMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Builds a sparse matrix row by row. */
final class Rows {
    private final int columns;
    private final List<Map<Integer, Double>> rows = new ArrayList<>();
    private Map<Integer, Double> open = new TreeMap<>();

    Rows(int columns) {
        this.columns = columns;
    }

    /** Adds to an element of the open row. */
    void add(int column, double value) {
        open.merge(column, value, Double::sum);
    }

    /** Ends the row. */
    void end() {
        rows.add(open);
        open = new TreeMap<>();
    }

    SparseMatrix build() {
        int[] start = new int[rows.size() + 1];
        for (int r = 0; r < rows.size(); r++) {
            start[r + 1] = start[r] + rows.get(r).size();
        }
        int[] at = new int[start[rows.size()]];
        double[] values = new double[at.length];
        int i = 0;
        for (Map<Integer, Double> row : rows) {
            for (Map.Entry<Integer, Double> e : row.entrySet()) {
                at[i] = e.getKey();
                values[i++] = e.getValue();
            }
        }
        return new SparseMatrix(rows.size(), columns, start, at, values);
    }

    /** Matrix times {@code values} {@code [cols,width]}. */
    static double[] times(SparseMatrix matrix, double[] values, int width) {
        double[] out = new double[matrix.rows() * width];
        for (int r = 0; r < matrix.rows(); r++) {
            for (int e = matrix.rowStart()[r]; e < matrix.rowStart()[r + 1]; e++) {
                double w = matrix.values()[e];
                int from = matrix.columns()[e] * width;
                for (int d = 0; d < width; d++) {
                    out[r * width + d] += w * values[from + d];
                }
            }
        }
        return out;
    }
}

package io.github.remocap.io.numpy;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.pickle.PickleContext;
import io.github.remocap.io.pickle.PickleException;
import io.github.remocap.io.pickle.PickleObject;
import io.github.remocap.io.pickle.PickleTuple;
import io.github.remocap.io.pickle.Pickles;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** SciPy's sparse matrices in a pickle: csr, csc and coo, as matrices or as the newer sparse arrays. */
public final class ScipySparse {
    static final String[] CLASSES = classes();

    private ScipySparse() {}

    private static String[] classes() {
        List<String> names = new ArrayList<>();
        for (String kind : new String[] {"csr", "csc", "coo"}) {
            for (String type : new String[] {"_matrix", "_array"}) {
                names.add("scipy.sparse." + kind + "." + kind + type);
                names.add("scipy.sparse._" + kind + "." + kind + type);
            }
        }
        return names.toArray(String[]::new);
    }

    /** Whether the object is an instance of one of SciPy's classes known here. */
    public static boolean isSparse(PickleObject o) {
        return Arrays.asList(CLASSES).contains(o.className());
    }

    private static String kind(PickleObject o) {
        String name = o.className().substring(o.className().lastIndexOf('.') + 1);
        return name.substring(0, name.indexOf('_'));
    }

    /**
     * The matrix, with the columns of each row ascending and duplicates added up.
     *
     * @throws PickleException if an index lies outside the shape, or an attribute is missing or of the wrong kind
     */
    public static SparseMatrix toMatrix(PickleObject o, PickleContext context) throws PickleException, IOException {
        if (!(o.state() instanceof Map<?, ?>)) {
            throw Pickles.wrong(o.state(), "the state of " + o.className(), "a dict");
        }
        Object extents = o.attribute("_shape") != null ? o.attribute("_shape") : o.attribute("shape");
        long[] shape = Pickles.integers(extents, "the shape of a sparse matrix");
        if (shape.length != 2 || shape[0] < 0 || shape[1] < 0 || shape[0] > 1 << 28 || shape[1] > 1 << 28) {
            throw new PickleException("a sparse matrix has two extents below 2^28");
        }
        int rows = (int) shape[0];
        int cols = (int) shape[1];
        StoredTensor values = vector(o, "data");
        long n = values.size();
        context.charge(64 * n + 16L * rows + 16L * cols, "a sparse matrix");
        return switch (kind(o)) {
            case "csr" -> fromCompressed(o, rows, cols, values);
            case "csc" -> fromCompressed(o, cols, rows, values).transpose();
            default -> {
                boolean pair = o.attribute("coords") instanceof PickleTuple c && c.size() == 2;
                StoredTensor row = pair ? vector(((PickleTuple) o.attribute("coords")).get(0), "row") : vector(o, "row");
                StoredTensor column = pair ? vector(((PickleTuple) o.attribute("coords")).get(1), "col") : vector(o, "col");
                yield fromCoordinates(rows, cols, row, column, values);
            }
        };
    }

    private static StoredTensor vector(PickleObject o, String attribute) throws PickleException {
        return vector(o.attribute(attribute), attribute);
    }

    private static StoredTensor vector(@Nullable Object value, String name) throws PickleException {
        if (value instanceof PickledArray a && a.isFilled() && a.array() instanceof NpyArray.Numbers(var t) && t.shape().rank() == 1) {
            return t;
        }
        throw Pickles.wrong(value, "the attribute " + name + " of a sparse matrix", "a vector of numbers");
    }

    /** Rows (or columns) one after the other: entries of line i are indptr[i] to indptr[i + 1]. */
    private static SparseMatrix fromCompressed(PickleObject o, int lines, int width, StoredTensor values) throws PickleException {
        StoredTensor starts = vector(o, "indptr");
        StoredTensor indices = vector(o, "indices");
        if (starts.size() != lines + 1L || starts.getLong(0) != 0 || starts.getLong(lines) > Math.min(indices.size(), values.size())) {
            throw new PickleException("a sparse matrix of " + lines + " lines has one more offset, from 0 to at most its "
                + indices.size() + " indices and " + values.size() + " values");
        }
        int n = (int) starts.getLong(lines);
        int[] line = new int[n];
        for (int l = 0; l < lines; l++) {
            long from = starts.getLong(l);
            long to = starts.getLong(l + 1);
            if (from < 0 || to < from || to > n) {
                throw new PickleException("the offsets of a sparse matrix ascend, not from " + from + " to " + to);
            }
            for (int i = (int) from; i < to; i++) {
                line[i] = l;
            }
        }
        return collect(lines, width, line, indices, values);
    }

    private static SparseMatrix fromCoordinates(int rows, int cols, StoredTensor row, StoredTensor column, StoredTensor values)
            throws PickleException {
        if (row.size() != values.size() || column.size() != values.size() || values.size() > Integer.MAX_VALUE - 8) {
            throw new PickleException("a sparse matrix has as many rows and columns as values, not " + row.size() + ", " + column.size()
                + " and " + values.size());
        }
        int[] lines = new int[(int) values.size()];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = index(row.getLong(i), rows);
        }
        return collect(rows, cols, lines, column, values);
    }

    /** Entries in any order; two transpositions sort them by row, then column. */
    private static SparseMatrix collect(int rows, int cols, int[] row, StoredTensor column, StoredTensor values) throws PickleException {
        int[] start = new int[rows + 1];
        for (int r : row) {
            start[r + 1]++;
        }
        for (int r = 0; r < rows; r++) {
            start[r + 1] += start[r];
        }
        int[] next = Arrays.copyOf(start, rows);
        int[] columns = new int[row.length];
        double[] entries = new double[row.length];
        for (int i = 0; i < row.length; i++) {
            int at = next[row[i]]++;
            columns[at] = index(column.getLong(i), cols);
            entries[at] = values.getDouble(i);
        }
        return merged(new SparseMatrix(rows, cols, start, columns, entries).transpose().transpose());
    }

    private static SparseMatrix merged(SparseMatrix m) {
        int[] start = new int[m.rows() + 1];
        int[] columns = new int[m.columns().length];
        double[] values = new double[columns.length];
        int at = 0;
        for (int r = 0; r < m.rows(); r++) {
            for (int i = m.rowStart()[r]; i < m.rowStart()[r + 1]; i++) {
                if (at > start[r] && columns[at - 1] == m.columns()[i]) {
                    values[at - 1] += m.values()[i];
                } else {
                    columns[at] = m.columns()[i];
                    values[at++] = m.values()[i];
                }
            }
            start[r + 1] = at;
        }
        return at == columns.length ? m
            : new SparseMatrix(m.rows(), m.cols(), start, Arrays.copyOf(columns, at), Arrays.copyOf(values, at));
    }

    private static int index(long i, int extent) throws PickleException {
        if (i < 0 || i >= extent) {
            throw new PickleException("an index of a sparse matrix from 0 to " + (extent - 1) + ", not " + i);
        }
        return (int) i;
    }
}

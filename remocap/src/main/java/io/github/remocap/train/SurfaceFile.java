package io.github.remocap.train;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.model.Config;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A surface in one npz: {@code faces} {@code [F,3]} and {@code edges} {@code [E,2]} of the intermediate mesh, and {@code h36m}
 * {@code [17,fine]}, the regressor of Human3.6M's joints.
 */
final class SurfaceFile {
    private SurfaceFile() {
    }

    /**
     * Reads it.
     *
     * @throws IOException naming file, array and what was expected where something is wrong
     */
    static Surface read(Path file, Config config) throws IOException {
        try (NumpyFile npz = NumpyFile.open(file)) {
            StoredTensor h36m = array(npz, file, "h36m", 2);
            if (h36m.shape().dim(0) != 17 || h36m.shape().dim(1) != config.fine()) {
                throw new IOException(file + ": h36m must be [17, " + config.fine() + "], found " + h36m.shape());
            }
            return new Surface(corners(npz, file, "faces", 3, config.intermediate()), corners(npz, file, "edges", 2, config.intermediate()),
                SparseMatrix.fromDense(17, config.fine(), h36m.toDoubles()));
        }
    }

    private static StoredTensor array(NumpyFile npz, Path file, String name, int rank) throws IOException {
        if (!npz.names().contains(name)) {
            throw new IOException(file + ": no array '" + name + "'; expected faces, edges and h36m, found " + String.join(", ", npz.names()));
        }
        StoredTensor array = npz.tensor(name);
        if (array.shape().rank() != rank) {
            throw new IOException(file + ": " + name + " must be a matrix, found " + array.shape());
        }
        return array;
    }

    private static int[] corners(NumpyFile npz, Path file, String name, int corners, int vertices) throws IOException {
        StoredTensor array = array(npz, file, name, 2);
        if (array.type().isFloating() || array.shape().dim(1) != corners || array.size() == 0) {
            throw new IOException(file + ": " + name + " must be integers [n, " + corners + "], found " + array);
        }
        for (long i = 0; i < array.size(); i++) {
            if (array.getLong(i) < 0 || array.getLong(i) >= vertices) {
                throw new IOException(file + ": row " + i / corners + " of " + name + " names vertex " + array.getLong(i)
                    + " of an intermediate mesh of " + vertices);
            }
        }
        return array.toInts();
    }
}

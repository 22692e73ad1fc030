package io.github.remocap.model;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;

/** A mesh in one npz: {@code adjacency} (coarse, coarse) of truth values and {@code upsample} (fine, intermediate), dense. */
public final class MeshFile {
    private MeshFile() {
    }

    /**
     * Reads it.
     *
     * @throws IOException naming the file and the array where something is wrong
     */
    public static Mesh read(Path file) throws IOException {
        try (NumpyFile npz = NumpyFile.open(file)) {
            StoredTensor adjacency = matrix(npz, file, "adjacency");
            StoredTensor upsample = matrix(npz, file, "upsample");
            int n = adjacency.shape().dim(0);
            if (adjacency.shape().dim(1) != n) {
                throw new IOException(file + ": adjacency must be square, not " + adjacency.shape());
            }
            boolean[][] pairs = new boolean[n][n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    pairs[i][j] = adjacency.getDouble((long) i * n + j) != 0;
                }
            }
            return new Mesh(pairs, SparseMatrix.fromDense(upsample.shape().dim(0), upsample.shape().dim(1), upsample.toDoubles()));
        }
    }

    private static StoredTensor matrix(NumpyFile npz, Path file, String name) throws IOException {
        if (!npz.names().contains(name)) {
            throw new IOException(file + ": no array '" + name + "'; expected adjacency and upsample, found " + npz.names());
        }
        StoredTensor array = npz.tensor(name);
        if (array.shape().rank() != 2) {
            throw new IOException(file + ": " + name + " must be a matrix, not " + array.shape());
        }
        return array;
    }
}

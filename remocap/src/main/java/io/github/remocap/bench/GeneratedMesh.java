package io.github.remocap.bench;

import io.github.remocap.assets.Assets;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.MeshFile;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A mesh that costs what a body's costs, for measurements without a body's files. */
public final class GeneratedMesh {
    /** The name under which {@link #open} makes one. */
    public static final String NAME = "generated";
    /** Neighbours to either side; a vertex of the coarse body mesh has six. */
    private static final int NEIGHBOURS = 3;

    private GeneratedMesh() {
    }

    /** A ring of coarse vertices, each neighbour of three to either side; each fine vertex in the middle of two intermediate ones. */
    public static Mesh of(Config config) {
        int n = config.coarse();
        boolean[][] adjacency = new boolean[n][n];
        for (int i = 0; i < n; i++) {
            for (int d = -NEIGHBOURS; d <= NEIGHBOURS; d++) {
                adjacency[i][Math.floorMod(i + d, n)] = true;
            }
        }
        int fine = config.fine();
        int intermediate = config.intermediate();
        int each = Math.min(2, intermediate);
        int[] start = new int[fine + 1];
        int[] columns = new int[fine * each];
        double[] values = new double[fine * each];
        for (int r = 0; r < fine; r++) {
            int column = (int) ((long) r * (intermediate - each) / Math.max(1, fine - 1));
            for (int k = 0; k < each; k++) {
                columns[r * each + k] = column + k;
                values[r * each + k] = 1.0 / each;
            }
            start[r + 1] = (r + 1) * each;
        }
        return new Mesh(adjacency, new SparseMatrix(fine, intermediate, start, columns, values));
    }

    /**
     * The mesh of a folder of assets, of an npz file, or a generated one for {@value #NAME}.
     *
     * @throws IOException if files are missing or hold something else
     */
    public static Mesh open(String where, Config config) throws IOException {
        if (where.equals(NAME)) {
            return of(config);
        }
        Path path = Path.of(where);
        return Files.isDirectory(path) ? new Assets(path).mesh() : MeshFile.read(path);
    }
}

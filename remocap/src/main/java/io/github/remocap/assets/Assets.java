package io.github.remocap.assets;

import io.github.remocap.body.BodyModel;
import io.github.remocap.body.MeshHierarchy;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.io.torch.TorchFile;
import io.github.remocap.model.Mesh;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A folder of mesh files under FastMETRO's names: {@code smpl_431_adjmat_{indices,values,size}.pt}, {@code mesh_downsampling.npz},
 * {@code J_regressor_h36m_correct.npy}, {@code J_regressor_extra.npy}, {@code smpl_1723_{faces,edges}.npy}, and where the user has it SMPL's model file.
 */
public final class Assets implements BodyAssets {
    /** Whose body a SMPL model file describes. */
    public enum Gender {
        /** The mean of all. */
        NEUTRAL("basicModel_neutral_lbs_10_207_0_v1.0.0.pkl", "basicmodel_neutral_lbs_10_207_0_v1.1.0.pkl", "SMPL_NEUTRAL.pkl"),
        /** Women's. */
        FEMALE("basicModel_f_lbs_10_207_0_v1.0.0.pkl", "basicmodel_f_lbs_10_207_0_v1.1.0.pkl", "SMPL_FEMALE.pkl"),
        /** Men's. */
        MALE("basicmodel_m_lbs_10_207_0_v1.0.0.pkl", "basicmodel_m_lbs_10_207_0_v1.1.0.pkl", "SMPL_MALE.pkl");

        private final List<String> files;

        Gender(String... files) {
            this.files = List.of(files);
        }

        /** Names under which the file is looked for. */
        public List<String> files() {
            return files;
        }
    }

    private final Path folder;
    private final List<Path> used = new ArrayList<>();

    /**
     * Of a folder.
     *
     * @throws IOException if it is none
     */
    public Assets(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder + ": no such folder; expected one with mesh_downsampling.npz and smpl_431_adjmat_*.pt (see docs/assets.md)");
        }
        this.folder = folder;
    }

    @Override
    public String describe() {
        return folder.toString();
    }

    /** The files read so far. */
    @Override
    public List<Path> used() {
        return List.copyOf(used);
    }

    private Path need(String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + ": missing; the assets folder must have it (see docs/assets.md)");
        }
        used.add(file);
        return file;
    }

    /** Adjacency of the coarse mesh, and upsampling from the intermediate to the full one. */
    @Override
    public Mesh mesh() throws IOException {
        return new Mesh(adjacency(), downsampling("U").getFirst());
    }

    private boolean[][] adjacency() throws IOException {
        Path sizeFile = need("smpl_431_adjmat_size.pt");
        Path indexFile = need("smpl_431_adjmat_indices.pt");
        Path valueFile = need("smpl_431_adjmat_values.pt");
        try (TorchFile sizes = TorchFile.read(sizeFile); TorchFile indices = TorchFile.read(indexFile); TorchFile values = TorchFile.read(valueFile)) {
            long[] extents = switch (sizes.content()) {
                case io.github.remocap.io.torch.TorchSize s -> s.extents();
                case StoredTensor t when !t.type().isFloating() -> t.toLongs();
                case null, default -> throw new IOException(sizeFile + ": expected a torch.Size");
            };
            if (!(indices.content() instanceof StoredTensor at) || !(values.content() instanceof StoredTensor value) || extents.length != 2
                || extents[0] != extents[1] || extents[0] > 1 << 16 || at.shape().rank() != 2 || at.shape().dim(0) != 2
                || value.size() != at.shape().dim(1)) {
                throw new IOException(indexFile + ": expected a tensor [2,n] of indices with n values, of a square matrix");
            }
            int n = (int) extents[0];
            boolean[][] adjacency = new boolean[n][n];
            int count = at.shape().dim(1);
            for (int i = 0; i < count; i++) {
                long row = at.getLong(i);
                long column = at.getLong(count + (long) i);
                if (row < 0 || row >= n || column < 0 || column >= n) {
                    throw new IOException(indexFile + ": entry " + i + " is (" + row + ", " + column + ") in a matrix of " + n + " rows");
                }
                adjacency[(int) row][(int) column] |= value.getDouble(i) != 0;
            }
            return adjacency;
        }
    }

    private List<SparseMatrix> downsampling(String name) throws IOException {
        Path file = need("mesh_downsampling.npz");
        try (NumpyFile npz = NumpyFile.open(file)) {
            if (!npz.names().contains(name)) {
                throw new IOException(file + ": no array '" + name + "', only " + npz.names());
            }
            List<SparseMatrix> matrices = npz.sparse(name);
            if (matrices.size() != 2) {
                throw new IOException(file + ": '" + name + "' has " + matrices.size() + " matrices, expected 2");
            }
            return matrices;
        }
    }

    /**
     * Row of the Human3.6M regressor that gives the pelvis, {@code [fine]}.
     *
     * @param fine vertices of the full mesh
     */
    @Override
    public float[] pelvis(int fine) throws IOException {
        Path file = need("J_regressor_h36m_correct.npy");
        try (NumpyFile npy = NumpyFile.open(file)) {
            StoredTensor all = npy.tensor(npy.names().getFirst());
            if (all.shape().rank() != 2 || all.shape().dim(1) != fine || all.shape().dim(0) < 1) {
                throw new IOException(file + ": expected [17," + fine + "], found " + all.shape());
            }
            float[] row = new float[fine];
            for (int i = 0; i < fine; i++) {
                row[i] = (float) all.getDouble(i);
            }
            return row;
        }
    }

    /** SMPL's model file, where the folder has one; the neutral body before others. */
    public Optional<Path> smplFile() {
        return Arrays.stream(Gender.values()).map(this::smplFile).flatMap(Optional::stream).findFirst();
    }

    /** SMPL's model file of a gender, where the folder has it. */
    public Optional<Path> smplFile(Gender gender) {
        return gender.files().stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
    }

    @Override
    public Optional<int[]> faces() throws IOException {
        Optional<Path> file = smplFile();
        if (file.isEmpty()) {
            return Optional.empty();
        }
        used.add(file.get());
        return Optional.of(SmplModel.readFaces(file.get()));
    }

    @Override
    public boolean hasBody(Gender gender) {
        return smplFile(gender).isPresent();
    }

    /**
     * SMPL's model of a gender.
     *
     * @throws IOException if the folder has none, naming the files that it may have, or it is damaged
     */
    @Override
    public BodyModel smpl(Gender gender) throws IOException {
        Optional<Path> file = smplFile(gender);
        if (file.isEmpty()) {
            throw new IOException(folder + ": no SMPL model; the assets folder must have one of " + String.join(", ", gender.files())
                + " (see docs/assets.md)");
        }
        used.add(file.get());
        return SmplModel.read(file.get());
    }

    /** Maps between the three resolutions of the body's mesh. */
    @Override
    public MeshHierarchy hierarchy() throws IOException {
        List<SparseMatrix> up = downsampling("U");
        List<SparseMatrix> down = downsampling("D");
        try {
            return new MeshHierarchy(down.get(0), down.get(1), up.get(0), up.get(1));
        } catch (IllegalArgumentException e) {
            throw new IOException(folder.resolve("mesh_downsampling.npz") + ": " + e.getMessage(), e);
        }
    }

    /**
     * Human3.6M's 17 joints from the full mesh, 17 x fine.
     *
     * @param fine vertices of the full mesh
     */
    @Override
    public SparseMatrix h36m(int fine) throws IOException {
        return regressor("J_regressor_h36m_correct.npy", 17, fine);
    }

    /**
     * The 14 evaluation joints of {@code J_regressor_extra.npy} from the full mesh, 14 x fine.
     *
     * @param fine vertices of the full mesh
     */
    @Override
    public SparseMatrix extraJoints(int fine) throws IOException {
        return regressor("J_regressor_extra.npy", 14, fine);
    }

    private SparseMatrix regressor(String name, int rows, int fine) throws IOException {
        Path file = need(name);
        try (NumpyFile npy = NumpyFile.open(file)) {
            StoredTensor all = npy.tensor(npy.names().getFirst());
            if (!all.shape().equals(Shape.of(rows, fine))) {
                throw new IOException(file + ": expected [" + rows + ", " + fine + "], found " + all.shape());
            }
            return SparseMatrix.fromDense(rows, fine, all.toDoubles());
        }
    }

    /** Edges of the intermediate mesh, two vertex numbers each. */
    @Override
    public int[] intermediateEdges() throws IOException {
        Path file = need("smpl_1723_edges.npy");
        try (NumpyFile npy = NumpyFile.open(file)) {
            return vertices(npy.tensor(npy.names().getFirst()), 2, file.toString());
        }
    }

    /** Faces of the intermediate mesh, three vertex numbers each. */
    @Override
    public int[] intermediateFaces() throws IOException {
        Path file = need("smpl_1723_faces.npy");
        try (NumpyFile npy = NumpyFile.open(file)) {
            return faces(npy.tensor(npy.names().getFirst()), file.toString());
        }
    }

    /** Checks and flattens an array of faces {@code [n,3]}. */
    static int[] faces(StoredTensor array, String source) throws IOException {
        return vertices(array, 3, source);
    }

    /** Checks and flattens an array of vertex numbers {@code [n,corners]}. */
    private static int[] vertices(StoredTensor array, int corners, String source) throws IOException {
        if (array.type().isFloating() || array.type() == DType.BOOL || array.shape().rank() != 2 || array.shape().dim(1) != corners) {
            throw new IOException(source + ": expected integers [any," + corners + "], found " + array.type() + " " + array.shape());
        }
        int[] out = new int[Math.toIntExact(array.size())];
        for (int i = 0; i < out.length; i++) {
            long vertex = array.getLong(i);
            if (vertex < 0 || vertex > Integer.MAX_VALUE) {
                throw new IOException(source + ": row " + i / corners + " names vertex " + vertex);
            }
            out[i] = (int) vertex;
        }
        return out;
    }
}

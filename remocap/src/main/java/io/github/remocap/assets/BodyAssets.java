package io.github.remocap.assets;

import io.github.remocap.assets.Assets.Gender;
import io.github.remocap.body.BodyModel;
import io.github.remocap.body.MeshHierarchy;
import io.github.remocap.model.Mesh;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A body and its meshes: from the user's files, or the one that comes with the program. */
public sealed interface BodyAssets permits Assets, EmbeddedAssets {
    /** Stands for the body that comes with the program where a folder is expected. */
    String EMBEDDED = "embedded";

    /**
     * A folder of files, or for {@value #EMBEDDED} the body that comes with the program; a folder of that name can be given as
     * {@code ./embedded}.
     *
     * @throws IOException if there is no such folder
     */
    static BodyAssets open(Path folder) throws IOException {
        return folder.toString().equals(EMBEDDED) ? new EmbeddedAssets() : new Assets(folder);
    }

    /** What it is, for reports. */
    String describe();

    /** The files read so far. */
    List<Path> used();

    /** Adjacency of the coarse mesh, and upsampling from the intermediate to the full one. */
    Mesh mesh() throws IOException;

    /** Maps between the three resolutions of the body's mesh. */
    MeshHierarchy hierarchy() throws IOException;

    /**
     * Row of the Human3.6M regressor that gives the pelvis, {@code [fine]}.
     *
     * @param fine vertices of the full mesh
     */
    float[] pelvis(int fine) throws IOException;

    /**
     * Human3.6M's 17 joints from the full mesh, 17 x fine.
     *
     * @param fine vertices of the full mesh
     */
    SparseMatrix h36m(int fine) throws IOException;

    /**
     * The 14 joints of {@code J_regressor_extra.npy} from the full mesh, 14 x fine.
     *
     * @param fine vertices of the full mesh
     */
    SparseMatrix extraJoints(int fine) throws IOException;

    /** Edges of the intermediate mesh, two vertex numbers each. */
    int[] intermediateEdges() throws IOException;

    /** Faces of the intermediate mesh, three vertex numbers each. */
    int[] intermediateFaces() throws IOException;

    /** Faces of the full mesh, three vertex numbers each, where they are known. */
    Optional<int[]> faces() throws IOException;

    /** Whether there is a parametric body of a gender. */
    boolean hasBody(Gender gender);

    /**
     * The parametric body of a gender.
     *
     * @throws IOException if there is none, naming the files that may have it, or it is damaged
     */
    BodyModel smpl(Gender gender) throws IOException;
}

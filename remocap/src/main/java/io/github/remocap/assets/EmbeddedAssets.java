package io.github.remocap.assets;

import io.github.remocap.assets.Assets.Gender;
import io.github.remocap.body.BodyModel;
import io.github.remocap.body.Joints;
import io.github.remocap.body.MeshHierarchy;
import io.github.remocap.figure.Figure;
import io.github.remocap.model.Mesh;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The body that comes with the program; it is the same for all genders. */
public final class EmbeddedAssets implements BodyAssets {
    private final Figure figure = Figure.get();

    @Override
    public String describe() {
        return "the embedded body, " + figure.body().vertices() + " vertices";
    }

    @Override
    public List<Path> used() {
        return List.of();
    }

    @Override
    public Mesh mesh() {
        return new Mesh(figure.adjacency(), figure.hierarchy().intermediateToFine());
    }

    @Override
    public MeshHierarchy hierarchy() {
        return figure.hierarchy();
    }

    @Override
    public float[] pelvis(int fine) throws IOException {
        SparseMatrix all = h36m(fine);
        float[] row = new float[fine];
        for (int e = all.rowStart()[Joints.H36M_PELVIS]; e < all.rowStart()[Joints.H36M_PELVIS + 1]; e++) {
            row[all.columns()[e]] = (float) all.values()[e];
        }
        return row;
    }

    @Override
    public SparseMatrix h36m(int fine) throws IOException {
        return sized(figure.h36m(), fine);
    }

    @Override
    public SparseMatrix extraJoints(int fine) throws IOException {
        return sized(figure.extraJoints(), fine);
    }

    private SparseMatrix sized(SparseMatrix regressor, int fine) throws IOException {
        if (regressor.cols() != fine) {
            throw new IOException("the embedded body has " + regressor.cols() + " vertices, " + figure.hierarchy().fineToIntermediate().rows() + " and "
                + figure.adjacency().length + " in the coarser meshes; the model has " + fine + " (fine)");
        }
        return regressor;
    }

    @Override
    public int[] intermediateEdges() {
        return figure.intermediateEdges();
    }

    @Override
    public int[] intermediateFaces() {
        return figure.intermediateFaces();
    }

    @Override
    public Optional<int[]> faces() {
        return Optional.of(figure.body().faces());
    }

    @Override
    public boolean hasBody(Gender gender) {
        return true;
    }

    @Override
    public BodyModel smpl(Gender gender) {
        return figure.body();
    }
}

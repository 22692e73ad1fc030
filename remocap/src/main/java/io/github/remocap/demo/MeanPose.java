package io.github.remocap.demo;

import io.github.remocap.assets.Assets.Gender;
import io.github.remocap.assets.BodyAssets;
import io.github.remocap.body.Joints;
import io.github.remocap.body.Metrics;
import io.github.remocap.body.Posing;
import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.data.Annotation;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Who always answers with the mean of the training frames, whatever the picture shows. A network that saw nothing could do as well, so
 * errors are worth comparing with these.
 */
public final class MeanPose {
    /** Of so many training frames the mesh goes into the mean; more change nothing. */
    private static final int MESHES = 1000;

    /**
     * Means over frames in millimetres.
     *
     * @param mpjpe mean error of the joints
     * @param paMpjpe the same after Procrustes alignment
     * @param mpvpe mean error of the vertices
     */
    public record Errors(double mpjpe, double paMpjpe, double mpvpe) {
    }

    private final Posing body;
    private final SparseMatrix h36m;
    private final double[] joints = new double[3 * Joints.COUNT];
    private final double[] mesh;

    /**
     * The mean of data sets whose frames all have joints, pose and shape.
     *
     * @throws IOException if rows cannot be read
     */
    public MeanPose(BodyAssets assets, List<? extends AnnotatedImages> training) throws IOException {
        body = new Posing(assets.smpl(Gender.NEUTRAL));
        h36m = assets.h36m(body.body().vertices());
        mesh = new double[body.body().template().length];
        int rows = training.stream().mapToInt(AnnotatedImages::size).sum();
        int every = Math.max(1, rows / MESHES);
        int meshes = 0;
        int row = 0;
        for (AnnotatedImages data : training) {
            for (int i = 0; i < data.size(); i++) {
                Annotation a = data.annotation(i);
                add(joints, joints(a));
                if (row++ % every == 0) {
                    add(mesh, mesh(a));
                    meshes++;
                }
            }
        }
        divide(joints, rows);
        divide(mesh, meshes);
    }

    private static void add(double[] sum, double[] values) {
        Arrays.setAll(sum, i -> sum[i] + values[i]);
    }

    private static void divide(double[] sum, int count) {
        Arrays.setAll(sum, i -> sum[i] / count);
    }

    /** The 14 joints from the pelvis. */
    private static double[] joints(Annotation a) {
        float[] fourteen = Joints.from24(a.joints3d(), 4);
        double[] out = new double[3 * Joints.COUNT];
        for (int i = 0; i < out.length; i++) {
            out[i] = fourteen[i / 3 * 4 + i % 3] - a.joints3d()[4 * Joints.J24_PELVIS + i % 3];
        }
        return out;
    }

    /** The mesh from the pelvis. */
    private double[] mesh(Annotation a) {
        double[] vertices = body.vertices(a.pose(), a.betas());
        double[] at = Posing.apply(h36m, vertices);
        for (int i = 0; i < vertices.length; i++) {
            vertices[i] -= at[3 * Joints.H36M_PELVIS + i % 3];
        }
        return vertices;
    }

    /** Errors on a data set. */
    public Errors errors(AnnotatedImages data) throws IOException {
        List<Double> mpjpe = new ArrayList<>();
        List<Double> aligned = new ArrayList<>();
        List<Double> vertices = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) {
            Annotation a = data.annotation(i);
            double[] truth = joints(a);
            mpjpe.add(Metrics.mpjpe(joints, truth)[0]);
            aligned.add(Metrics.paMpjpe(joints, truth, Joints.COUNT)[0]);
            vertices.add(Metrics.mpvpe(mesh, mesh(a), body.body().vertices())[0]);
        }
        return new Errors(millimetres(mpjpe), millimetres(aligned), millimetres(vertices));
    }

    private static double millimetres(List<Double> errors) {
        return 1000 * errors.stream().mapToDouble(e -> e).average().orElse(Double.NaN);
    }
}

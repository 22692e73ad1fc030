package io.github.remocap.data;

import io.github.remocap.assets.Assets.Gender;
import io.github.remocap.assets.BodyAssets;
import io.github.remocap.body.BodyModel;
import io.github.remocap.body.Posing;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;

/**
 * The bodies that pose and shape of a data set belong to, and METRO's 24 joints from their meshes.
 *
 * @param neutral for everybody, as in the reference; or for those whose gender is unknown
 * @param female for women
 * @param male for men
 * @param joints 24 x vertices: METRO's joints
 */
public record TruthBodies(Posing neutral, Posing female, Posing male, SparseMatrix joints) {
    /** The 24 among SMPL's 24 and the 14 extra joints ({@code JOINTS_IDX} of METRO's {@code config.py}). */
    private static final int[] JOINTS = {8, 5, 29, 30, 4, 7, 21, 19, 17, 16, 18, 20, 31, 32, 33, 34, 35, 36, 37, 24, 26, 25, 28, 27};

    /** The neutral body for everybody, as in the reference. */
    public static TruthBodies neutral(BodyAssets assets) throws IOException {
        Posing body = new Posing(assets.smpl(Gender.NEUTRAL));
        return new TruthBodies(body, body, body, joints(body.body(), assets.extraJoints(body.body().vertices())));
    }

    /** Each gender's own body, to which 3DPW's annotations belong. */
    public static TruthBodies gendered(BodyAssets assets) throws IOException {
        TruthBodies neutral = neutral(assets);
        return new TruthBodies(neutral.neutral, new Posing(assets.smpl(Gender.FEMALE)), new Posing(assets.smpl(Gender.MALE)), neutral.joints);
    }

    /** One body for everybody. */
    public static TruthBodies of(BodyModel body, SparseMatrix joints) {
        Posing posing = new Posing(body);
        return new TruthBodies(posing, posing, posing, joints);
    }

    /**
     * METRO's 24 joints, 24 x vertices.
     *
     * @param extra 14 x vertices
     */
    private static SparseMatrix joints(BodyModel body, SparseMatrix extra) throws IOException {
        int v = body.vertices();
        if (body.joints() != Annotation.JOINTS) {
            throw new IOException("data sets are annotated with a body of " + Annotation.JOINTS + " joints, this one has " + body.joints());
        }
        double[] own = body.jointRegressor().toDense();
        double[] more = extra.toDense();
        double[] all = new double[Annotation.JOINTS * v];
        for (int j = 0; j < JOINTS.length; j++) {
            boolean smpl = JOINTS[j] < Annotation.JOINTS;
            System.arraycopy(smpl ? own : more, (smpl ? JOINTS[j] : JOINTS[j] - Annotation.JOINTS) * v, all, j * v, v);
        }
        return SparseMatrix.fromDense(Annotation.JOINTS, v, all);
    }

    /** The body of a gender. */
    public Posing body(String gender) {
        return switch (gender) {
            case "female", "f" -> female;
            case "male", "m" -> male;
            default -> neutral;
        };
    }
}

package io.github.remocap.synthetic;

import io.github.remocap.figure.Figure;
import io.github.remocap.image.Frame;
import io.github.remocap.render.SceneCamera;
import io.github.remocap.render.SceneRasteriser;
import io.github.remocap.render.Thing;
import io.github.remocap.tensor.SparseMatrix;
import java.util.ArrayList;
import java.util.List;

/** Takes square pictures of scenes. One instance serves one thread at a time. */
final class Photographer {
    private static final int SAMPLES = 2;
    /** How much wider the view is in which all of a body is counted. */
    private static final int WIDE = 2;

    private final int size;
    private final SceneRasteriser rasteriser;
    private final SceneRasteriser wide;
    private final SparseMatrix joints = Figure.get().j24();
    private final int[] faces = Figure.get().body().faces();

    /**
     * For pictures of one size.
     *
     * @param size their side in pixels
     */
    Photographer(int size) {
        this.size = size;
        rasteriser = new SceneRasteriser(size, size, SAMPLES);
        wide = new SceneRasteriser(WIDE * size, WIDE * size, 1);
    }

    /** The picture of a scene at a time in seconds. */
    Shot shoot(Scene scene, double time) {
        Viewpoint viewpoint = scene.camera().apply(time);
        SceneCamera camera = new SceneCamera(scene.focal(), size / 2.0, size / 2.0);
        List<Thing> things = new ArrayList<>();
        Actor person = scene.person();
        Motion.Moment moment = person.motion().at(time);
        float[] pose = person.pose(moment, viewpoint);
        Thing body = body(person, moment, pose, viewpoint);
        things.add(body);
        for (Actor other : scene.others()) {
            Motion.Moment theirs = other.motion().at(time);
            things.add(body(other, theirs, other.pose(theirs, viewpoint), viewpoint));
        }
        for (Block block : scene.blocks()) {
            things.add(block.seen(viewpoint));
        }
        int[] argb = scene.backdrop().seen(viewpoint.right() * scene.focal(), viewpoint.down() * scene.focal());
        int seen = rasteriser.draw(argb, things, camera, scene.light())[0];
        int all = SAMPLES * SAMPLES * wide.samples(body, new SceneCamera(scene.focal(), WIDE * size / 2.0, WIDE * size / 2.0));
        return shot(new Frame(size, size, argb), pose, person, body.vertices(), camera, all == 0 ? 0 : Math.min(1, (double) seen / all));
    }

    private Thing body(Actor actor, Motion.Moment moment, float[] pose, Viewpoint viewpoint) {
        return new Thing(actor.vertices(pose, moment, viewpoint), faces, actor.paint());
    }

    private Shot shot(Frame picture, float[] pose, Actor person, float[] vertices, SceneCamera camera, double share) {
        int n = joints.rows();
        float[] joints3d = new float[3 * n];
        float[] joints2d = new float[2 * n];
        boolean[] visible = new boolean[n];
        for (int j = 0; j < n; j++) {
            double[] at = new double[3];
            for (int e = joints.rowStart()[j]; e < joints.rowStart()[j + 1]; e++) {
                for (int d = 0; d < 3; d++) {
                    at[d] += joints.values()[e] * vertices[3 * joints.columns()[e] + d];
                }
            }
            for (int d = 0; d < 3; d++) {
                joints3d[3 * j + d] = (float) at[d];
            }
            joints2d[2 * j] = (float) camera.x(at[0], at[2]);
            joints2d[2 * j + 1] = (float) camera.y(at[1], at[2]);
            visible[j] = joints2d[2 * j] >= 0 && joints2d[2 * j] < size && joints2d[2 * j + 1] >= 0 && joints2d[2 * j + 1] < size
                && rasteriser.shows(0, joints2d[2 * j], joints2d[2 * j + 1], size / 100.0);
        }
        double[] box = {Double.MAX_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE, -Double.MAX_VALUE};
        for (int v = 0; v < vertices.length; v += 3) {
            double x = camera.x(vertices[v], vertices[v + 2]);
            double y = camera.y(vertices[v + 1], vertices[v + 2]);
            box[0] = Math.min(box[0], x);
            box[1] = Math.min(box[1], y);
            box[2] = Math.max(box[2], x);
            box[3] = Math.max(box[3], y);
        }
        return new Shot(picture, pose, person.betas(), vertices, joints3d, joints2d, visible, box, share);
    }
}

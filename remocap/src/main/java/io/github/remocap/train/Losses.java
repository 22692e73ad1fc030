package io.github.remocap.train;

import io.github.remocap.autograd.Norms;
import io.github.remocap.body.Camera;
import io.github.remocap.body.Joints;
import io.github.remocap.body.MeshHierarchy;
import io.github.remocap.body.Rotations;
import io.github.remocap.body.Skinning;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The losses as graph nodes: those of FastMETRO (Cho et al. 2022, https://arxiv.org/abs/2207.13820), each with RemoCap's velocity loss
 * beside it. Where a loss counts annotated frames only, they are selected by multiplication with 0 or 1 and the mean is taken over
 * their number, so that one compiled graph serves all batches; a loss over no frames is 0. Velocities count all frames.
 */
public final class Losses {
    private static final double EDGE_EPS = 1e-8;
    private static final double NORMALIZE_EPS = 1e-12;
    private static final double BETAS = 0.1;

    /**
     * A loss.
     *
     * @param total the weighted sum of the parts, a scalar
     * @param parts scalars by name, before their weights: those of {@code joints_3d}, {@code vertices}, {@code edge_normal},
     *     {@code joints_2d} and {@code smpl} whose weights are not 0
     */
    public record Result(Tensor total, Map<String, Tensor> parts) {
    }

    /** A sum that is null as long as it is empty. */
    private static final class Sum {
        private @Nullable Tensor sum;

        void add(double weight, Tensor term) {
            Tensor weighted = weight == 1 ? term : term.mul(weight);
            Tensor before = sum;
            sum = before == null ? weighted : before.add(weighted);
        }
    }

    private final TruthInputs truth;
    private final Surface surface;
    private final LossWeights weights;
    private final int frames;
    private final Map<String, Tensor> parts = new LinkedHashMap<>();
    private final Sum total = new Sum();

    private Losses(TruthInputs truth, Surface surface, LossWeights weights, int frames) {
        this.truth = truth;
        this.surface = surface;
        this.weights = weights;
        this.frames = frames;
    }

    /**
     * Builds the loss.
     *
     * @param outputs the network's, by name
     * @param frames frames of a clip; 1 for single images, which have no velocity
     * @throws IllegalArgumentException if all weights are 0, or the network has the SMPL regressor but the truth no parameters
     */
    public static Result build(Graph graph, Map<String, Tensor> outputs, TruthInputs truth, Surface surface, LossWeights weights, int frames) {
        int n = truth.has3d().dim(0);
        if (frames < 1 || n % frames != 0) {
            throw new IllegalArgumentException("losses: " + n + " frames are no whole number of clips of " + frames);
        }
        try (Graph.Scope ignored = graph.scope("loss")) {
            return new Losses(truth, surface, weights, frames).build(outputs);
        }
    }

    private Result build(Map<String, Tensor> outputs) {
        LossWeights w = weights;
        Tensor h36m = MeshHierarchy.apply(surface.h36m(), output(outputs, "pred_3d_vertices_fine"));
        Tensor pelvis = h36m.slice(1, Joints.H36M_PELVIS, 1);
        Tensor truthPelvis = MeshHierarchy.apply(surface.h36m(), truth.fine()).slice(1, Joints.H36M_PELVIS, 1);
        List<Tensor> joints = List.of(centred(output(outputs, "pred_3d_joints")), fourteen(h36m));
        Tensor camera = output(outputs, "pred_cam");
        if (w.joints3d() != 0) {
            Sum sum = new Sum();
            for (Tensor j : joints) {
                sum.add(1, joints3d(j, truth.joints3d(), truth.has3d()));
                velocity(sum, j.sub(truth.joints3d().slice(2, 0, 3)));
            }
            part("joints_3d", w.joints3d(), sum);
        }
        if (w.vertices() != 0) {
            Sum sum = new Sum();
            mesh(sum, w.fine(), output(outputs, "pred_3d_vertices_fine"), truth.fine(), pelvis, truthPelvis);
            mesh(sum, w.intermediate(), output(outputs, "pred_3d_vertices_intermediate"), truth.intermediate(), pelvis, truthPelvis);
            mesh(sum, w.coarse(), output(outputs, "pred_3d_vertices_coarse"), truth.coarse(), pelvis, truthPelvis);
            part("vertices", w.vertices(), sum);
        }
        if (w.edgeNormal() != 0) {
            Tensor p = output(outputs, "pred_3d_vertices_intermediate").sub(pelvis);
            Tensor g = truth.intermediate().sub(truthPelvis);
            Sum sum = new Sum();
            if (w.edgeGt() != 0) {
                sum.add(w.edgeGt(), edgesTruth(p, g, truth.hasSmpl(), surface.edges()));
            }
            if (w.edgeSelf() != 0) {
                sum.add(w.edgeSelf(), edgesSelf(p, truth.hasSmpl(), surface.edges()));
            }
            if (w.normal() != 0) {
                sum.add(w.normal(), normals(p, g, truth.hasSmpl(), surface.faces()));
            }
            part("edge_normal", w.edgeNormal(), sum);
        }
        if (w.joints2d() != 0) {
            Sum sum = new Sum();
            for (Tensor j : joints) {
                Tensor q = Camera.orthographic(j, camera);
                sum.add(1, joints2d(q, truth.joints2d()));
                velocity(sum, q.sub(truth.joints2d().slice(2, 0, 2)));
            }
            part("joints_2d", w.joints2d(), sum);
        }
        if (outputs.containsKey("pred_rotmat") && w.smpl() != 0) {
            return withRegressor(output(outputs, "pred_rotmat"), output(outputs, "pred_betas"), camera, truthPelvis);
        }
        if (total.sum == null) {
            throw new IllegalArgumentException("losses: all weights are 0");
        }
        return new Result(total.sum, parts);
    }

    private static Tensor output(Map<String, Tensor> outputs, String name) {
        Tensor output = outputs.get(name);
        if (output == null) {
            throw new IllegalArgumentException("losses: the network has no output '" + name + "', only " + outputs.keySet());
        }
        return output;
    }

    private void part(String name, double weight, Sum sum) {
        if (sum.sum != null) {
            parts.put(name, sum.sum);
            total.add(weight, sum.sum);
        }
    }

    private void mesh(Sum sum, double weight, Tensor predicted, Tensor expected, Tensor pelvis, Tensor truthPelvis) {
        if (weight != 0) {
            Tensor delta = predicted.sub(pelvis).sub(expected.sub(truthPelvis));
            Sum both = new Sum();
            both.add(1, meanOf(delta.abs(), truth.hasSmpl()));
            velocity(both, delta);
            sum.add(weight, Objects.requireNonNull(both.sum));
        }
    }

    private void velocity(Sum sum, Tensor delta) {
        if (frames > 1 && weights.velocity() != 0) {
            sum.add(weights.velocity(), velocity(delta, frames));
        }
    }

    /** FastMETRO's losses of the regressor: its parameters, and where there is a body its mesh; the camera learns nothing from it. */
    private Result withRegressor(Tensor rotations, Tensor betas, Tensor camera, Tensor truthPelvis) {
        Tensor pose = truth.pose();
        Tensor trueBetas = truth.betas();
        if (pose == null || trueBetas == null) {
            throw new IllegalArgumentException("losses: the network has the SMPL regressor, the truth no pose and betas");
        }
        Tensor has = truth.hasSmpl();
        Sum sum = new Sum();
        sum.add(1, parameters(rotations, betas, pose, trueBetas, has));
        Skinning body = surface.body();
        if (body != null) {
            Tensor mesh = body.vertices(rotations, betas);
            Tensor h36m = MeshHierarchy.apply(surface.h36m(), mesh);
            Tensor joints = fourteen(h36m);
            sum.add(1, joints3d(joints, truth.joints3d(), truth.has3d()));
            sum.add(1, joints2d(Camera.orthographic(joints, camera.detach()), truth.joints2d()));
            sum.add(1, vertices(mesh.sub(h36m.slice(1, Joints.H36M_PELVIS, 1)), truth.fine().sub(truthPelvis), has));
        }
        Tensor smpl = Objects.requireNonNull(sum.sum);
        parts.put("smpl", smpl);
        Tensor all = smpl.mul(weights.smpl());
        Tensor others = total.sum;
        if (others != null && weights.rest() != 0) {
            all = all.add(others.mul(weights.rest()));
        }
        return new Result(all, parts);
    }

    /** The 14 joints among Human3.6M's, from the pelvis. */
    private static Tensor fourteen(Tensor h36m) {
        return h36m.gather(1, Joints.H36M_TO_14.stream().mapToInt(i -> i).toArray()).sub(h36m.slice(1, Joints.H36M_PELVIS, 1));
    }

    /** Joints {@code [n,14,3]} from the middle of the hips. */
    static Tensor centred(Tensor joints) {
        return joints.sub(joints.slice(1, Joints.RIGHT_HIP, 1).add(joints.slice(1, Joints.LEFT_HIP, 1)).mul(0.5));
    }

    /** The mean of x {@code [n,...]} over the frames that {@code has} {@code [n]} marks with 1; 0 if there are none. */
    static Tensor meanOf(Tensor x, Tensor has) {
        Tensor each = x.mean(1, x.shape().rank() - 1);
        return each.mul(has).sum().binary(BinaryFn.DIV_OR_ZERO, has.sum());
    }

    /**
     * The mean length of the difference of frame-to-frame differences over all frames.
     *
     * @param delta {@code [n,k,d]}, prediction minus truth
     * @param frames of a clip, at least 2
     */
    public static Tensor velocity(Tensor delta, int frames) {
        int k = delta.dim(1);
        int d = delta.dim(2);
        Tensor clips = delta.reshape(-1, frames, k, d);
        return Norms.l2(clips.slice(1, 1, frames - 1).sub(clips.slice(1, 0, frames - 1))).mean();
    }

    /**
     * The mean of confidence times absolute difference over frames with 3D joints, both sides centred on the middle of the hips.
     *
     * @param predicted {@code [n,14,3]}
     * @param truth {@code [n,14,4]}, the last its confidence
     * @param has {@code [n]}, 0 or 1
     */
    public static Tensor joints3d(Tensor predicted, Tensor truth, Tensor has) {
        Tensor difference = centred(predicted).sub(centred(truth.slice(2, 0, 3))).abs();
        return meanOf(difference.mul(truth.slice(2, 3, 1)), has);
    }

    /**
     * The mean of confidence times absolute difference over all frames.
     *
     * @param predicted {@code [n,14,2]}
     * @param truth {@code [n,14,3]}, the last its confidence
     */
    public static Tensor joints2d(Tensor predicted, Tensor truth) {
        return predicted.sub(truth.slice(2, 0, 2)).abs().mul(truth.slice(2, 2, 1)).mean();
    }

    /** The mean absolute difference of vertices {@code [n,V,3]} over the frames that {@code has} {@code [n]} marks. */
    public static Tensor vertices(Tensor predicted, Tensor truth, Tensor has) {
        return meanOf(predicted.sub(truth).abs(), has);
    }

    /** Lengths {@code [n,E]} of edges of meshes {@code [n,V,3]}: {@code sqrt(squares + 1e-8)}. */
    static Tensor edgeLengths(Tensor v, int[] edges) {
        Tensor side = v.gather(1, Surface.corner(edges, 2, 0)).sub(v.gather(1, Surface.corner(edges, 2, 1)));
        return side.square().sum(2, 2).add(EDGE_EPS).sqrt();
    }

    /** The mean absolute difference of edge lengths. */
    public static Tensor edgesTruth(Tensor predicted, Tensor truth, Tensor has, int[] edges) {
        return meanOf(edgeLengths(predicted, edges).sub(edgeLengths(truth, edges)).abs(), has);
    }

    /** The mean edge length. */
    public static Tensor edgesSelf(Tensor predicted, Tensor has, int[] edges) {
        return meanOf(edgeLengths(predicted, edges), has);
    }

    /** The mean absolute cosine between the sides of predicted faces and the true faces' normals. */
    public static Tensor normals(Tensor predicted, Tensor truth, Tensor has, int[] faces) {
        Tensor[] g = corners(truth, faces);
        Tensor normal = normalize(cross(normalize(g[1].sub(g[0])), normalize(g[2].sub(g[0]))));
        Tensor[] p = corners(predicted, faces);
        Tensor cosines = predicted.graph().concat(1, cosine(p[0], p[1], normal), cosine(p[0], p[2], normal), cosine(p[1], p[2], normal));
        return meanOf(cosines, has);
    }

    private static Tensor[] corners(Tensor v, int[] faces) {
        return new Tensor[] {v.gather(1, Surface.corner(faces, 3, 0)), v.gather(1, Surface.corner(faces, 3, 1)),
            v.gather(1, Surface.corner(faces, 3, 2))};
    }

    private static Tensor cosine(Tensor from, Tensor to, Tensor normal) {
        return normalize(to.sub(from)).mul(normal).sum(2, 2).abs();
    }

    /** Vectors {@code [n,F,3]} divided by max(length, 1e-12). */
    private static Tensor normalize(Tensor v) {
        Tensor length = Norms.l2(v).binary(BinaryFn.MAX, v.graph().scalar(NORMALIZE_EPS));
        return v.div(length.reshape(v.dim(0), v.dim(1), 1));
    }

    private static Tensor cross(Tensor a, Tensor b) {
        return a.gather(2, 1, 2, 0).mul(b.gather(2, 2, 0, 1)).sub(a.gather(2, 2, 0, 1).mul(b.gather(2, 1, 2, 0)));
    }

    /**
     * The mean squared difference of rotation matrices, plus a tenth of that of the shape coefficients.
     *
     * @param rotations {@code [n,J,3,3]}
     * @param betas {@code [n,K]}
     * @param pose {@code [n,3J]}, axis-angle
     * @param trueBetas {@code [n,K]}
     * @param has {@code [n]}, 0 or 1
     */
    public static Tensor parameters(Tensor rotations, Tensor betas, Tensor pose, Tensor trueBetas, Tensor has) {
        Tensor expected = Rotations.rodrigues(pose.reshape(-1, 3)).reshape(rotations.shape());
        return meanOf(rotations.sub(expected).square(), has).add(meanOf(betas.sub(trueBetas).square(), has).mul(BETAS));
    }
}

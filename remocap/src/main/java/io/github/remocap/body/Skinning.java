package io.github.remocap.body;

import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Linear blend skinning of a {@link BodyModel} as graph nodes, differentiable in pose and shape. Formulas: Loper et al. 2015,
 * equations 2 to 10. Joints of equal depth in the tree are composed together, so that there are a few nodes for each level and not for
 * each joint.
 */
public final class Skinning {
    /**
     * A posed body.
     *
     * @param vertices {@code [n,V,3]}, metres
     * @param joints {@code [n,J,3]}, metres
     */
    public record Posed(Tensor vertices, Tensor joints) {
    }

    private final BodyModel body;
    private final float[] directions; // [3V, K + 9(J-1)]: shape, then pose
    private final float[] jointDirections; // [6J, K]: bones (a joint seen from its parent), then joints
    private final float[] jointMeans; // [6J]
    private final List<int[]> levels = new ArrayList<>(); // joints by depth

    /** Of a body; what does not depend on pose and shape is prepared here. */
    public Skinning(BodyModel body) {
        this.body = body;
        int k = body.shapes();
        int p = 9 * (body.joints() - 1);
        directions = new float[body.template().length * (k + p)];
        for (int row = 0; row < body.template().length; row++) {
            System.arraycopy(body.shapeDirections(), row * k, directions, row * (k + p), k);
            System.arraycopy(body.poseDirections(), row * p, directions, row * (k + p) + k, p);
        }
        int coordinates = 3 * body.joints();
        double[] rest = body.restJoints();
        jointDirections = new float[2 * coordinates * k];
        jointMeans = new float[2 * coordinates];
        for (int c = 0; c < coordinates; c++) {
            int parent = body.parents()[c / 3];
            int parentRow = (3 * parent + c % 3) * (1 + k);
            for (int i = 0; i <= k; i++) {
                double joint = rest[c * (1 + k) + i];
                double bone = joint - (parent < 0 ? 0 : rest[parentRow + i]);
                if (i == 0) {
                    jointMeans[c] = (float) bone;
                    jointMeans[coordinates + c] = (float) joint;
                } else {
                    jointDirections[c * k + i - 1] = (float) bone;
                    jointDirections[(coordinates + c) * k + i - 1] = (float) joint;
                }
            }
        }
        int[] depth = new int[body.joints()];
        for (int j = 1; j < depth.length; j++) {
            depth[j] = depth[body.parents()[j]] + 1;
        }
        for (int level = 0; level <= Arrays.stream(depth).max().orElse(0); level++) {
            int at = level;
            levels.add(IntStream.range(0, depth.length).filter(j -> depth[j] == at).toArray());
        }
    }

    /** The body. */
    public BodyModel body() {
        return body;
    }

    /**
     * Poses the body.
     *
     * @param pose {@code [n,3J]}, axis times angle of each joint relative to its parent, or rotation matrices {@code [n,J,3,3]}
     * @param betas {@code [n,K]}
     * @throws IllegalArgumentException if the shapes are others
     */
    public Posed pose(Tensor pose, Tensor betas) {
        int j = body.joints();
        int k = body.shapes();
        Shape s = pose.shape();
        boolean matrices = s.rank() == 4 && s.dim(1) == j && s.dim(2) == 3 && s.dim(3) == 3;
        if (!matrices && !(s.rank() == 2 && s.dim(1) == 3 * j)) {
            throw new IllegalArgumentException("skinning: the pose must be [n," + 3 * j + "] or [n," + j + ",3,3], not " + s);
        }
        int n = s.dim(0);
        if (!betas.shape().equals(Shape.of(n, k))) {
            throw new IllegalArgumentException("skinning: the betas must be " + Shape.of(n, k) + ", not " + betas.shape());
        }
        Graph graph = pose.graph();
        try (Graph.Scope ignored = graph.scope("skinning")) {
            Tensor rotations = matrices ? pose : Rotations.rodrigues(pose.reshape(n * j, 3)).reshape(n, j, 3, 3);
            Tensor means = graph.constant(Shape.of(6 * j), jointMeans);
            Tensor at = k == 0 ? means.broadcast(Shape.of(n, 6 * j))
                : betas.matmul(graph.constant(Shape.of(6 * j, k), MemorySegment.ofArray(jointDirections)), false, true).add(means);
            Tensor bones = at.slice(1, 0, 3 * j).reshape(n, j, 3, 1);
            Tensor rest = at.slice(1, 3 * j, 3 * j).reshape(n, j, 3, 1);
            Tensor world = compose(rotations, bones); // [n,J,4,4]
            Tensor turn = world.slice(2, 0, 3).slice(3, 0, 3); // [n,J,3,3]
            Tensor joints = world.slice(2, 0, 3).slice(3, 3, 1); // [n,J,3,1]
            Tensor fromRest = graph.concat(3, turn, joints.sub(turn.matmul(rest))); // [n,J,3,4]
            return new Posed(blend(shaped(rotations, betas), fromRest), joints.reshape(n, j, 3));
        }
    }

    /** Transforms of all joints to the body's frame, {@code [n,J,4,4]}, from those to their parents. */
    private Tensor compose(Tensor rotations, Tensor bones) {
        Graph graph = rotations.graph();
        int n = rotations.dim(0);
        int j = body.joints();
        Tensor bottom = graph.constant(Shape.of(1, 1, 1, 4), 0, 0, 0, 1).broadcast(Shape.of(n, j, 1, 4));
        Tensor local = graph.concat(2, graph.concat(3, rotations, bones), bottom);
        int[] position = new int[j]; // of a joint among all levels so far
        int before = 0;
        List<Tensor> worlds = new ArrayList<>();
        for (int level = 0; level < levels.size(); level++) {
            int[] joints = levels.get(level);
            Tensor here = local.gather(1, joints);
            if (level > 0) {
                int start = before - levels.get(level - 1).length;
                int[] parents = Arrays.stream(joints).map(i -> position[body.parents()[i]] - start).toArray();
                here = worlds.getLast().gather(1, parents).matmul(here);
            }
            worlds.add(here);
            for (int i = 0; i < joints.length; i++) {
                position[joints[i]] = before + i;
            }
            before += joints.length;
        }
        return graph.concat(1, worlds.toArray(Tensor[]::new)).gather(1, position);
    }

    /** Vertices {@code [n,V,3]} before they are posed, with what shape and pose add to the mean body. */
    private Tensor shaped(Tensor rotations, Tensor betas) {
        Graph graph = rotations.graph();
        int n = rotations.dim(0);
        int j = body.joints();
        Tensor mean = graph.constant(Shape.of(body.template().length), MemorySegment.ofArray(body.template()));
        int columns = body.shapes() + 9 * (j - 1);
        if (columns == 0) {
            return mean.broadcast(Shape.of(n, body.template().length)).reshape(n, -1, 3);
        }
        Tensor one = graph.constant(Shape.of(3, 3), 1, 0, 0, 0, 1, 0, 0, 0, 1);
        Tensor bends = rotations.slice(1, 1, j - 1).sub(one).reshape(n, 9 * (j - 1));
        Tensor all = graph.constant(Shape.of(body.template().length, columns), MemorySegment.ofArray(directions));
        return graph.concat(1, betas, bends).matmul(all, false, true).add(mean).reshape(n, -1, 3);
    }

    /** Vertices moved by the weighted transforms {@code [n,J,3,4]} of the joints. */
    private Tensor blend(Tensor vertices, Tensor transforms) {
        Graph graph = vertices.graph();
        int n = vertices.dim(0);
        int v = body.vertices();
        Tensor each = graph.apply(new Op.SparseMatMul(body.weights()), transforms.reshape(n, body.joints(), 12)).reshape(n, v, 3, 4);
        Tensor one = graph.scalar(1).broadcast(Shape.of(n, v, 1));
        return each.mul(graph.concat(2, vertices, one).reshape(n, v, 1, 4)).sum(3, 3);
    }

    /** The vertices of {@link #pose}. */
    public Tensor vertices(Tensor pose, Tensor betas) {
        return pose(pose, betas).vertices();
    }
}

package io.github.remocap.train;

import io.github.remocap.body.MeshHierarchy;
import io.github.remocap.body.Skinning;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The truth of n frames as tensors. All elements must be finite, those of frames without annotation too: zeros do.
 *
 * @param joints2d {@code [n,14,3]}: x, y in [-1, 1] of the crop, confidence
 * @param joints3d {@code [n,14,4]}: x, y, z in metres from the pelvis, confidence
 * @param has3d {@code [n]}: 1 where a frame has 3D joints, else 0
 * @param hasSmpl {@code [n]}: 1 where a frame has a mesh (and pose and shape), else 0
 * @param fine {@code [n,fine,3]}, the full mesh in metres, not centred
 * @param intermediate {@code [n,intermediate,3]}, the same reduced
 * @param coarse {@code [n,coarse,3]}, the same reduced further
 * @param pose {@code [n,72]} axis-angle; only for the SMPL parameter regressor
 * @param betas {@code [n,10]}; only for the SMPL parameter regressor
 */
public record TruthInputs(Tensor joints2d, Tensor joints3d, Tensor has3d, Tensor hasSmpl, Tensor fine, Tensor intermediate, Tensor coarse,
    @Nullable Tensor pose, @Nullable Tensor betas) {
    /**
     * Inputs of a graph named {@code joints_2d}, {@code joints_3d}, {@code has_3d}, {@code has_smpl}, {@code fine},
     * {@code intermediate}, {@code coarse}.
     *
     * @param frames n, frames of all clips of a batch together
     */
    public static TruthInputs of(Graph graph, int frames, int fine, int intermediate, int coarse) {
        return new TruthInputs(graph.input("joints_2d", Shape.of(frames, 14, 3)), graph.input("joints_3d", Shape.of(frames, 14, 4)),
            graph.input("has_3d", Shape.of(frames)), graph.input("has_smpl", Shape.of(frames)), graph.input("fine", Shape.of(frames, fine, 3)),
            graph.input("intermediate", Shape.of(frames, intermediate, 3)), graph.input("coarse", Shape.of(frames, coarse, 3)), null, null);
    }

    /** As {@link #of}, with the inputs {@code pose} and {@code betas}, too. */
    public TruthInputs withParameters(int poses, int shapes) {
        Graph graph = has3d.graph();
        int n = has3d.dim(0);
        return new TruthInputs(joints2d, joints3d, has3d, hasSmpl, fine, intermediate, coarse, graph.input("pose", Shape.of(n, poses)),
            graph.input("betas", Shape.of(n, shapes)));
    }

    /**
     * Inputs {@code joints_2d}, {@code joints_3d}, {@code has_3d}, {@code has_smpl}, {@code pose} and {@code betas}; the meshes are
     * computed from the last two.
     */
    public static TruthInputs skinned(Graph graph, int frames, Skinning body, MeshHierarchy meshes) {
        Tensor pose = graph.input("pose", Shape.of(frames, 3 * body.body().joints()));
        Tensor betas = graph.input("betas", Shape.of(frames, body.body().shapes()));
        Tensor fine = body.vertices(pose, betas);
        Tensor intermediate = meshes.toIntermediate(fine);
        return new TruthInputs(graph.input("joints_2d", Shape.of(frames, 14, 3)), graph.input("joints_3d", Shape.of(frames, 14, 4)),
            graph.input("has_3d", Shape.of(frames)), graph.input("has_smpl", Shape.of(frames)), fine, intermediate, meshes.toCoarse(intermediate),
            pose, betas);
    }

    /**
     * The truth of clips with these arrays, as inputs of a graph. Where they have no meshes, these are computed from pose and shape.
     *
     * @param arrays shapes by name, for all frames together
     * @throws IllegalArgumentException if there are neither meshes nor a body
     */
    static TruthInputs of(Graph graph, Map<String, Shape> arrays, Surface surface) {
        int n = arrays.get("has_3d").dim(0);
        if (arrays.containsKey("fine")) {
            TruthInputs truth = of(graph, n, arrays.get("fine").dim(1), arrays.get("intermediate").dim(1), arrays.get("coarse").dim(1));
            return arrays.containsKey("pose") ? truth.withParameters(arrays.get("pose").dim(1), arrays.get("betas").dim(1)) : truth;
        }
        Skinning body = surface.body();
        MeshHierarchy meshes = surface.hierarchy();
        if (body == null || meshes == null) {
            throw new IllegalArgumentException("the data give pose and shape, not meshes; a body is needed for these: assets with its model file");
        }
        return skinned(graph, n, body, meshes);
    }

    /** The inputs among these tensors by their names. */
    public Map<String, Tensor> inputs() {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (Tensor t : new @Nullable Tensor[] {joints2d, joints3d, has3d, hasSmpl, fine, intermediate, coarse, pose, betas}) {
            if (t != null && t.op() instanceof Op.Input input) {
                inputs.put(input.label(), t);
            }
        }
        return inputs;
    }

    /**
     * Sets those inputs that a program has.
     *
     * @param values row-major elements by name
     * @throws IllegalArgumentException if an input has no value
     */
    public void write(Program program, Map<String, float[]> values) {
        inputs().forEach((name, tensor) -> {
            if (program.inputs().contains(tensor)) {
                float[] elements = values.get(name);
                if (elements == null) {
                    throw new IllegalArgumentException("truth: no elements given for '" + name + "', only for " + values.keySet());
                }
                program.write(tensor, elements);
            }
        });
    }
}

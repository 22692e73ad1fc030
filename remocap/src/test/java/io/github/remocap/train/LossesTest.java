package io.github.remocap.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.autograd.GradCheck;
import io.github.remocap.autograd.Gradients;
import io.github.remocap.body.Bodies;
import io.github.remocap.body.MeshHierarchy;
import io.github.remocap.body.Skinning;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Two clips of two frames, meshes of 7, 6 and 5 vertices. */
class LossesTest {
    private static final int N = 4;
    private final Graph graph = new Graph();
    private final Map<Tensor, double[]> values = new HashMap<>();
    private final Surface surface = new Surface(new int[] {0, 1, 2, 2, 3, 4, 1, 4, 5}, new int[] {0, 1, 1, 2, 3, 5}, Bodies.rows("h36m", 17, 7),
        new Skinning(Bodies.small()));
    private final TruthInputs truth = TruthInputs.of(graph, N, 7, 6, 5).withParameters(15, 3);
    private final Map<String, Tensor> outputs = new LinkedHashMap<>();
    private final List<Tensor> predicted;

    LossesTest() {
        output("pred_cam", 3);
        output("pred_3d_joints", 14, 3);
        output("pred_3d_vertices_coarse", 5, 3);
        output("pred_3d_vertices_intermediate", 6, 3);
        output("pred_3d_vertices_fine", 7, 3);
        predicted = List.copyOf(outputs.values());
        truth.inputs().forEach((name, t) -> values.put(t, Bodies.numbers("truth " + name, (int) t.shape().size(), 0, 1)));
        values.put(truth.has3d(), new double[] {1, 0, 1, 1});
        values.put(truth.hasSmpl(), new double[] {0, 1, 1, 0});
    }

    private Tensor output(String name, int... dims) {
        int[] all = new int[dims.length + 1];
        all[0] = N;
        System.arraycopy(dims, 0, all, 1, dims.length);
        Tensor t = graph.input(name, Shape.of(all));
        outputs.put(name, t);
        values.put(t, Bodies.numbers(name, (int) t.shape().size(), -1, 1));
        return t;
    }

    private double run(Device device, Tensor output) {
        try (Program program = device.compile(Compilation.of(output))) {
            program.inputs().forEach(i -> program.write(i, values.get(i)));
            program.run();
            return program.readDoubles(output)[0];
        }
    }

    private Losses.Result build(LossWeights weights) {
        return Losses.build(graph, outputs, truth, surface, weights, 2);
    }

    @Test
    void gradientsOfEachPart() {
        Losses.Result all = build(LossWeights.DEFAULT);
        assertEquals(Set.of("joints_3d", "vertices", "edge_normal", "joints_2d"), all.parts().keySet());
        all.parts().forEach((name, part) -> GradCheck.check(part, predicted, values));
        GradCheck.check(all.total(), predicted, values);
        Map<String, Double> w = LossWeights.DEFAULT.toMap();
        double sum = all.parts().entrySet().stream().mapToDouble(e -> w.get(e.getKey()) * run(Devices.reference(), e.getValue())).sum();
        assertEquals(sum, run(Devices.reference(), all.total()), 1e-9 * sum);
        assertEquals(sum, run(Devices.cpu(), all.total()), 1e-5 * sum);
    }

    @Test
    void gradientsOfEachLoss() {
        Tensor p = outputs.get("pred_3d_vertices_intermediate");
        Tensor g = truth.intermediate();
        Tensor has = truth.hasSmpl();
        for (Tensor loss : List.of(Losses.edgesTruth(p, g, has, surface.edges()), Losses.edgesSelf(p, has, surface.edges()),
            Losses.normals(p, g, has, surface.faces()), Losses.vertices(p, g, has), Losses.velocity(p.sub(g), 2),
            Losses.joints3d(outputs.get("pred_3d_joints"), truth.joints3d(), truth.has3d()),
            Losses.joints2d(outputs.get("pred_3d_joints").slice(2, 0, 2), truth.joints2d()))) {
            GradCheck.check(loss, predicted, values);
        }
    }

    @Test
    void framesWithoutTruthDoNotCount() {
        Tensor p = outputs.get("pred_3d_vertices_intermediate");
        double[] a = values.get(p);
        double[] b = values.get(truth.intermediate());
        double sum = 0;
        for (int i = 18; i < 54; i++) { // frames 1 and 2
            sum += Math.abs(a[i] - b[i]) / 36;
        }
        Tensor loss = Losses.vertices(p, truth.intermediate(), truth.hasSmpl());
        assertEquals(sum, run(Devices.reference(), loss), 1e-12);
        values.put(truth.hasSmpl(), new double[N]);
        values.put(truth.has3d(), new double[N]);
        for (Device device : List.of(Devices.reference(), Devices.cpu())) {
            assertEquals(0, run(device, loss));
            assertEquals(0, run(device, Losses.edgesTruth(p, truth.intermediate(), truth.hasSmpl(), surface.edges())));
            assertEquals(0, run(device, Losses.normals(p, truth.intermediate(), truth.hasSmpl(), surface.faces())));
            assertEquals(0, run(device, Losses.joints3d(outputs.get("pred_3d_joints"), truth.joints3d(), truth.has3d())));
            Tensor total = build(LossWeights.DEFAULT).total();
            Tensor gradient = Gradients.of(total, List.of(p)).get(p);
            assertTrue(Double.isFinite(run(device, gradient.square().sum())));
        }
    }

    @Test
    void perfectPredictionsHaveNoGradient() {
        Tensor p = outputs.get("pred_3d_vertices_intermediate");
        values.put(p, values.get(truth.intermediate()));
        Tensor loss = Losses.velocity(p.sub(truth.intermediate()), 2).add(Losses.edgesTruth(p, truth.intermediate(), truth.hasSmpl(), surface.edges()));
        Tensor gradient = Gradients.of(loss, List.of(p)).get(p);
        for (Device device : List.of(Devices.reference(), Devices.cpu())) {
            assertEquals(0, run(device, loss));
            assertEquals(0, run(device, gradient.square().sum()));
        }
    }

    @Test
    void whatHasNoWeightIsNotBuilt() {
        LossWeights some = LossWeights.from(Map.of("vertices", 0, "edge_normal", 0.0, "joints_2d", 0));
        Losses.Result result = build(some);
        assertEquals(Set.of("joints_3d"), result.parts().keySet());
        Set<Tensor> needed = Set.copyOf(Graph.reachable(List.of(result.total())));
        assertFalse(needed.contains(truth.fine()) || needed.contains(truth.joints2d()) || needed.contains(outputs.get("pred_cam")));
        int before = graph.nodes().size();
        build(LossWeights.from(Map.of("normal", 0, "edge_self", 0)));
        int less = graph.nodes().size() - before;
        build(LossWeights.DEFAULT);
        assertTrue(graph.nodes().size() - before - less > less, "no nodes were saved");
        Map<String, Double> none = new HashMap<>();
        LossWeights.DEFAULT.toMap().keySet().forEach(k -> none.put(k, 0.0));
        assertThrows(IllegalArgumentException.class, () -> build(LossWeights.from(none)));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> LossWeights.from(Map.of("verts", 1))).getMessage().contains("verts"));
        assertThrows(IllegalArgumentException.class, () -> LossWeights.from(Map.of("fine", "much")));
        assertThrows(IllegalArgumentException.class, () -> LossWeights.from(Map.of("fine", -1)));
    }

    @Test
    void singleImagesHaveNoVelocity() {
        LossWeights joints = LossWeights.from(Map.of("vertices", 0, "edge_normal", 0, "joints_3d", 0));
        Tensor single = Losses.build(graph, outputs, truth, surface, joints, 1).parts().get("joints_2d");
        assertTrue(run(Devices.reference(), single) < run(Devices.reference(), build(joints).parts().get("joints_2d")));
        assertTrue(Graph.reachable(List.of(single)).stream().noneMatch(n -> n.op() instanceof Op.Unary u && u.fn() == Op.UnaryFn.SQRT));
        assertThrows(IllegalArgumentException.class, () -> Losses.build(graph, outputs, truth, surface, joints, 3));
    }

    @Test
    void withoutVelocityClipsAreSingleImages() {
        Map<String, Object> still = Map.of("velocity", 0, "edge_normal", 0);
        Tensor clips = build(LossWeights.from(still)).total();
        Tensor single = Losses.build(graph, outputs, truth, surface, LossWeights.from(Map.of("edge_normal", 0)), 1).total();
        assertEquals(run(Devices.reference(), single), run(Devices.reference(), clips), 1e-9);
        assertTrue(run(Devices.reference(), clips) < run(Devices.reference(), build(LossWeights.from(Map.of("edge_normal", 0))).total()));
    }

    @Test
    void regressor() {
        Tensor rotations = output("pred_rotmat", 5, 3, 3);
        Tensor betas = output("pred_betas", 3);
        Losses.Result result = build(LossWeights.DEFAULT);
        Tensor smpl = result.parts().get("smpl");
        GradCheck.check(smpl, List.of(rotations, betas), values);
        assertTrue(Gradients.of(smpl, List.of(outputs.get("pred_cam"))).isEmpty(), "the camera learns nothing from it");
        double others = result.parts().entrySet().stream().filter(e -> !e.getKey().equals("smpl"))
            .mapToDouble(e -> LossWeights.DEFAULT.toMap().get(e.getKey()) * run(Devices.reference(), e.getValue())).sum();
        double expected = 1000 * run(Devices.reference(), smpl) + 1e-8 * others;
        assertEquals(expected, run(Devices.reference(), result.total()), 1e-9 * expected);
        TruthInputs without = TruthInputs.of(graph, N, 7, 6, 5);
        assertTrue(assertThrows(IllegalArgumentException.class,
            () -> Losses.build(graph, outputs, without, surface, LossWeights.DEFAULT, 2)).getMessage().contains("pose"));
        values.put(truth.pose(), new double[60]);
        double[] one = new double[N * 45];
        for (int i = 0; i < one.length; i++) {
            one[i] = i % 9 % 4 == 0 ? 1 : 0;
        }
        values.put(rotations, one);
        values.put(betas, values.get(truth.betas()));
        assertEquals(0, run(Devices.reference(), Losses.parameters(rotations, betas, truth.pose(), truth.betas(), truth.hasSmpl())), 1e-14);
    }

    @Test
    void truthFromPoseAndShape() {
        Graph other = new Graph();
        Skinning body = new Skinning(Bodies.small());
        MeshHierarchy meshes = new MeshHierarchy(Bodies.rows("d1", 6, 7), Bodies.rows("d2", 5, 6), Bodies.rows("u1", 7, 6), Bodies.rows("u2", 6, 5));
        TruthInputs skinned = TruthInputs.skinned(other, N, body, meshes);
        assertEquals(Set.of("joints_2d", "joints_3d", "has_3d", "has_smpl", "pose", "betas"), skinned.inputs().keySet());
        assertArrayEquals(new int[] {N, 7, 3}, skinned.fine().shape().dims());
        assertArrayEquals(new int[] {N, 5, 3}, skinned.coarse().shape().dims());
        try (Program program = Devices.reference().compile(Compilation.of(skinned.coarse()))) {
            assertThrows(IllegalArgumentException.class, () -> skinned.write(program, Map.of("pose", new float[60])));
            skinned.write(program, Map.of("pose", new float[60], "betas", new float[12]));
            program.run();
            float[] template = body.body().template();
            double[] down = meshes.intermediateToCoarse().toDense();
            double[] first = meshes.fineToIntermediate().toDense();
            double expected = 0;
            for (int i = 0; i < 6; i++) {
                for (int v = 0; v < 7; v++) {
                    expected += down[i] * first[7 * i + v] * template[3 * v];
                }
            }
            assertEquals(expected, program.readDoubles(skinned.coarse())[0], 1e-6);
        }
    }
}

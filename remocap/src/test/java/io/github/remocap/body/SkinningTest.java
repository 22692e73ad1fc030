package io.github.remocap.body;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.autograd.GradCheck;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SkinningTest {
    private final BodyModel body = Bodies.small();
    private final Skinning skinning = new Skinning(body);
    private final Graph graph = new Graph();
    private final Tensor pose = graph.input("pose", Shape.of(2, 15));
    private final Tensor betas = graph.input("betas", Shape.of(2, 3));

    private static double[] run(Map<Tensor, double[]> inputs, Tensor output) {
        try (Program program = Devices.reference().compile(Compilation.of(output))) {
            program.inputs().forEach(i -> program.write(i, inputs.get(i)));
            program.run();
            return program.readDoubles(output);
        }
    }

    @Test
    void gradients() {
        Map<Tensor, double[]> at = Map.of(pose, Bodies.numbers("pose", 30, -2, 2), betas, Bodies.numbers("betas", 6, -2, 2));
        GradCheck.check(skinning.vertices(pose, betas), at);
        GradCheck.check(skinning.pose(pose, betas).joints(), at);
        Tensor matrices = graph.input("matrices", Shape.of(2, 5, 3, 3));
        GradCheck.check(skinning.vertices(matrices, betas), Map.of(matrices, Bodies.numbers("matrices", 90, -1, 1), betas, at.get(betas)));
    }

    @Test
    void agreesWithPlainLoops() {
        double[] theta = Bodies.numbers("pose", 30, -2, 2);
        double[] beta = Bodies.numbers("betas", 6, -2, 2);
        Map<Tensor, double[]> at = Map.of(pose, theta, betas, beta);
        double[] rotations = run(at, Rotations.rodrigues(pose.reshape(10, 3)));
        double[] vertices = run(at, skinning.vertices(pose, betas));
        double[] joints = run(at, skinning.pose(pose, betas).joints());
        for (int n = 0; n < 2; n++) {
            double[] shaped = new double[21];
            double[] posed = new double[21];
            for (int i = 0; i < 21; i++) {
                shaped[i] = body.template()[i];
                for (int k = 0; k < 3; k++) {
                    shaped[i] += body.shapeDirections()[3 * i + k] * beta[3 * n + k];
                }
                posed[i] = shaped[i];
                for (int p = 0; p < 36; p++) {
                    posed[i] += body.poseDirections()[36 * i + p] * (rotations[45 * n + 9 + p] - (p % 9 % 4 == 0 ? 1 : 0));
                }
            }
            double[] rest = times(body.jointRegressor(), shaped);
            double[][] world = new double[5][9];
            double[][] place = new double[5][3];
            for (int j = 0; j < 5; j++) {
                int p = body.parents()[j];
                double[] local = Arrays.copyOfRange(rotations, 45 * n + 9 * j, 45 * n + 9 * j + 9);
                for (int r = 0; r < 3; r++) {
                    place[j][r] = p < 0 ? rest[r] : place[p][r];
                    for (int c = 0; c < 3; c++) {
                        if (p < 0) {
                            world[j][3 * r + c] = local[3 * r + c];
                        } else {
                            place[j][r] += world[p][3 * r + c] * (rest[3 * j + c] - rest[3 * p + c]);
                            for (int k = 0; k < 3; k++) {
                                world[j][3 * r + c] += world[p][3 * r + k] * local[3 * k + c];
                            }
                        }
                    }
                    assertEquals(place[j][r], joints[15 * n + 3 * j + r], 1e-6);
                }
            }
            double[] weights = body.weights().toDense();
            for (int v = 0; v < 7; v++) {
                for (int r = 0; r < 3; r++) {
                    double expected = 0;
                    for (int j = 0; j < 5; j++) {
                        double moved = place[j][r];
                        for (int c = 0; c < 3; c++) {
                            moved += world[j][3 * r + c] * (posed[3 * v + c] - rest[3 * j + c]);
                        }
                        expected += weights[5 * v + j] * moved;
                    }
                    assertEquals(expected, vertices[21 * n + 3 * v + r], 1e-6);
                }
            }
        }
    }

    private static double[] times(SparseMatrix m, double[] points) {
        double[] dense = m.toDense();
        double[] out = new double[3 * m.rows()];
        for (int i = 0; i < out.length; i++) {
            for (int c = 0; c < m.cols(); c++) {
                out[i] += dense[i / 3 * m.cols() + c] * points[3 * c + i % 3];
            }
        }
        return out;
    }

    @Test
    void rotationsTurnAsTheyShould() {
        Tensor theta = graph.input("theta", Shape.of(2, 3));
        double[] r = run(Map.of(theta, new double[] {0, 0, Math.PI / 2, 0, 0, 0}), Rotations.rodrigues(theta));
        assertArrayEquals(new double[] {0, -1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1}, r, 1e-7);
    }

    @Test
    void wrongSizesAreRefused() {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> skinning.vertices(betas, betas)).getMessage().contains("[n,15]"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> skinning.vertices(pose, pose)).getMessage().contains("betas"));
        BodyModel b = body;
        String message = assertThrows(IllegalArgumentException.class, () -> new BodyModel(b.template(), b.shapeDirections(), b.poseDirections(),
            b.jointRegressor(), b.weights(), new int[] {-1, 0, 3, 0, 2}, b.faces())).getMessage();
        assertTrue(message.contains("parents") && message.contains("joint 2"), message);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new BodyModel(b.template(), b.shapeDirections(), b.poseDirections(),
            b.weights(), b.weights(), b.parents(), b.faces())).getMessage().contains("jointRegressor"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new BodyModel(b.template(), b.shapeDirections(), b.poseDirections(),
            b.jointRegressor(), b.weights(), b.parents(), new int[] {0, 1, 7})).getMessage().contains("faces"));
    }

    @Test
    void hierarchyMapsMeshes() {
        SparseMatrix down = SparseMatrix.fromDense(2, 3, new double[] {1, 0, 0, 0, 0, 1});
        SparseMatrix up = SparseMatrix.fromDense(3, 2, new double[] {1, 0, 0.5, 0.5, 0, 1});
        SparseMatrix down2 = SparseMatrix.fromDense(1, 2, new double[] {0, 1});
        SparseMatrix up2 = SparseMatrix.fromDense(2, 1, new double[] {1, 1});
        MeshHierarchy meshes = new MeshHierarchy(down, down2, up, up2);
        Tensor fine = graph.input("mesh", Shape.of(1, 3, 3));
        double[] points = {1, 2, 3, 4, 5, 6, 7, 8, 9};
        Tensor intermediate = meshes.toIntermediate(fine);
        assertArrayEquals(new double[] {1, 2, 3, 7, 8, 9}, run(Map.of(fine, points), intermediate));
        assertArrayEquals(new double[] {7, 8, 9}, run(Map.of(fine, points), meshes.toCoarse(intermediate)));
        assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, run(Map.of(fine, points), meshes.toFine(intermediate)));
        assertArrayEquals(new double[] {7, 8, 9, 7, 8, 9}, run(Map.of(fine, points), meshes.fromCoarse(meshes.toCoarse(intermediate))));
        assertThrows(IllegalArgumentException.class, () -> new MeshHierarchy(down, down2, up2, up));
    }
}

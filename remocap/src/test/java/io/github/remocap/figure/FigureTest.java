package io.github.remocap.figure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.body.BodyModel;
import io.github.remocap.body.Joints;
import io.github.remocap.body.Posing;
import io.github.remocap.tensor.SparseMatrix;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FigureTest {
    private final Figure figure = Figure.get();
    private final BodyModel body = figure.body();
    private final Posing posing = new Posing(body);

    private static void pose(float[] pose, int joint, double x, double y, double z) {
        pose[3 * joint] = (float) x;
        pose[3 * joint + 1] = (float) y;
        pose[3 * joint + 2] = (float) z;
    }

    /** Every edge has one triangle on each side, and the surface is a sphere with dents: V - E + F = 2. */
    private static void checkClosed(int[] faces, int vertices) {
        Set<Long> directed = new HashSet<>();
        for (int f = 0; f < faces.length; f += 3) {
            for (int k = 0; k < 3; k++) {
                assertTrue(directed.add((long) faces[f + k] << 32 | faces[f + (k + 1) % 3]), "an edge runs twice in one direction, in face " + f / 3);
            }
        }
        for (long e : directed) {
            assertTrue(directed.contains(e << 32 | e >>> 32), "an edge has one face only");
        }
        assertEquals(vertices, Arrays.stream(faces).distinct().count());
        assertEquals(2, vertices - directed.size() / 2 + faces.length / 3);
    }

    @Test
    void surfacesAreClosedManifolds() {
        checkClosed(figure.coarseFaces(), figure.adjacency().length);
        checkClosed(figure.intermediateFaces(), figure.hierarchy().fineToIntermediate().rows());
        checkClosed(body.faces(), body.vertices());
        // In a closed mesh of genus 0 no vertex may be shared by two fans: its neighbours form one ring.
        int[] fans = new int[body.vertices()];
        int[] degree = new int[body.vertices()];
        Arrays.stream(body.faces()).forEach(v -> fans[v]++);
        int[] edges = new Subdivision(body.vertices(), body.faces(), figure.mirror()).edges();
        Arrays.stream(edges).forEach(v -> degree[v]++);
        org.junit.jupiter.api.Assertions.assertArrayEquals(degree, fans);
    }

    @Test
    void leftAndRightAreMirrorImagesToTheLastBit() {
        int[] mirror = figure.mirror();
        int k = body.shapes();
        for (int v = 0; v < mirror.length; v++) {
            int w = mirror[v];
            assertEquals(v, mirror[w]);
            for (int d = 0; d < 3; d++) {
                float sign = d == 0 ? -1 : 1;
                assertEquals(body.template()[3 * v + d] + 0f, sign * body.template()[3 * w + d] + 0f);
                for (int i = 0; i < k; i++) {
                    assertEquals(body.shapeDirections()[(3 * v + d) * k + i] + 0f, sign * body.shapeDirections()[(3 * w + d) * k + i] + 0f);
                }
            }
        }
        double[] weights = body.weights().toDense();
        int[] other = {0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22};
        for (int v = 0; v < mirror.length; v++) {
            for (int j = 0; j < 24; j++) {
                assertEquals(weights[v * 24 + j], weights[mirror[v] * 24 + other[j]], 1e-15);
            }
        }
    }

    private static void checkRows(SparseMatrix matrix, boolean positive) {
        for (int r = 0; r < matrix.rows(); r++) {
            double sum = 0;
            for (int e = matrix.rowStart()[r]; e < matrix.rowStart()[r + 1]; e++) {
                sum += matrix.values()[e];
                assertTrue(!positive || matrix.values()[e] >= 0);
            }
            assertEquals(1, sum, 1e-9, "row " + r);
        }
    }

    @Test
    void rowsOfWeightsRegressorsAndMapsSumToOne() {
        checkRows(body.weights(), true);
        checkRows(body.jointRegressor(), false);
        checkRows(figure.h36m(), false);
        checkRows(figure.j24(), false);
        checkRows(figure.extraJoints(), false);
        checkRows(figure.hierarchy().intermediateToFine(), false);
        checkRows(figure.hierarchy().coarseToIntermediate(), false);
        checkRows(figure.hierarchy().fineToIntermediate(), true);
        checkRows(figure.hierarchy().intermediateToCoarse(), true);
        assertEquals(17, figure.h36m().rows());
        assertEquals(24, figure.j24().rows());
    }

    @Test
    void coarserMeshesAreSelectedAndComeBackNearlyAsTheyWere() {
        double[] fine = doubles(body.template());
        double[] intermediate = Posing.apply(figure.hierarchy().fineToIntermediate(), fine);
        double[] back = Posing.apply(figure.hierarchy().intermediateToFine(), intermediate);
        assertTrue(farthest(fine, back) < 0.012, "fine to intermediate and back: " + farthest(fine, back) + " m");
        double[] coarse = Posing.apply(figure.hierarchy().intermediateToCoarse(), intermediate);
        double[] up = Posing.apply(figure.hierarchy().coarseToIntermediate(), coarse);
        assertTrue(farthest(intermediate, up) < 0.05, "intermediate to coarse and back: " + farthest(intermediate, up) + " m");
        org.junit.jupiter.api.Assertions.assertArrayEquals(intermediate, Arrays.copyOf(back, intermediate.length), 0);
    }

    private static double[] doubles(float[] values) {
        double[] out = new double[values.length];
        Arrays.setAll(out, i -> values[i]);
        return out;
    }

    private static double farthest(double[] a, double[] b) {
        double most = 0;
        for (int i = 0; i < a.length; i += 3) {
            most = Math.max(most, Math.hypot(Math.hypot(a[i] - b[i], a[i + 1] - b[i + 1]), a[i + 2] - b[i + 2]));
        }
        return most;
    }

    private static double volume(double[] v, int[] faces) {
        double six = 0;
        for (int f = 0; f < faces.length; f += 3) {
            int a = 3 * faces[f];
            int b = 3 * faces[f + 1];
            int c = 3 * faces[f + 2];
            six += v[a] * (v[b + 1] * v[c + 2] - v[b + 2] * v[c + 1]) + v[a + 1] * (v[b + 2] * v[c] - v[b] * v[c + 2])
                + v[a + 2] * (v[b] * v[c + 1] - v[b + 1] * v[c]);
        }
        return six / 6;
    }

    @Test
    void hasAPersonsSizeAndVolume() {
        double volume = volume(doubles(body.template()), body.faces());
        assertTrue(volume > 0.035 && volume < 0.1, volume + " cubic metres"); // a person's: about 0.06
        double[] heights = new double[body.vertices()];
        Arrays.setAll(heights, v -> body.template()[3 * v + 1]);
        double stature = Arrays.stream(heights).max().orElseThrow() - Arrays.stream(heights).min().orElseThrow();
        assertTrue(stature > 1.6 && stature < 1.85, stature + " m");
    }

    @Test
    void atRestNoTwoFacesCross() {
        assertEquals(0, Crossings.count(doubles(body.template()), body.faces()));
        // the check itself finds crossings: an arm bent through the trunk
        float[] pose = new float[72];
        pose(pose, 16, 0, 0, -2.6);
        assertTrue(Crossings.count(posing.vertices(pose, new float[10]), body.faces()) > 20);
    }

    @Test
    void jointsAreWhereTheyBelong() {
        double[] j24 = Posing.apply(figure.j24(), doubles(body.template()));
        double[] smpl = Posing.apply(body.jointRegressor(), doubles(body.template()));
        for (int d = 0; d < 3; d++) { // right ankle, left wrist, pelvis by both numberings
            assertEquals(smpl[3 * 8 + d], j24[d], 1e-6);
            assertEquals(smpl[3 * 20 + d], j24[3 * 11 + d], 1e-6);
            assertEquals(smpl[d], j24[3 * Joints.J24_PELVIS + d], 1e-6);
        }
        assertTrue(smpl[3 * 18] > 0.35 && smpl[3 * 18] < 0.5, "the left elbow is on the left");
        assertTrue(smpl[3 * 15 + 1] > smpl[3 * 12 + 1] && smpl[3 * 12 + 1] > smpl[3 * 9 + 1], "head above neck above chest");
        double[] h36m = Posing.apply(figure.h36m(), doubles(body.template()));
        for (int i = 0; i < Joints.COUNT; i++) {
            for (int d = 0; d < 3; d++) {
                assertEquals(j24[3 * Joints.J24_TO_14.get(i) + d], h36m[3 * Joints.H36M_TO_14.get(i) + d], 1e-12);
            }
        }
    }

    @Test
    void coefficientsDoWhatTheySay() {
        double rest = volume(posing.vertices(new float[72], new float[10]), body.faces());
        float[] betas = new float[10];
        betas[0] = 1;
        assertTrue(reach(betas, 1) > 1.02 * reach(new float[10], 1), "stature");
        betas[0] = 0;
        betas[1] = 1;
        assertTrue(volume(posing.vertices(new float[72], betas), body.faces()) > 1.08 * rest, "girth");
        betas[1] = 0;
        betas[3] = 1;
        assertTrue(reach(betas, 0) > 1.015 * reach(new float[10], 0), "arms");
        for (int k = 0; k < 10; k++) { // none makes holes or turns the surface inside out
            for (int sign = -1; sign <= 1; sign += 2) {
                float[] one = new float[10];
                one[k] = 2 * sign;
                assertEquals(rest, volume(posing.vertices(new float[72], one), body.faces()), 0.5 * rest);
            }
        }
    }

    private double reach(float[] betas, int axis) {
        double[] v = posing.vertices(new float[72], betas);
        double least = 0;
        double most = 0;
        for (int i = axis; i < v.length; i += 3) {
            least = Math.min(least, v[i]);
            most = Math.max(most, v[i]);
        }
        return most - least;
    }

    @Test
    void aBentElbowMovesTheForearmAndKeepsTheVolume() {
        float[] bent = new float[72];
        pose(bent, 18, 0, -1.5, 0);
        double[] rest = posing.vertices(new float[72], new float[10]);
        double[] moved = posing.vertices(bent, new float[10]);
        int farthest = 0;
        for (int v = 0; v < body.vertices(); v++) {
            double distance = Math.hypot(moved[3 * v] - rest[3 * v], moved[3 * v + 2] - rest[3 * v + 2]);
            if (rest[3 * v] < 0.16) {
                assertEquals(0, distance, 1e-3, "vertex " + v + " is no part of the forearm");
            } else if (rest[3 * v] > 0.7) {
                assertTrue(moved[3 * v + 2] > 0.2, "the hand comes to the front");
                farthest++;
            }
        }
        assertTrue(farthest > 50);
        assertEquals(1, volume(moved, body.faces()) / volume(rest, body.faces()), 0.03);
        // edges neither vanish nor tear
        int[] edges = new Subdivision(body.vertices(), body.faces(), figure.mirror()).edges();
        for (int e = 0; e < edges.length; e += 2) {
            assertTrue(length(moved, edges[e], edges[e + 1]) < 3.5 * length(rest, edges[e], edges[e + 1]) + 0.01);
        }
    }

    private static double length(double[] v, int a, int b) {
        return Math.hypot(Math.hypot(v[3 * a] - v[3 * b], v[3 * a + 1] - v[3 * b + 1]), v[3 * a + 2] - v[3 * b + 2]);
    }
}

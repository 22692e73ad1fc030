package io.github.remocap.train;

import io.github.remocap.assets.Assets.Gender;
import io.github.remocap.assets.BodyAssets;
import io.github.remocap.body.BodyModel;
import io.github.remocap.body.Joints;
import io.github.remocap.body.MeshHierarchy;
import io.github.remocap.body.Posing;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.RemoCap;
import io.github.remocap.tensor.CounterRandom;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * New weights that know what a body is, {@code init.mesh: body}. A network that begins at random has to find out for each vertex by itself
 * that it moves as its neighbours do, for which short trainings have no time.
 *
 * <ul>
 * <li>Tokens begin as smooth functions of where their joint or vertex is on the body at rest: random Fourier features (Rahimi and Recht
 *     2007, https://papers.nips.cc/paper/3182), of variance 1 as the usual tokens.
 * <li>The learned upsampling begins as the interpolation that the mesh hierarchy has between its two meshes.
 * </ul>
 */
final class BodyStart {
    /** Metres over which features change: from the trunk's size to a hand's. */
    private static final double FAR = 0.6;
    private static final double NEAR = 0.1;

    private BodyStart() {
    }

    /**
     * Changes weights.
     *
     * @throws IOException if the assets have no body or it does not fit the model
     */
    static void apply(Weights weights, Config config, BodyAssets assets, long seed) throws IOException {
        BodyModel body = assets.smpl(Gender.NEUTRAL);
        MeshHierarchy meshes = assets.hierarchy();
        double[] fine = new double[body.template().length];
        for (int i = 0; i < fine.length; i++) {
            fine[i] = body.template()[i];
        }
        double[] joints = Posing.apply(assets.h36m(body.vertices()), fine);
        double[] fourteen = new double[3 * Joints.COUNT];
        for (int i = 0; i < fourteen.length; i++) {
            fourteen[i] = joints[3 * Joints.H36M_TO_14.get(i / 3) + i % 3];
        }
        double[] coarse = Posing.apply(meshes.intermediateToCoarse(), Posing.apply(meshes.fineToIntermediate(), fine));
        int features = config.modelDims().getFirst();
        fourier(weights.values(RemoCap.JOINT_TOKENS + ".weight"), fourteen, features, seed);
        fourier(weights.values(RemoCap.VERTEX_TOKENS + ".weight"), coarse, features, seed);
        interpolate(weights, meshes.coarseToIntermediate());
    }

    /** Features {@code [n,features]} of points {@code [n,3]}: the same function for all points. */
    private static void fourier(MemorySegment tokens, double[] points, int features, long seed) {
        long stream = CounterRandom.stream(CounterRandom.mix(seed ^ CounterRandom.key("body start")), 0);
        for (int f = 0; f < features; f++) {
            double scale = FAR * Math.pow(NEAR / FAR, features == 1 ? 0 : f / (features - 1.0));
            double phase = 2 * Math.PI * CounterRandom.uniform(stream, 7L * f);
            double[] wave = new double[3];
            for (int d = 0; d < 3; d++) { // normal, by Box and Muller
                double radius = Math.sqrt(-2 * Math.log(1 - CounterRandom.uniform(stream, 7L * f + 1 + 2L * d)));
                wave[d] = radius * Math.cos(2 * Math.PI * CounterRandom.uniform(stream, 7L * f + 2 + 2L * d)) / scale;
            }
            for (int p = 0; p < points.length / 3; p++) {
                double at = phase + wave[0] * points[3 * p] + wave[1] * points[3 * p + 1] + wave[2] * points[3 * p + 2];
                tokens.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) p * features + f, (float) (Math.sqrt(2) * Math.cos(at)));
            }
        }
    }

    private static void interpolate(Weights weights, SparseMatrix map) {
        MemorySegment weight = weights.values(RemoCap.UPSAMPLING + ".weight");
        weight.fill((byte) 0);
        weights.values(RemoCap.UPSAMPLING + ".bias").fill((byte) 0);
        for (int row = 0; row < map.rows(); row++) {
            for (int e = map.rowStart()[row]; e < map.rowStart()[row + 1]; e++) {
                weight.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, (long) row * map.cols() + map.columns()[e], (float) map.values()[e]);
            }
        }
    }
}

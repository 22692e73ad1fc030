package io.github.remocap.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.assets.Assets.Gender;
import io.github.remocap.assets.EmbeddedAssets;
import io.github.remocap.body.MeshHierarchy;
import io.github.remocap.body.Posing;
import io.github.remocap.data.Made;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.RemoCap;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class BodyStartTest {
    private static final Config CONFIG = Config.parse("{" + Made.MODEL + "}");

    private static float at(MemorySegment values, long i) {
        return values.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
    }

    private static Weights started(long seed) throws IOException {
        Weights weights = Weights.initialized(new RemoCap(CONFIG), 3);
        BodyStart.apply(weights, CONFIG, new EmbeddedAssets(), seed);
        return weights;
    }

    /** A body on the coarse mesh is nearly the same on the intermediate one before anything is learned. */
    @Test
    void upsamplingBeginsAsTheHierarchys() throws IOException {
        EmbeddedAssets assets = new EmbeddedAssets();
        MeshHierarchy meshes = assets.hierarchy();
        double[] fine = new Posing(assets.smpl(Gender.NEUTRAL)).vertices(new float[72], new float[10]);
        double[] intermediate = Posing.apply(meshes.fineToIntermediate(), fine);
        double[] coarse = Posing.apply(meshes.intermediateToCoarse(), intermediate);
        try (Weights weights = started(0)) {
            MemorySegment weight = weights.values("coarse2intermediate_upsample.weight");
            double worst = 0;
            for (int v = 0; v < intermediate.length / 3; v++) {
                for (int d = 0; d < 3; d++) {
                    double sum = at(weights.values("coarse2intermediate_upsample.bias"), v);
                    for (int c = 0; c < coarse.length / 3; c++) {
                        sum += at(weight, (long) v * (coarse.length / 3) + c) * coarse[3 * c + d];
                    }
                    worst = Math.max(worst, Math.abs(sum - intermediate[3 * v + d]));
                }
            }
            assertTrue(worst < 0.03, "a vertex is " + worst + " m off");
        }
    }

    /** Neighbours on the body have tokens much nearer to each other than vertices anywhere, and a seed says which. */
    @Test
    void tokensOfNeighboursAreAlike() throws IOException {
        boolean[][] near = new EmbeddedAssets().mesh().adjacency();
        int features = CONFIG.modelDims().getFirst();
        try (Weights one = started(0); Weights same = started(0); Weights other = started(1)) {
            MemorySegment tokens = one.values("vertex_token_embed.weight");
            assertEquals(-1, tokens.mismatch(same.values("vertex_token_embed.weight")));
            assertTrue(tokens.mismatch(other.values("vertex_token_embed.weight")) >= 0);
            double[] sums = new double[2];
            int[] counts = new int[2];
            double squares = 0;
            for (int a = 0; a < near.length; a++) {
                for (int b = 0; b < a; b++) {
                    double distance = 0;
                    for (int f = 0; f < features; f++) {
                        double d = at(tokens, (long) a * features + f) - at(tokens, (long) b * features + f);
                        distance += d * d;
                    }
                    sums[near[a][b] ? 1 : 0] += distance;
                    counts[near[a][b] ? 1 : 0]++;
                }
                squares += Math.pow(at(tokens, (long) a * features), 2);
            }
            assertTrue(sums[1] / counts[1] < 0.4 * sums[0] / counts[0], sums[1] / counts[1] + " between neighbours, " + sums[0] / counts[0]);
            assertTrue(squares / near.length > 0.3 && squares / near.length < 2.0, "mean square " + squares / near.length);
        }
    }
}

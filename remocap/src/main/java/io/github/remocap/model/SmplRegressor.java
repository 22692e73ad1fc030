package io.github.remocap.model;

import io.github.remocap.layers.BatchNorm;
import io.github.remocap.layers.Context;
import io.github.remocap.layers.Layer;
import io.github.remocap.layers.Linear;
import io.github.remocap.layers.Module;
import io.github.remocap.layers.Relu;
import io.github.remocap.layers.Sequential;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;
import java.util.List;

/** From a mesh to SMPL's pose (24 rotation matrices) and shape (10 coefficients). */
final class SmplRegressor extends Module {
    private static final int HIDDEN = 1024;
    private static final int ROTATIONS = 24;

    /** A part of the regressor: its layers under the name {@code fc_block}. */
    private static final class Block extends Layer {
        private final Sequential layers;
        private final boolean residual;

        Block(boolean residual, Layer... layers) {
            this.layers = add("fc_block", new Sequential(layers));
            this.residual = residual;
        }

        @Override
        protected Tensor forward(Context context, Tensor x) {
            Tensor y = layers.call(context, x);
            return residual ? x.add(y).relu() : y;
        }
    }

    /** What comes out: rotations {@code [N,24,3,3]}, betas {@code [N,10]}. */
    record Output(Tensor rotations, Tensor betas) {
    }

    private final Sequential regressor;

    SmplRegressor(int vertices) {
        regressor = add("regressor", new Sequential(List.of(
            new Block(false, new Linear(vertices * 3, HIDDEN), new BatchNorm(HIDDEN), new Relu()),
            residual(), residual(),
            new Linear(HIDDEN, ROTATIONS * 9 + 10))));
    }

    private static Block residual() {
        return new Block(true, new Linear(HIDDEN, HIDDEN), new BatchNorm(HIDDEN), new Relu(), new Linear(HIDDEN, HIDDEN), new BatchNorm(HIDDEN));
    }

    /** vertices {@code [N,V,3]}. */
    Output call(Context context, Tensor vertices) {
        try (Graph.Scope ignored = context.enter(this)) {
            Tensor x = regressor.call(context, vertices.reshape(vertices.dim(0), -1));
            Tensor raw = x.slice(1, 0, ROTATIONS * 9).reshape(-1, 3, 3);
            Tensor rotations = context.graph().apply(new Op.Custom(new RotationProjection()), raw).reshape(-1, ROTATIONS, 3, 3);
            return new Output(rotations, x.slice(1, ROTATIONS * 9, 10));
        }
    }
}

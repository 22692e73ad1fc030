package io.github.remocap.model;

import io.github.remocap.layers.Context;
import io.github.remocap.layers.LayerNorm;
import io.github.remocap.layers.Module;
import io.github.remocap.layers.ModuleList;
import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Encoder over a camera token and the image, decoder over joint and vertex tokens. */
final class Transformer extends Module {
    /** Layers and a norm behind them. */
    private static final class Stack extends Module {
        private final ModuleList<TransformerLayer> layers;
        private final LayerNorm norm;

        Stack(int dim, int heads, int hidden, int count, double dropout, boolean decoder) {
            List<TransformerLayer> list = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                list.add(new TransformerLayer(dim, heads, hidden, dropout, decoder));
            }
            layers = add("layers", new ModuleList<>(list));
            norm = add("norm", new LayerNorm(dim));
        }
    }

    /** What comes out: camera {@code [B,1,D]}, image memory {@code [B,hw,D]}, tokens {@code [B,T,D]}. */
    record Output(Tensor camera, Tensor memory, Tensor tokens) {
    }

    private final Stack encoder;
    private final Stack decoder;
    private final int dim;

    Transformer(int dim, int heads, int hidden, int layers, double dropout) {
        this.dim = dim;
        encoder = add("encoder", new Stack(dim, heads, hidden, layers, dropout, false));
        decoder = add("decoder", new Stack(dim, heads, hidden, layers, dropout, true));
    }

    /** image {@code [B,hw,D]} of h x w pixels, camera {@code [B,1,D]}, tokens {@code [B or 1,T,D]}. */
    Output call(Context context, Tensor image, int h, int w, Tensor camera, Tensor tokens, AttentionMask mask) {
        Graph graph = context.graph();
        try (Graph.Scope ignored = context.enter(this)) {
            float[] sine = PositionEncoding.sine(dim, h, w);
            Tensor position = graph.constant(Shape.of(h * w, dim), sine);
            float[] behindCamera = new float[sine.length + dim];
            System.arraycopy(sine, 0, behindCamera, dim, sine.length);
            Tensor encoderPosition = graph.constant(Shape.of(1 + h * w, dim), behindCamera);
            Tensor x = graph.concat(1, camera, image);
            try (Graph.Scope stack = context.enter(encoder)) {
                for (int i = 0; i < encoder.layers.size(); i++) {
                    try (Graph.Scope list = context.enter(encoder.layers)) {
                        x = Objects.requireNonNull(encoder.layers.get(i)).encode(context, x, encoderPosition);
                    }
                }
                x = encoder.norm.call(context, x);
            }
            Tensor cameraOut = x.slice(1, 0, 1);
            Tensor memory = x.slice(1, 1, h * w);
            Tensor y = tokens;
            try (Graph.Scope stack = context.enter(decoder)) {
                for (int i = 0; i < decoder.layers.size(); i++) {
                    try (Graph.Scope list = context.enter(decoder.layers)) {
                        y = Objects.requireNonNull(decoder.layers.get(i)).decode(context, y, memory, position, mask);
                    }
                }
                y = decoder.norm.call(context, y);
            }
            graph.moduleOutput(y);
            return new Output(cameraOut, memory, y);
        }
    }
}

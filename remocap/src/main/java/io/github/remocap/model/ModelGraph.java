package io.github.remocap.model;

import io.github.remocap.layers.Context;
import io.github.remocap.layers.Weights;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The network for inference on a fixed number of images.
 *
 * @param images the input
 * @param outputs by the names of {@link RemoCap#call}
 */
public record ModelGraph(Tensor images, Map<String, Tensor> outputs) {
    /**
     * Builds the graph.
     *
     * @param channelsFirst images come, and features go, as {@code [N,C,H,W]}, as in PyTorch; otherwise channels last
     * @param names the outputs wanted, all if empty
     * @throws IllegalArgumentException if the network has no output of a name, naming those that there are
     */
    public static ModelGraph of(RemoCap network, Weights weights, Mesh mesh, int count, int height, int width, boolean channelsFirst, List<String> names) {
        Graph graph = new Graph();
        Tensor images = graph.input("images", channelsFirst ? Shape.of(count, 3, height, width) : Shape.of(count, height, width, 3));
        Tensor x = channelsFirst ? images.permute(0, 2, 3, 1) : images;
        Map<String, Tensor> all = network.call(Context.inference(graph, weights), x, mesh);
        List<String> unknown = new ArrayList<>(names);
        unknown.removeAll(all.keySet());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("the network has no output " + String.join(", ", unknown) + "; there are " + String.join(", ", all.keySet()));
        }
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        all.forEach((name, tensor) -> {
            if (names.isEmpty() || names.contains(name)) {
                outputs.put(name, channelsFirst && name.equals("features") ? tensor.permute(0, 3, 1, 2) : tensor);
            }
        });
        return new ModelGraph(images, Collections.unmodifiableMap(outputs));
    }
}

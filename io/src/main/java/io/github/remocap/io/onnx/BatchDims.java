package io.github.remocap.io.onnx;

import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which extents of a graph are multiples of the batch. A graph has fixed shapes; the same network built for two batch sizes shows which
 * of them are fixed in truth: where the two agree. Of one graph alone, all are.
 */
final class BatchDims {
    /** An extent {@code batch * numerator / denominator}; with denominator 0 the number {@code numerator}. */
    record Dim(long numerator, long denominator) {
        boolean fixed() {
            return denominator == 0;
        }
    }

    private final List<Tensor> order;
    private final Map<Tensor, Tensor> twins = new HashMap<>();
    private final long batch;
    private final long otherBatch;

    /**
     * Pairs the nodes.
     *
     * @param other the same network for another batch, or null for a file with a fixed one
     * @throws OnnxExportException naming the first node at which the two are not the same network
     */
    BatchDims(OnnxGraph graph, @Nullable OnnxGraph other) {
        order = Graph.reachable(List.copyOf(graph.outputs().values()));
        batch = graph.input().dim(0);
        otherBatch = other == null ? batch : other.input().dim(0);
        if (other == null) {
            order.forEach(node -> twins.put(node, node));
            return;
        }
        List<Tensor> otherOrder = Graph.reachable(List.copyOf(other.outputs().values()));
        for (int i = 0; i < order.size(); i++) {
            Tensor node = order.get(i);
            if (i >= otherOrder.size() || !same(node, otherOrder.get(i))) {
                throw new OnnxExportException(node, "built for " + otherBatch + " images instead of " + batch
                    + ", the network is another one here; export it for a fixed number of clips");
            }
            twins.put(node, otherOrder.get(i));
        }
        if (otherOrder.size() != order.size()) {
            throw new OnnxExportException(order.getLast(), "built for " + otherBatch + " images, the network goes on; export it for a fixed number of clips");
        }
    }

    private boolean same(Tensor node, Tensor other) {
        boolean inputs = node.inputs().size() == other.inputs().size();
        for (int i = 0; inputs && i < node.inputs().size(); i++) {
            inputs = twins.get(node.input(i)) == other.input(i);
        }
        return inputs && switch (node.op()) {
            case Op.Input a -> other.op() instanceof Op.Input b && a.label().equals(b.label());
            case Op.Constant a -> a.equals(other.op()) && node.values().mismatch(other.values()) < 0;
            case Op.Reshape a -> other.op() instanceof Op.Reshape;
            case Op.Broadcast a -> other.op() instanceof Op.Broadcast;
            default -> node.op().equals(other.op());
        };
    }

    /** All nodes, inputs before their users. */
    List<Tensor> order() {
        return order;
    }

    /**
     * A node's extents.
     *
     * @throws OnnxExportException if one is neither fixed nor a multiple of the batch
     */
    List<Dim> of(Tensor node) {
        Shape a = node.shape();
        Tensor twin = twins.get(node);
        Shape b = twin == null ? a : twin.shape();
        if (a.rank() != b.rank()) {
            throw new OnnxExportException(node, "its number of axes depends on the batch");
        }
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < a.rank(); i++) {
            if (a.dim(i) == b.dim(i)) {
                dims.add(new Dim(a.dim(i), 0));
            } else if (a.dim(i) * otherBatch == b.dim(i) * batch) {
                long common = gcd(a.dim(i), batch);
                dims.add(new Dim(a.dim(i) / common, batch / common));
            } else {
                throw new OnnxExportException(node, "axis " + i + " is " + a.dim(i) + " for " + batch + " images and " + b.dim(i) + " for " + otherBatch
                    + ", no multiple");
            }
        }
        return dims;
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}

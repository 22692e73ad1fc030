package io.github.remocap.io.onnx;

import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The ONNX values that hold a node's elements. ONNX's images are channels-first, ours channels-last: a node with four axes may be there in
 * either order, and is transposed when somebody wants the other, once.
 */
final class Layouts {
    /** Channels-first axis of a channels-last one. */
    private static final int[] TO_FIRST = {0, 2, 3, 1};

    private final OnnxNodes nodes;
    private final Map<Tensor, String> plain = new HashMap<>();
    private final Map<Tensor, String> first = new HashMap<>();
    private final Map<String, String> transposed = new HashMap<>();

    Layouts(OnnxNodes nodes) {
        this.nodes = nodes;
    }

    /** Says which value holds a node in its own order. */
    void plain(Tensor node, String value) {
        plain.put(node, value);
    }

    /** Says which value holds a node {@code [N,H,W,C]} as {@code [N,C,H,W]}. */
    void first(Tensor node, String value) {
        first.put(node, value);
    }

    /** Lets a node be another, in whatever order that is there. */
    void alias(Tensor node, Tensor other) {
        String p = plain.get(other);
        String f = first.get(other);
        if (p != null) {
            plain.put(node, p);
        }
        if (f != null) {
            first.put(node, f);
        }
    }

    /** Whether a node is there channels-first. */
    boolean hasFirst(Tensor node) {
        return first.containsKey(node);
    }

    /** Channels-first axis of an axis of {@code [N,H,W,C]}. */
    static int firstAxis(int axis) {
        return TO_FIRST[axis];
    }

    /** A node in its own order. */
    String plain(Tensor node) {
        String known = plain.get(node);
        if (known == null) {
            String f = first.get(node);
            if (f == null) {
                throw new IllegalStateException(node + " was not exported before its use");
            }
            known = transpose(f, 0, 2, 3, 1);
            plain.put(node, known);
        }
        return known;
    }

    /** A node {@code [N,H,W,C]} as {@code [N,C,H,W]}. */
    String first(Tensor node) {
        String known = first.get(node);
        if (known == null) {
            known = transpose(plain(node), 0, 3, 1, 2);
            first.put(node, known);
        }
        return known;
    }

    /** A node as an operand beside {@code [N,C,H,W]}: four axes, one (the channels), or none. */
    String beside(Tensor node) {
        Shape s = node.shape();
        return switch (s.rank()) {
            case 4 -> first(node);
            case 1 -> transposed.computeIfAbsent(plain(node) + ":channels", k -> nodes.node("Reshape", List.of(plain(node), nodes.longs(s.dim(0), 1, 1))));
            default -> plain(node);
        };
    }

    /** Whether {@link #beside} takes a node. */
    static boolean fitsBeside(Tensor node) {
        int rank = node.shape().rank();
        return rank == 4 || rank <= 1;
    }

    /** A value with its axes in another order, made once. */
    String transpose(String value, long... axes) {
        return transposed.computeIfAbsent(value + java.util.Arrays.toString(axes), k -> nodes.node("Transpose", value, OnnxNodes.of("perm", axes)));
    }
}

package io.github.remocap.io.onnx;

import static io.github.remocap.io.onnx.OnnxNodes.of;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Ops that take several of ONNX's operators, or the choice of one. */
final class CompositeOps {
    private static final long FLOAT = 1;
    /** Entries of a row up to which a sparse matrix becomes as many gathers; beyond, a dense one. */
    private static final int GATHERS = 8;

    private final OnnxNodes nodes;
    private final Layouts layouts;

    CompositeOps(OnnxNodes nodes, Layouts layouts) {
        this.nodes = nodes;
        this.layouts = layouts;
    }

    /** A node with its last two axes exchanged. */
    String swapped(Tensor node) {
        int rank = node.shape().rank();
        long[] axes = LongStream.range(0, rank).toArray();
        axes[rank - 2] = rank - 1L;
        axes[rank - 1] = rank - 2L;
        return layouts.transpose(layouts.plain(node), axes);
    }

    String unary(Op.UnaryFn fn, String x) {
        return switch (fn) {
            case NEG -> nodes.node("Neg", x);
            case ABS -> nodes.node("Abs", x);
            case SIGN -> nodes.node("Sign", x);
            case SQUARE -> nodes.node("Mul", List.of(x, x));
            case SQRT -> nodes.node("Sqrt", x);
            case RECIPROCAL -> nodes.node("Reciprocal", x);
            case EXP -> nodes.node("Exp", x);
            case LOG -> nodes.node("Log", x);
            case SIN -> nodes.node("Sin", x);
            case COS -> nodes.node("Cos", x);
            case TANH -> nodes.node("Tanh", x);
            case SIGMOID -> nodes.node("Sigmoid", x);
            case RELU -> nodes.node("Relu", x);
            case STEP -> number(nodes.node("Greater", List.of(x, nodes.scalar(0))));
            case IS_FINITE -> number(nodes.node("Not", nodes.node("Or", List.of(nodes.node("IsInf", x), nodes.node("IsNaN", x)))));
        };
    }

    String binary(Op.BinaryFn fn, String a, String b) {
        List<String> in = List.of(a, b);
        return switch (fn) {
            case ADD -> nodes.node("Add", in);
            case SUB -> nodes.node("Sub", in);
            case MUL -> nodes.node("Mul", in);
            case DIV -> nodes.node("Div", in);
            case MAX -> nodes.node("Max", in);
            case MIN -> nodes.node("Min", in);
            case GREATER -> number(nodes.node("Greater", in));
            case DIV_OR_ZERO -> nodes.node("Where", List.of(nodes.node("Equal", List.of(b, nodes.scalar(0))), nodes.scalar(0), nodes.node("Div", in)));
        };
    }

    private String number(String truth) {
        return nodes.node("Cast", truth, of("to", FLOAT));
    }

    /** matrix @ x over the last axis but one. */
    String sparse(SparseMatrix m, String x, int rank) {
        int longest = 0;
        for (int r = 0; r < m.rows(); r++) {
            longest = Math.max(longest, m.rowStart()[r + 1] - m.rowStart()[r]);
        }
        if (longest > GATHERS || longest == 0) {
            double[] dense = m.toDense();
            float[] values = new float[dense.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) dense[i];
            }
            return nodes.node("MatMul", List.of(nodes.floats(Shape.of(m.rows(), m.cols()), values), x));
        }
        String sum = "";
        for (int k = 0; k < longest; k++) {
            long[] columns = new long[m.rows()];
            float[] weights = new float[m.rows()]; // zero where a row has fewer entries
            for (int r = 0; r < m.rows(); r++) {
                int at = m.rowStart()[r] + k;
                if (at < m.rowStart()[r + 1]) {
                    columns[r] = m.columns()[at];
                    weights[r] = (float) m.values()[at];
                }
            }
            String term = nodes.node("Mul", List.of(nodes.node("Gather", List.of(x, nodes.longs(columns)), of("axis", rank - 2L)),
                nodes.floats(Shape.of(m.rows(), 1), weights)));
            sum = k == 0 ? term : nodes.node("Add", List.of(sum, term));
        }
        return sum;
    }

    /** softmax(q k^T / sqrt(d)) v for each head. */
    String attention(Tensor node, Op.Attention o) {
        int d = node.dim(2) / o.heads();
        String q = nodes.node("Mul", List.of(layouts.plain(node.input(0)), nodes.scalar(1 / Math.sqrt(d))));
        String scores = nodes.node("MatMul", List.of(heads(q, node.input(0), o.heads(), 0, 2, 1, 3),
            heads(layouts.plain(node.input(1)), node.input(1), o.heads(), 0, 2, 3, 1))); // [B,heads,T,S]
        AttentionMask mask = o.mask();
        if (mask != null) {
            scores = nodes.node("Add", List.of(scores, barrier(mask)));
        }
        String attended = nodes.node("MatMul", List.of(nodes.node("Softmax", scores, of("axis", -1L)),
            heads(layouts.plain(node.input(2)), node.input(2), o.heads(), 0, 2, 1, 3))); // [B,heads,T,d]
        return nodes.node("Reshape", List.of(nodes.node("Transpose", attended, of("perm", 0L, 2L, 1L, 3L)), nodes.longs(0, node.dim(1), node.dim(2))));
    }

    /** {@code [B,T,D]} as {@code [B,T,heads,d]} with its axes in another order; 0 in Reshape keeps the batch. */
    private String heads(String value, Tensor node, int heads, long... axes) {
        String split = nodes.node("Reshape", List.of(value, nodes.longs(0, node.dim(1), heads, node.dim(2) / heads)));
        return nodes.node("Transpose", split, of("perm", axes));
    }

    private String barrier(AttentionMask mask) {
        float[] barrier = new float[mask.queries() * mask.keys()];
        Arrays.fill(barrier, Float.NEGATIVE_INFINITY);
        for (int t = 0; t < mask.queries(); t++) {
            for (int i = mask.start(t); i < mask.start(t + 1); i++) {
                barrier[t * mask.keys() + mask.key(i)] = 0;
            }
        }
        return nodes.floats(Shape.of(mask.queries(), mask.keys()), barrier);
    }

    void normalize(Tensor node, Op.Normalize o) {
        Tensor x = node.input(0);
        int rank = x.shape().rank();
        float eps = (float) o.eps();
        if (o.first() == rank - 1) {
            layouts.plain(node, nodes.node("LayerNormalization", List.of(layouts.plain(x), scale(node, o, 1, 1), scale(node, o, 2, 0)), of("axis", -1L),
                of("epsilon", eps)));
        } else if (rank == 4 && o.first() == 1 && o.last() == 2) {
            layouts.first(node, nodes.node("InstanceNormalization", List.of(layouts.first(x), scale(node, o, 1, 1), scale(node, o, 2, 0)),
                of("epsilon", eps)));
        } else {
            String value = layouts.plain(x);
            long[] axes = LongStream.rangeClosed(o.first(), o.last()).toArray();
            String centred = nodes.node("Sub", List.of(value, nodes.node("ReduceMean", value, of("axes", axes))));
            String variance = nodes.node("ReduceMean", nodes.node("Mul", List.of(centred, centred)), of("axes", axes));
            String y = nodes.node("Div", List.of(centred, nodes.node("Sqrt", nodes.node("Add", List.of(variance, nodes.scalar(o.eps()))))));
            if (o.affine()) {
                y = nodes.node("Add", List.of(nodes.node("Mul", List.of(y, layouts.plain(node.input(1)))), layouts.plain(node.input(2))));
            }
            layouts.plain(node, y);
        }
    }

    /** Gamma or beta, or what does nothing in its place. */
    private String scale(Tensor node, Op.Normalize o, int i, float neutral) {
        if (o.affine()) {
            return layouts.plain(node.input(i));
        }
        float[] values = new float[node.dim(-1)];
        Arrays.fill(values, neutral);
        return nodes.floats(Shape.of(values.length), values);
    }

    void batchNorm(Tensor node, Op.BatchNorm o) {
        Tensor x = node.input(0);
        List<String> c = node.inputs().subList(1, 5).stream().map(layouts::plain).toList();
        if (x.shape().rank() == 4) {
            layouts.first(node, normalised(layouts.first(x), c, o));
        } else if (x.shape().rank() == 2) {
            layouts.plain(node, normalised(layouts.plain(x), c, o));
        } else {
            String deviation = nodes.node("Sqrt", nodes.node("Add", List.of(c.get(3), nodes.scalar(o.eps()))));
            String factor = nodes.node("Div", List.of(c.get(0), deviation));
            String centred = nodes.node("Sub", List.of(layouts.plain(x), c.get(2)));
            layouts.plain(node, nodes.node("Add", List.of(nodes.node("Mul", List.of(centred, factor)), c.get(1))));
        }
    }

    private String normalised(String x, List<String> c, Op.BatchNorm o) {
        List<String> in = new ArrayList<>(List.of(x));
        in.addAll(c);
        return nodes.node("BatchNormalization", in, of("epsilon", (float) o.eps()));
    }
}

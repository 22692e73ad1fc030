package io.github.remocap.io.onnx;

import static io.github.remocap.io.onnx.OnnxNodes.of;

import io.github.remocap.io.onnx.BatchDims.Dim;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Says each op in ONNX's operators: one more reader of the op language. */
final class OpWriter {
    private final OnnxNodes nodes;
    private final Layouts layouts;
    private final BatchDims dims;
    private final Tensor input;
    private final CompositeOps composites;
    private final Map<Tensor, Tensor> sums;
    private @Nullable String batch;

    OpWriter(OnnxNodes nodes, BatchDims dims, Tensor input, List<Tensor> outputs) {
        this.nodes = nodes;
        this.layouts = new Layouts(nodes);
        this.dims = dims;
        this.input = input;
        this.composites = new CompositeOps(nodes, layouts);
        this.sums = biasSums(dims.order(), outputs);
    }

    /**
     * Products and convolutions by the addition of a bias that alone reads them: ONNX has an input for it. A bias may be computed (cut out
     * of a longer one) after the product, so the product is written with the addition.
     */
    private static Map<Tensor, Tensor> biasSums(List<Tensor> order, List<Tensor> outputs) {
        Map<Tensor, Integer> uses = new HashMap<>();
        order.forEach(node -> node.inputs().forEach(in -> uses.merge(in, 1, Integer::sum)));
        outputs.forEach(node -> uses.merge(node, 2, Integer::sum));
        Map<Tensor, Tensor> sums = new HashMap<>();
        for (Tensor node : order) {
            if (node.op() instanceof Op.Binary b && b.fn() == Op.BinaryFn.ADD && node.input(1).shape().equals(Shape.of(node.dim(-1)))
                && uses.getOrDefault(node.input(0), 0) == 1 && takesBias(node.input(0))) {
                sums.put(node.input(0), node);
            }
        }
        return sums;
    }

    private static boolean takesBias(Tensor node) {
        return switch (node.op()) {
            case Op.Conv2d o -> o.epilogue().equals(Epilogue.NONE);
            case Op.MatMul o -> o.epilogue().equals(Epilogue.NONE) && node.input(0).shape().rank() == 2 && node.input(1).shape().rank() == 2;
            default -> false;
        };
    }

    /** The value that holds a written node, in its own order. */
    String value(Tensor node) {
        return layouts.plain(node);
    }

    /**
     * Appends what computes a node.
     *
     * @throws OnnxExportException if there is no way to say it
     */
    void write(Tensor node) {
        nodes.at(node.path());
        switch (node.op()) {
            case Op.Input o -> {
                if (node != input) {
                    throw new OnnxExportException(node, "input '" + o.label() + "': a network for inference has the images alone");
                }
                layouts.plain(node, o.label());
            }
            case Op.Parameter o -> layouts.plain(node, nodes.store(o.label(), o.shape(), node.values()));
            case Op.Constant o -> layouts.plain(node, nodes.store("constant/" + node.id(), o.shape(), node.values()));
            case Op.Unary o -> elementwise(node, in -> composites.unary(o.fn(), in.getFirst()));
            case Op.Affine o -> elementwise(node, in -> nodes.node("Add",
                List.of(nodes.node("Mul", List.of(in.getFirst(), nodes.scalar(o.scale()))), nodes.scalar(o.shift()))));
            case Op.Binary o -> {
                if (sums.get(node.input(0)) == node) {
                    product(node, node.input(0), node.input(1));
                } else {
                    elementwise(node, in -> composites.binary(o.fn(), in.get(0), in.get(1)));
                }
            }
            case Op.Dropout o -> refuse(node, "dropout is for training");
            case Op.Reshape o -> layouts.plain(node, nodes.node("Reshape", List.of(plain(node, 0), reshape(node))));
            case Op.Detach o -> layouts.alias(node, node.input(0));
            case Op.Permute o -> permute(node, o);
            case Op.Broadcast o -> layouts.plain(node, nodes.node("Expand", List.of(plain(node, 0), extents(node))));
            case Op.Slice o -> along(node, o.axis(), (in, axis) -> nodes.node("Slice",
                List.of(in.getFirst(), nodes.longs(o.start()), nodes.longs((long) o.start() + o.length()), nodes.longs(axis))));
            case Op.Pad o -> along(node, o.axis(), (in, axis) -> nodes.node("Pad", List.of(in.getFirst(), pads(node, axis, o))));
            case Op.Concat o -> along(node, o.axis(), (in, axis) -> nodes.node("Concat", in, of("axis", axis)));
            case Op.Gather o -> along(node, o.axis(), (in, axis) -> nodes.node("Gather",
                List.of(in.getFirst(), nodes.longs(IntStream.range(0, o.indices().size()).mapToLong(o.indices()::get).toArray())), of("axis", axis)));
            case Op.ScatterAdd o -> refuse(node, "it is Gather's gradient");
            case Op.Reduce o -> reduce(node, o);
            case Op.Softmax o -> layouts.plain(node, nodes.node("Softmax", plain(node, 0), of("axis", -1L)));
            case Op.MatMul o -> productUnlessSummed(node);
            case Op.Conv2d o -> productUnlessSummed(node);
            case Op.Conv2dInputGradient o -> refuse(node, "it is a gradient");
            case Op.Conv2dWeightGradient o -> refuse(node, "it is a gradient");
            case Op.SparseMatMul o -> layouts.plain(node, composites.sparse(o.matrix(), plain(node, 0), node.shape().rank()));
            case Op.Attention o -> layouts.plain(node, composites.attention(node, o));
            case Op.AttentionGradient o -> refuse(node, "it is a gradient");
            case Op.Normalize o -> composites.normalize(node, o);
            case Op.Moments o -> refuse(node, "it belongs to training: batch norm of an exported network has running statistics");
            case Op.NormalizeGradient o -> refuse(node, "it is a gradient");
            case Op.BatchNormGradient o -> refuse(node, "it is a gradient");
            case Op.BatchNorm o -> composites.batchNorm(node, o);
            case Op.Upsample o -> {
                String y = nodes.node("Resize", List.of(layouts.first(node.input(0)), "", nodes.floats(Shape.of(4), new float[] {1, 1, o.scale(), o.scale()})),
                    of("mode", "nearest"), of("coordinate_transformation_mode", "asymmetric"), of("nearest_mode", "floor"));
                layouts.first(node, epilogue(y, o.epilogue(), o.epilogue().residual() ? layouts.first(node.input(1)) : null));
            }
            case Op.Downsum o -> layouts.first(node, nodes.node("Mul", List.of(nodes.node("AveragePool", layouts.first(node.input(0)),
                of("kernel_shape", o.scale(), o.scale()), of("strides", o.scale(), o.scale())), nodes.scalar((double) o.scale() * o.scale()))));
            case Op.Custom o -> {
                if (!(o.op() instanceof OnnxExportable custom)) {
                    throw new OnnxExportException(node, "an op of its user's own that is no OnnxExportable");
                }
                layouts.plain(node, custom.export(nodes, node.inputs().stream().map(layouts::plain).toList()));
            }
        }
    }

    private static void refuse(Tensor node, String why) {
        throw new OnnxExportException(node, why + "; only a network for inference can be exported");
    }

    private String plain(Tensor node, int i) {
        return layouts.plain(node.input(i));
    }

    // -- element by element, along an axis ----------------------------------------------------------------------------

    /** Channels-first if an input is there like that and the others can follow. */
    private void elementwise(Tensor node, Function<List<String>, String> writer) {
        if (node.shape().rank() == 4 && node.inputs().stream().anyMatch(layouts::hasFirst) && node.inputs().stream().allMatch(Layouts::fitsBeside)) {
            layouts.first(node, writer.apply(node.inputs().stream().map(layouts::beside).toList()));
        } else {
            layouts.plain(node, writer.apply(node.inputs().stream().map(layouts::plain).toList()));
        }
    }

    private interface AlongAxis {
        String write(List<String> in, long axis);
    }

    private void along(Tensor node, int axis, AlongAxis writer) {
        if (node.shape().rank() == 4 && node.inputs().stream().anyMatch(layouts::hasFirst)) {
            layouts.first(node, writer.write(node.inputs().stream().map(layouts::first).toList(), Layouts.firstAxis(axis)));
        } else {
            layouts.plain(node, writer.write(node.inputs().stream().map(layouts::plain).toList(), axis));
        }
    }

    private String pads(Tensor node, long axis, Op.Pad o) {
        long[] pads = new long[2 * node.shape().rank()];
        pads[(int) axis] = o.before();
        pads[(int) axis + node.shape().rank()] = o.after();
        return nodes.longs(pads);
    }

    private void reduce(Tensor node, Op.Reduce o) {
        Tensor x = node.input(0);
        // H and W together are neighbours in both orders.
        boolean first = x.shape().rank() == 4 && o.first() == 1 && o.last() == 2 && layouts.hasFirst(x);
        long[] axes = IntStream.rangeClosed(o.first(), o.last()).mapToLong(a -> first ? Layouts.firstAxis(a) : a).toArray();
        String in = first ? layouts.first(x) : layouts.plain(x);
        layouts.plain(node, switch (o.fn()) {
            case SUM -> nodes.node("ReduceSum", List.of(in, nodes.longs(axes)), of("keepdims", 0L));
            case MEAN -> nodes.node("ReduceMean", in, of("axes", axes), of("keepdims", 0L));
            case MAX -> nodes.node("ReduceMax", in, of("axes", axes), of("keepdims", 0L));
        });
    }

    // -- moving elements ----------------------------------------------------------------------------------------------

    private void permute(Tensor node, Op.Permute o) {
        Tensor x = node.input(0);
        if (o.axes().equals(List.of(0, 2, 3, 1))) {
            layouts.first(node, layouts.plain(x));
        } else if (o.axes().equals(List.of(0, 3, 1, 2))) {
            layouts.plain(node, layouts.first(x));
        } else if (x.shape().rank() == 4 && layouts.hasFirst(x)) {
            layouts.plain(node, layouts.transpose(layouts.first(x), o.axes().stream().mapToLong(Layouts::firstAxis).toArray()));
        } else {
            layouts.plain(node, layouts.transpose(layouts.plain(x), o.axes().stream().mapToLong(a -> a).toArray()));
        }
    }

    /** The shape that Reshape takes; it finds one extent by itself. */
    private String reshape(Tensor node) {
        List<Dim> shape = dims.of(node);
        if (shape.stream().filter(d -> !d.fixed()).count() > 1) {
            return extents(node);
        }
        return nodes.longs(shape.stream().mapToLong(d -> d.fixed() ? d.numerator() : -1).toArray());
    }

    /** A node's shape as a value. */
    private String extents(Tensor node) {
        List<Dim> shape = dims.of(node);
        if (shape.stream().allMatch(Dim::fixed)) {
            return nodes.longs(shape.stream().mapToLong(Dim::numerator).toArray());
        }
        List<String> parts = new ArrayList<>();
        for (Dim d : shape) {
            if (d.fixed()) {
                parts.add(nodes.longs(d.numerator()));
                continue;
            }
            String extent = d.numerator() == 1 ? batch() : nodes.node("Mul", List.of(batch(), nodes.longs(d.numerator())));
            parts.add(d.denominator() == 1 ? extent : nodes.node("Div", List.of(extent, nodes.longs(d.denominator()))));
        }
        return nodes.node("Concat", parts, of("axis", 0L));
    }

    /** The batch as a vector of one number. */
    private String batch() {
        String known = batch;
        if (known == null) {
            known = nodes.node("Slice", List.of(nodes.node("Shape", layouts.plain(input)), nodes.longs(0), nodes.longs(1)));
            batch = known;
        }
        return known;
    }

    // -- products -----------------------------------------------------------------------------------------------------

    private void productUnlessSummed(Tensor node) {
        if (!sums.containsKey(node)) {
            product(node, node, null);
        }
    }

    /** @param summed the product plus bias, or the product itself without one */
    private void product(Tensor summed, Tensor product, @Nullable Tensor extraBias) {
        switch (product.op()) {
            case Op.MatMul o -> {
                Tensor bias = extraBias != null || !o.epilogue().bias() ? extraBias : product.input(2);
                String y = matmul(o, product.input(0), product.input(1), bias == null ? null : layouts.plain(bias));
                layouts.plain(summed, epilogue(y, o.epilogue(), residual(product, o.epilogue(), false)));
            }
            case Op.Conv2d o -> {
                Tensor bias = extraBias != null || !o.epilogue().bias() ? extraBias : product.input(2);
                Shape w = product.input(1).shape();
                List<String> in = new ArrayList<>(List.of(layouts.first(product.input(0)), layouts.plain(product.input(1))));
                if (bias != null) {
                    in.add(layouts.plain(bias));
                }
                long p = o.padding();
                String y = nodes.node("Conv", in, of("kernel_shape", w.dim(2), w.dim(3)), of("strides", o.stride(), o.stride()), of("pads", p, p, p, p));
                layouts.first(summed, epilogue(y, o.epilogue(), residual(product, o.epilogue(), true)));
            }
            default -> throw new IllegalStateException(product + " is no product");
        }
    }

    private @Nullable String residual(Tensor node, Epilogue e, boolean first) {
        if (!e.residual()) {
            return null;
        }
        Tensor other = node.input(node.inputs().size() - 1);
        return first ? layouts.first(other) : layouts.plain(other);
    }

    private String epilogue(String value, Epilogue e, @Nullable String residual) {
        String y = residual == null ? value : nodes.node("Add", List.of(value, residual));
        return e.relu() ? nodes.node("Relu", y) : y;
    }

    private String matmul(Op.MatMul o, Tensor a, Tensor b, @Nullable String bias) {
        if (a.shape().rank() == 2 && b.shape().rank() == 2) {
            List<String> in = new ArrayList<>(List.of(layouts.plain(a), layouts.plain(b)));
            if (bias != null) {
                in.add(bias);
            }
            return nodes.node("Gemm", in, of("transA", o.transposeA() ? 1L : 0L), of("transB", o.transposeB() ? 1L : 0L));
        }
        String y = nodes.node("MatMul", List.of(o.transposeA() ? composites.swapped(a) : layouts.plain(a),
            o.transposeB() ? composites.swapped(b) : layouts.plain(b)));
        return bias == null ? y : nodes.node("Add", List.of(y, bias));
    }
}

package io.github.remocap.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.onnx.OnnxGraph;
import io.github.remocap.io.onnx.OnnxWriter;
import io.github.remocap.model.RotationProjection;
import io.github.remocap.parity.Check;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Devices;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.ReduceFn;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.SparseMatrix;
import io.github.remocap.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each op that can be exported, in ONNX Runtime against the reference interpreter; in both orders of an image's axes. */
class OpParityTest {
    private static final double TOLERANCE = 2e-5;

    @TempDir
    private Path folder;

    private static Tensor parameter(Graph graph, String name, int... dims) {
        Shape shape = Shape.of(dims);
        return graph.parameter(name, shape, MemorySegment.ofArray(DeterministicNumbers.uniform(name, (int) shape.size(), 0.5, 1.5)));
    }

    /** Everything on one image tensor {@code [2,6,6,4]}. */
    private static Map<String, Tensor> everything(Graph g, Tensor x, String prefix) {
        Map<String, Tensor> out = new LinkedHashMap<>();
        Tensor positive = x.square().add(g.scalar(0.1));
        for (UnaryFn fn : UnaryFn.values()) {
            out.put("unary " + fn, (fn == UnaryFn.LOG || fn == UnaryFn.SQRT || fn == UnaryFn.RECIPROCAL ? positive : x).unary(fn));
        }
        for (BinaryFn fn : BinaryFn.values()) {
            out.put("binary " + fn, x.binary(fn, fn == BinaryFn.DIV ? positive : x.affine(2, 1)));
            out.put("row " + fn, x.binary(fn, parameter(g, "row", 4)));
            out.put("scalar " + fn, x.binary(fn, g.scalar(0.5)));
        }
        out.put("zero divided", x.binary(BinaryFn.DIV_OR_ZERO, x.relu()));
        for (ReduceFn fn : ReduceFn.values()) {
            out.put("channels " + fn, x.reduce(fn, 3, 3));
            out.put("pixels " + fn, x.reduce(fn, 1, 2));
            out.put("width " + fn, x.reduce(fn, 2, 2));
        }
        out.put("affine", x.affine(-3, 0.25));
        out.put("reshape", x.reshape(2, 9, 16));
        out.put("detach", x.detach().relu());
        out.put("permute", x.permute(2, 1, 3, 0));
        out.put("first", x.permute(0, 3, 1, 2));
        out.put("broadcast", x.broadcast(Shape.of(3, 2, 6, 6, 4)));
        out.put("slice", x.slice(3, 1, 2));
        out.put("rows", x.slice(1, 1, 4));
        out.put("pad", x.pad(1, 1, 2));
        out.put("concat", g.concat(3, x, x.relu()));
        out.put("gather", x.gather(2, 5, 0, 0));
        out.put("softmax", x.softmax());
        out.put("upsample", g.apply(new Op.Upsample(2, new Epilogue(false, true, true)), x, x.pad(1, 3, 3).pad(2, 3, 3)));
        out.put("downsum", g.apply(new Op.Downsum(2), x));
        Tensor w = parameter(g, "w", 4, 4, 3, 3);
        out.put("convolution", x.conv2d(w, 2, 1));
        out.put("convolution with epilogue", g.apply(new Op.Conv2d(1, 1, new Epilogue(true, true, true)), x, w, parameter(g, "row", 4), x));
        Tensor rows = x.reshape(72, 4);
        out.put("linear", rows.matmul(parameter(g, "linear", 5, 4), false, true).add(parameter(g, "bias", 5)));
        out.put("outer", rows.matmul(rows, true, false));
        Tensor batch = x.reshape(2, 36, 4);
        out.put("batched", batch.matmul(batch, false, true));
        out.put("product with epilogue", g.apply(new Op.MatMul(true, false, new Epilogue(true, false, true)), batch, batch, parameter(g, "row", 4)));
        out.put("sparse", g.apply(new Op.SparseMatMul(SparseMatrix.fromDense(3, 36, sparse(3, 36, 17))), batch));
        out.put("dense", g.apply(new Op.SparseMatMul(SparseMatrix.fromDense(3, 36, sparse(3, 36, 2))), batch));
        boolean[][] allowed = new boolean[36][36];
        for (int i = 0; i < 36; i++) {
            for (int j = 0; j < 36; j++) {
                allowed[i][j] = Math.abs(i - j) < 4;
            }
        }
        out.put("attention", g.apply(new Op.Attention(2, null), batch.slice(1, 0, 7), batch, batch.relu()));
        out.put("masked attention", g.apply(new Op.Attention(2, AttentionMask.of(allowed)), batch.slice(0, 0, 1), batch, batch));
        for (int[] axes : new int[][] {{3, 3}, {1, 2}, {0, 2}}) {
            out.put("norm " + axes[0] + axes[1], g.apply(new Op.Normalize(axes[0], axes[1], 1e-5, false), x));
            out.put("affine norm " + axes[0] + axes[1],
                g.apply(new Op.Normalize(axes[0], axes[1], 1e-5, true), x, parameter(g, "row", 4), parameter(g, "beta", 4)));
        }
        for (Tensor t : new Tensor[] {x, rows, batch}) {
            out.put("batch norm " + t.shape().rank(), g.apply(new Op.BatchNorm(1e-5), t, parameter(g, "row", 4), parameter(g, "beta", 4),
                parameter(g, "mean", 4), parameter(g, "variance", 4)));
        }
        out.put("rotations", g.apply(new Op.Custom(new RotationProjection()), x.reshape(32, 3, 3)));
        Map<String, Tensor> named = new LinkedHashMap<>();
        out.forEach((name, tensor) -> named.put(prefix + name, tensor));
        return named;
    }

    /** Mostly zeros; every so many-th is not. */
    private static double[] sparse(int rows, int cols, int every) {
        double[] dense = new double[rows * cols];
        for (int i = 0; i < dense.length; i += every) {
            dense[i] = 0.1 * i - 1;
        }
        return dense;
    }

    @Test
    void eachOp() throws Exception {
        Graph g = new Graph();
        Tensor images = g.input("images", Shape.of(2, 4, 6, 6));
        Map<String, Tensor> outputs = new LinkedHashMap<>(everything(g, images.permute(0, 2, 3, 1), "channels first, "));
        outputs.putAll(everything(g, images.reshape(2, 6, 6, 4), "channels last, "));
        Path file = folder.resolve("ops.onnx");
        OnnxWriter.write(file, new OnnxGraph(images, outputs), null, OnnxWriter.Weights.AUTO, Map.of(), ProgressListener.NONE);
        float[] values = DeterministicNumbers.uniform("op parity", 2 * 4 * 6 * 6, -2, 2);
        List<Check> wrong = new ArrayList<>();
        try (OrtPeer ort = new OrtPeer(file, values, new long[] {2, 4, 6, 6}, 1);
            Program program = Devices.reference().compile(Compilation.of(List.copyOf(outputs.values())).unoptimized())) {
            program.write(images, values);
            program.run();
            ort.run();
            Map<String, float[]> actual = ort.outputs();
            assertEquals(outputs.keySet(), actual.keySet());
            outputs.forEach((name, tensor) -> {
                Check check = Check.of("", name, actual.get(name), program.read(tensor), TOLERANCE);
                if (!check.ok()) {
                    wrong.add(check);
                }
            });
        }
        assertEquals(List.of(), wrong);
    }
}

package io.github.remocap.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Op.ReduceFn;
import io.github.remocap.tensor.Op.UnaryFn;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** A NaN that goes in is seen coming out, in the same places on every device. */
class NanTest {
    @TestFactory
    Iterable<DynamicTest> nanStaysVisible() {
        Map<String, Function<Tensor, Tensor>> uses = new LinkedHashMap<>();
        for (UnaryFn fn : UnaryFn.values()) {
            if (fn != UnaryFn.STEP && fn != UnaryFn.IS_FINITE) {
                uses.put(fn.name(), x -> x.unary(fn));
            }
        }
        for (BinaryFn fn : BinaryFn.values()) {
            if (fn != BinaryFn.GREATER) {
                uses.put(fn + " left", x -> x.binary(fn, x.graph().scalar(0.5)));
                uses.put(fn + " right", x -> x.graph().scalar(0.5).binary(fn, x));
            }
        }
        for (ReduceFn fn : ReduceFn.values()) {
            uses.put(fn + " of rows", x -> x.reduce(fn, 1, 1));
            uses.put(fn + " of columns", x -> x.reduce(fn, 0, 0));
            uses.put(fn + " of all", x -> x.reduce(fn, 0, 1));
        }
        uses.put("affine", x -> x.affine(0, 1));
        uses.put("softmax", Tensor::softmax);
        uses.put("matmul relu", x -> x.graph().apply(new Op.MatMul(false, true, new Epilogue(false, false, true)), x, x));
        uses.put("matmul wide relu", x -> x.graph().apply(new Op.MatMul(true, false, new Epilogue(false, true, true)), x, x,
            x.graph().constant(Shape.of(37, 37), new float[37 * 37])));
        uses.put("convolution relu", x -> x.graph().apply(new Op.Conv2d(1, 1, new Epilogue(false, false, true)), x.reshape(1, 6, 37, 1),
            x.graph().constant(Shape.of(35, 1, 3, 3), ones(35 * 9))));
        uses.put("upsample relu", x -> x.graph().apply(new Op.Upsample(2, new Epilogue(false, false, true)), x.reshape(1, 6, 1, 37)));
        uses.put("normalize rows", x -> x.graph().apply(new Op.Normalize(1, 1, 1e-5, false), x));
        uses.put("normalize columns", x -> x.graph().apply(new Op.Normalize(0, 0, 1e-5, false), x));
        uses.put("attention", x -> x.graph().apply(new Op.Attention(1, null), x.reshape(1, 6, 37), x.reshape(1, 6, 37), x.reshape(1, 6, 37)));
        return uses.entrySet().stream().map(e -> DynamicTest.dynamicTest(e.getKey(), () -> check(e.getValue()))).toList();
    }

    private static float[] ones(int n) {
        float[] ones = new float[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static void check(Function<Tensor, Tensor> use) {
        for (int at : new int[] {2 * 37, 2 * 37 + 5, 3 * 37 - 1}) { // in the first vector, inside, in a tail
            Graph graph = new Graph();
            Tensor x = graph.input("x", Shape.of(6, 37));
            Tensor y = use.apply(x);
            float[] values = new float[6 * 37];
            for (int i = 0; i < values.length; i++) {
                values[i] = 0.1f + i % 7;
            }
            values[at] = Float.NaN;
            boolean[] reference = nans(Devices.reference(), y, x, values);
            boolean[] vector = nans(Devices.cpu(), y, x, values);
            int count = 0;
            for (int i = 0; i < reference.length; i++) {
                assertEquals(reference[i], vector[i], "element " + i);
                count += reference[i] ? 1 : 0;
            }
            assertTrue(count > 0, "the NaN is hidden");
        }
    }

    private static boolean[] nans(Device device, Tensor y, Tensor x, float[] values) {
        try (Program program = device.compile(Compilation.of(y))) {
            program.write(x, values);
            program.run();
            float[] result = program.read(y);
            boolean[] nans = new boolean[result.length];
            for (int i = 0; i < nans.length; i++) {
                nans[i] = Float.isNaN(result[i]);
            }
            return nans;
        }
    }
}

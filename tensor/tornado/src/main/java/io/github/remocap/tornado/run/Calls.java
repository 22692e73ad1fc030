package io.github.remocap.tornado.run;

import io.github.remocap.tensor.CustomOp;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tornado.lower.Buffer;
import io.github.remocap.tornado.lower.Lowering;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Ops from outside: their Java code runs on the host, between two graphs. */
final class Calls {
    private Calls() {
    }

    private record Floats(float[] array, Shape shape, boolean writable) implements CustomOp.Elements {
        @Override
        public double get(long index) {
            return array[Math.toIntExact(index)];
        }

        @Override
        public void set(long index, double value) {
            if (!writable) {
                throw new UnsupportedOperationException("inputs of an op are read-only");
            }
            array[Math.toIntExact(index)] = (float) value;
        }
    }

    static void run(Lowering.Call call, Transfers transfers) {
        List<CustomOp.Elements> inputs = new ArrayList<>();
        for (int i = 0; i < call.inputs().size(); i++) {
            Shape shape = call.shapes().get(i);
            float[] elements = new float[Math.toIntExact(shape.size())];
            if (elements.length > 0) {
                transfers.save(call.inputs().get(i).at(), MemorySegment.ofArray(elements), elements.length);
            }
            inputs.add(new Floats(elements, shape, false));
        }
        float[] result = new float[Math.toIntExact(call.shape().size())];
        CustomOp.Elements output = new Floats(result, call.shape(), true);
        for (int part = 0; part < call.op().parts(call.shapes()); part++) {
            call.op().compute(part, inputs, output);
        }
        if (result.length > 0) {
            Buffer to = call.output();
            transfers.load(MemorySegment.ofArray(result), to.at(), result.length, -1);
        }
    }
}

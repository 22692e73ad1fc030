package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.CustomOp;
import io.github.remocap.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** An op from outside, on float32 memory. */
final class CustomStep extends Step {
    private final CustomOp op;
    private final List<CustomOp.Elements> inputs = new ArrayList<>();
    private final CustomOp.Elements output;
    private final int units;

    CustomStep(CustomOp op, List<Buffer> in, List<Shape> shapes, Buffer out, Shape shape) {
        this.op = op;
        for (int i = 0; i < in.size(); i++) {
            inputs.add(new Floats(in.get(i), shapes.get(i), false));
        }
        this.output = new Floats(out, shape, true);
        this.units = op.parts(shapes);
    }

    @Override
    int units() {
        return units;
    }

    @Override
    void run(int unit, Scratch memory) {
        op.compute(unit, inputs, output);
    }

    private record Floats(Buffer buffer, Shape shape, boolean writable) implements CustomOp.Elements {
        @Override
        public double get(long index) {
            return Simd.get(address(index));
        }

        @Override
        public void set(long index, double value) {
            if (!writable) {
                throw new UnsupportedOperationException("inputs of an op are read-only");
            }
            Simd.set(address(index), (float) value);
        }

        /** Unlike the library's own kernels, one from outside is not trusted with addresses. */
        private long address(long index) {
            if (index < 0 || index >= shape.size()) {
                throw new IndexOutOfBoundsException("element " + index + " of " + shape);
            }
            return buffer.at() + 4 * index;
        }
    }
}

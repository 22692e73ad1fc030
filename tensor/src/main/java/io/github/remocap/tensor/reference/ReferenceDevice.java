package io.github.remocap.tensor.reference;

import io.github.remocap.tensor.Compilation;
import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Program;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs graphs node by node in double precision, as they were built. */
public final class ReferenceDevice implements Device {
    @Override
    public String name() {
        return "reference";
    }

    @Override
    public String description() {
        return "reference interpreter, double precision, one thread";
    }

    @Override
    public Program compile(Compilation compilation) {
        return new ReferenceProgram(this, compilation);
    }

    private static final class ReferenceProgram extends Program {
        private final List<Tensor> order;
        private final Map<Tensor, Tensor> lastUse = new HashMap<>();
        private final Set<Tensor> kept;
        private final Map<Tensor, double[]> inputValues = new HashMap<>();
        private final Map<Tensor, double[]> values = new HashMap<>();
        private final Map<Tensor, double[]> frozen = new HashMap<>();

        ReferenceProgram(Device device, Compilation compilation) {
            super(device, compilation);
            order = Graph.reachable(compilation.targets());
            for (Tensor node : order) {
                node.inputs().forEach(input -> lastUse.put(input, node));
                if (compilation.frozen() && node.op() instanceof Op.Parameter) {
                    frozen.put(node, doubles(node.values()));
                }
            }
            kept = new HashSet<>(compilation.targets());
        }

        @Override
        public long memory() {
            return values.values().stream().mapToLong(v -> (long) v.length * Double.BYTES).sum();
        }

        @Override
        protected void doWrite(Tensor input, float[] elements) {
            double[] copy = new double[elements.length];
            for (int i = 0; i < copy.length; i++) {
                copy[i] = elements[i];
            }
            inputValues.put(input, copy);
        }

        @Override
        protected void doWrite(Tensor input, double[] elements) {
            inputValues.put(input, elements.clone());
        }

        @Override
        protected void doReadInput(Tensor input, float[] elements) {
            toFloats(inputValues.get(input), elements);
        }

        @Override
        protected void doRun() {
            values.clear();
            for (Tensor node : order) {
                values.put(node, compute(node));
                for (Tensor input : node.inputs()) {
                    if (lastUse.get(input) == node && !kept.contains(input)) {
                        values.remove(input);
                    }
                }
            }
            for (Compilation.Update update : compilation().updates()) {
                double[] value = values.get(update.value());
                MemorySegment target = update.parameter().values();
                for (int i = 0; i < value.length; i++) {
                    target.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, (float) value[i]);
                }
            }
        }

        private double[] compute(Tensor node) {
            return switch (node.op()) {
                case Op.Input i -> inputValues.get(node);
                case Op.Parameter p -> compilation().frozen() ? frozen.get(node) : doubles(node.values());
                case Op.Constant c -> doubles(node.values());
                default -> {
                    List<double[]> in = new ArrayList<>();
                    List<Shape> shapes = new ArrayList<>();
                    for (Tensor input : node.inputs()) {
                        in.add(values.get(input));
                        shapes.add(input.shape());
                    }
                    try {
                        yield Reference.compute(node.op(), in, shapes, node.shape());
                    } catch (RuntimeException e) {
                        throw new IllegalStateException(node + " failed: " + e, e);
                    }
                }
            };
        }

        @Override
        protected void doRead(Tensor output, float[] elements) {
            toFloats(values.get(output), elements);
        }

        @Override
        protected void doRead(Tensor output, double[] elements) {
            System.arraycopy(values.get(output), 0, elements, 0, elements.length);
        }

        @Override
        protected void doClose() {
            values.clear();
            inputValues.clear();
        }

        private static double[] doubles(MemorySegment floats) {
            double[] out = new double[Math.toIntExact(floats.byteSize() / Float.BYTES)];
            for (int i = 0; i < out.length; i++) {
                out[i] = floats.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
            }
            return out;
        }

        private static void toFloats(double[] from, float[] to) {
            for (int i = 0; i < to.length; i++) {
                to[i] = (float) from[i];
            }
        }
    }
}

package io.github.remocap.tornado.lower;

import io.github.remocap.tensor.Op.BinaryFn;
import io.github.remocap.tensor.Op.UnaryFn;
import io.github.remocap.tornado.kernel.ElementwiseKernel;
import java.util.ArrayList;
import java.util.List;

/**
 * The little program of an elementwise job, while it is written. Values are numbered; registers are assigned at the end, when it is known how
 * long each value is needed. Stores come last, so that what overwrites an operand cannot be read too early.
 */
final class ElementProgram {
    private interface Operand {
        void write(Words words);
    }

    /** One instruction; values that it reads, and the operands behind its register. */
    private record Instruction(int op, int value, List<Integer> reads, Operand rest) {
    }

    private final Constants constants;
    private final List<Instruction> instructions = new ArrayList<>();
    private final List<Instruction> stores = new ArrayList<>();
    private final List<Buffer> reads = new ArrayList<>();
    private final List<Buffer> writes = new ArrayList<>();
    private int values;

    ElementProgram(Constants constants) {
        this.constants = constants;
    }

    List<Buffer> reads() {
        return reads;
    }

    List<Buffer> writes() {
        return writes;
    }

    private int emit(int op, List<Integer> needed, Operand rest) {
        instructions.add(new Instruction(op, values, needed, rest));
        return values++;
    }

    /** An element of a buffer. */
    int load(Buffer from, Layout layout, long elements) {
        reads.add(from);
        if (layout.isScalar()) {
            return emit(ElementwiseKernel.LOAD_SCALAR, List.of(), w -> w.at(from));
        }
        if (layout.isSame(elements)) {
            return emit(ElementwiseKernel.LOAD, List.of(), w -> w.at(from));
        }
        return emit(ElementwiseKernel.LOAD_STRIDED, List.of(), w -> layout.write(w.at(from)));
    }

    /** A number. */
    int number(double value) {
        Buffer pool = constants.number((float) value);
        reads.add(pool);
        return emit(ElementwiseKernel.LOAD_SCALAR, List.of(), w -> w.at(pool));
    }

    int unary(UnaryFn fn, int x) {
        return emit(ElementwiseKernel.UNARY + fn.ordinal(), List.of(x), w -> { });
    }

    int binary(BinaryFn fn, int a, int b) {
        return emit(ElementwiseKernel.BINARY + fn.ordinal(), List.of(a, b), w -> { });
    }

    int affine(int x, double scale, double shift) {
        Buffer a = constants.number((float) scale);
        Buffer b = constants.number((float) shift);
        reads.add(a);
        reads.add(b);
        return emit(ElementwiseKernel.AFFINE, List.of(x), w -> w.at(a).at(b));
    }

    /** Of values: (x - mean - rest) / sqrt(variance + eps) gamma + beta. */
    int normalize(int x, int mean, int rest, int variance, int gamma, int beta, double eps) {
        Buffer epsilon = constants.number((float) eps);
        reads.add(epsilon);
        return emit(ElementwiseKernel.NORMALIZE, List.of(x, mean, rest, variance, gamma, beta), w -> w.at(epsilon));
    }

    int dropout(int x, int step, int scale, long key, int threshold) {
        return emit(ElementwiseKernel.DROPOUT, List.of(x, step, scale), w -> w.add((int) (key >> 32), (int) key, threshold));
    }

    void store(int value, Buffer to) {
        writes.add(to);
        stores.add(new Instruction(ElementwiseKernel.STORE, value, List.of(value), w -> w.at(to)));
    }

    void store(int value, Buffer to, long shift, Layout layout) {
        writes.add(to);
        stores.add(new Instruction(ElementwiseKernel.STORE_STRIDED, value, List.of(value), w -> {
            w.add(to.at() + Math.toIntExact(shift));
            layout.write(w);
        }));
    }

    /** Number of instructions. */
    int size() {
        return instructions.size() + stores.size();
    }

    /** Appends the instructions. */
    void write(Words words) {
        List<Instruction> all = new ArrayList<>(instructions);
        all.addAll(stores);
        int[] lastUse = new int[values];
        for (int i = 0; i < all.size(); i++) {
            lastUse[all.get(i).value()] = Math.max(lastUse[all.get(i).value()], i);
            for (int v : all.get(i).reads()) {
                lastUse[v] = i;
            }
        }
        int[] registers = new int[values];
        boolean[] used = new boolean[ElementwiseKernel.REGISTERS];
        for (int i = 0; i < all.size(); i++) {
            Instruction instruction = all.get(i);
            boolean store = i >= instructions.size();
            List<Integer> sources = instruction.reads().stream().map(v -> registers[v]).toList();
            for (int v : instruction.reads()) {
                if (lastUse[v] == i) {
                    used[registers[v]] = false;
                }
            }
            if (!store) {
                int free = 0;
                while (free < used.length && used[free]) {
                    free++;
                }
                if (free == used.length) {
                    throw new IllegalStateException("more than " + used.length + " values at once");
                }
                registers[instruction.value()] = free;
                used[free] = lastUse[instruction.value()] > i;
            }
            words.add(instruction.op(), registers[instruction.value()]);
            if (!store) {
                sources.forEach(words::add);
            }
            instruction.rest().write(words);
        }
    }
}

package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.set;

import io.github.remocap.tensor.Op;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Several elementwise ops, one block of elements after the other: what they hand on among themselves stays in the first-level cache. */
final class Fused extends Step {
    private static final int BLOCK = 1024;
    private static final int GRAIN = 16 * BLOCK;

    /** A place that an op reads or writes: memory, or a block that lives as long as the unit looks at it. */
    record Place(@Nullable Buffer buffer, int slot, boolean scalar) {
        /** All elements, or one that all share. */
        static Place of(Buffer buffer, boolean scalar) {
            return new Place(buffer, -1, scalar);
        }

        /** The n-th block of scratch memory. */
        static Place block(int slot) {
            return new Place(null, slot, false);
        }

        long at(long element, Scratch memory) {
            return buffer == null ? memory.address + 4L * BLOCK * slot : scalar ? buffer.at() : buffer.at() + 4 * element;
        }
    }

    /** An op and its places; b is a where it has one argument. */
    record Part(Op op, Place a, Place b, Place y) {
    }

    /** A loop over a block. */
    private interface Kernel {
        void run(long a, long b, long y, int n);
    }

    private final Place[] a;
    private final Place[] b;
    private final Place[] y;
    private final Kernel[] kernels;
    private final int slots;
    private final long n;
    private final int units;

    Fused(List<Part> parts, int slots, long n) {
        this.a = parts.stream().map(Part::a).toArray(Place[]::new);
        this.b = parts.stream().map(Part::b).toArray(Place[]::new);
        this.y = parts.stream().map(Part::y).toArray(Place[]::new);
        this.kernels = parts.stream().map(Fused::kernel).toArray(Kernel[]::new);
        this.slots = slots;
        this.n = n;
        this.units = split(n, GRAIN);
    }

    private static Kernel kernel(Part part) {
        int stepA = part.a.scalar ? 0 : 1;
        int stepB = part.b.scalar ? 0 : 1;
        return switch (part.op) {
            case Op.Unary o -> {
                ElementwiseKernel.Unary k = ElementwiseKernel.of(o.fn());
                yield (a, b, y, n) -> k.run(a, y, n);
            }
            case Op.Affine o -> {
                float scale = (float) o.scale();
                float shift = (float) o.shift();
                yield (a, b, y, n) -> ElementwiseKernel.affine(a, y, n, scale, shift);
            }
            case Op.Binary o -> {
                ElementwiseKernel.Binary k = ElementwiseKernel.of(o.fn());
                yield (a, b, y, n) -> {
                    for (int j = k.run(a, stepA, b, stepB, y, n); j < n; j++) {
                        set(y + 4L * j, Elementwise.apply(o.fn(), get(a + 4L * j * stepA), get(b + 4L * j * stepB)));
                    }
                };
            }
            default -> throw new IllegalArgumentException(part.op + " is not elementwise");
        };
    }

    @Override
    int units() {
        return units;
    }

    @Override
    long scratchBytes() {
        return 4L * BLOCK * slots;
    }

    @Override
    void run(int unit, Scratch memory) {
        long end = from(n, units, unit + 1);
        for (long at = from(n, units, unit); at < end; at += BLOCK) {
            int count = (int) Math.min(BLOCK, end - at);
            for (int i = 0; i < kernels.length; i++) {
                kernels[i].run(a[i].at(at, memory), b[i].at(at, memory), y[i].at(at, memory), count);
            }
        }
    }
}

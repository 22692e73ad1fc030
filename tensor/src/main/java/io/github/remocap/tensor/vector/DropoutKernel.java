package io.github.remocap.tensor.vector;

import static io.github.remocap.tensor.vector.Simd.get;
import static io.github.remocap.tensor.vector.Simd.set;

import io.github.remocap.tensor.CounterRandom;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The loop of dropout: {@link CounterRandom}'s numbers, as many at a time as there are 64-bit lanes. */
final class DropoutKernel {
    private static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, Simd.SPECIES.vectorShape());
    private static final int LANES = LONGS.length();
    private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, VectorShape.forBitSize(32 * LANES));
    private static final LongVector INDICES = LongVector.zero(LONGS).addIndex(1);

    private DropoutKernel() {
    }

    /**
     * {@code y[i] = bits(stream, i) < threshold ? 0 : x[i] * scale} for {@code from <= i < end}.
     *
     * @param x address of element 0
     * @param y address of element 0
     */
    static void drop(long x, long y, long from, long end, long stream, int threshold, float scale) {
        LongVector first = LongVector.broadcast(LONGS, CounterRandom.FIRST);
        LongVector second = LongVector.broadcast(LONGS, CounterRandom.SECOND);
        LongVector bound = LongVector.broadcast(LONGS, threshold);
        LongVector step = LongVector.broadcast(LONGS, CounterRandom.GOLDEN * LANES);
        FloatVector factor = FloatVector.broadcast(FLOATS, scale);
        FloatVector zero = FloatVector.zero(FLOATS);
        LongVector state = INDICES.mul(LongVector.broadcast(LONGS, CounterRandom.GOLDEN))
            .add(LongVector.broadcast(LONGS, stream + (from + 1) * CounterRandom.GOLDEN));
        int n = Math.toIntExact(end - from);
        int vectors = n / LANES;
        long source = x + 4 * from;
        long target = y + 4 * from;
        for (int i = 0; i < vectors; i++) {
            LongVector a = state.lanewise(VectorOperators.XOR, state.lanewise(VectorOperators.LSHR, 30)).mul(first);
            LongVector b = a.lanewise(VectorOperators.XOR, a.lanewise(VectorOperators.LSHR, 27)).mul(second);
            LongVector bits = b.lanewise(VectorOperators.XOR, b.lanewise(VectorOperators.LSHR, 31)).lanewise(VectorOperators.LSHR, 40);
            VectorMask<Float> dropped = bits.compare(VectorOperators.LT, bound).cast(FLOATS);
            FloatVector.fromMemorySegment(FLOATS, Simd.ALL, source, Simd.LE).mul(factor).blend(zero, dropped)
                .intoMemorySegment(Simd.ALL, target, Simd.LE);
            state = state.add(step);
            source += 4L * LANES;
            target += 4L * LANES;
        }
        for (long i = from + (long) vectors * LANES; i < end; i++) {
            set(y + 4 * i, CounterRandom.bits(stream, i) < threshold ? 0 : get(x + 4 * i) * scale);
        }
    }
}

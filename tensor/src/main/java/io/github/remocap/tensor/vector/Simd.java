package io.github.remocap.tensor.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The one place that chooses vector width and multiply-add, and all access to native memory by address. Kernels trust their
 * addresses: they come from a memory plan, never from a caller.
 */
final class Simd {
    private static final int LINE = 64;
    /** Lanes: the machine's preferred width, or {@code -Dremocap.vector.bits} (128, 256, 512). */
    static final VectorSpecies<Float> SPECIES = species();
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SPECIES.vectorShape());
    /** Floats of a vector. */
    static final int LANES = SPECIES.length();
    /** Bytes of a vector. */
    static final long VECTOR_BYTES = 4L * LANES;
    /** Whether multiply-add is one instruction; where it is not, fma would be emulated in software, a thousand times slower. */
    static final boolean FMA = hasFma();
    static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    /**
     * Index of the first float of an array that begins a cache line; 0 if the virtual machine aligns objects to less than one
     * ({@code -XX:ObjectAlignmentInBytes=64}). Kernels begin their scratch there: vectors of 64 bytes otherwise lie on two lines each.
     */
    static final int FIRST = first();
    /** All of native memory. A constant, so that the compiler knows its bounds and lifetime. */
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(SPECIES, 1, 1, true);
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
    private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(SPECIES, 8, 1, true);

    private Simd() {
    }

    private static VectorSpecies<Float> species() {
        String bits = System.getProperty("remocap.vector.bits", "");
        return switch (bits) {
            case "" -> FloatVector.SPECIES_PREFERRED.length() < 4 ? FloatVector.SPECIES_128 : FloatVector.SPECIES_PREFERRED;
            case "128" -> FloatVector.SPECIES_128;
            case "256" -> FloatVector.SPECIES_256;
            case "512" -> FloatVector.SPECIES_512;
            default -> throw new IllegalArgumentException("remocap.vector.bits must be 128, 256 or 512, not '" + bits + "'");
        };
    }

    private static int first() {
        int alignment = Integer.parseInt(option("ObjectAlignmentInBytes", "8"));
        // A header of 8 bytes and the class, which compact headers put into it; then the length.
        int header = 12 + (Boolean.parseBoolean(option("UseCompactObjectHeaders", "false")) ? 0
            : Boolean.parseBoolean(option("UseCompressedClassPointers", "true")) ? 4 : 8);
        return alignment % LINE == 0 ? (LINE - header) / 4 : 0;
    }

    private static String option(String name, String otherwise) {
        try {
            var bean = ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class);
            return bean == null ? otherwise : bean.getVMOption(name).getValue();
        } catch (IllegalArgumentException e) {
            return otherwise;
        }
    }

    private static boolean hasFma() {
        String forced = System.getProperty("remocap.vector.fma", "");
        if (!forced.isEmpty()) {
            return Boolean.parseBoolean(forced);
        }
        if (!System.getProperty("os.arch").equals("amd64") && !System.getProperty("os.arch").equals("x86_64")) {
            return true;
        }
        return Boolean.parseBoolean(option("UseFMA", "false"));
    }

    static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, address, LE);
    }

    static void store(FloatVector v, long address) {
        v.intoMemorySegment(ALL, address, LE);
    }

    /** The vector at x[i], or x[0] in all lanes where the step is 0. */
    static FloatVector side(long x, int step, int i) {
        return step == 1 ? load(x + 4L * i) : all(get(x));
    }

    static FloatVector load(float[] x, int i) {
        return FloatVector.fromArray(SPECIES, x, i);
    }

    static FloatVector broadcast(float[] x, int i) {
        return FloatVector.broadcast(SPECIES, x[i]);
    }

    static FloatVector zero() {
        return FloatVector.zero(SPECIES);
    }

    static FloatVector all(float v) {
        return FloatVector.broadcast(SPECIES, v);
    }

    static FloatVector fma(FloatVector a, FloatVector b, FloatVector c) {
        return FMA ? a.fma(b, c) : a.mul(b).add(c);
    }

    /**
     * The sum of all lanes, halves first. {@code reduceLanes} leaves the order open, and compiled code takes another one than the
     * interpreter: results would change while a program warms up.
     */
    static float sum(FloatVector v) {
        FloatVector s = v;
        if (LANES >= 16) {
            s = s.add(s.rearrange(BY_8));
        }
        if (LANES >= 8) {
            s = s.add(s.rearrange(BY_4));
        }
        s = s.add(s.rearrange(BY_2));
        return s.add(s.rearrange(BY_1)).lane(0);
    }

    static FloatVector relu(FloatVector v) {
        return v.blend(zero(), v.compare(VectorOperators.LT, zero()));
    }

    static float get(long address) {
        return ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, address);
    }

    static void set(long address, float v) {
        ALL.set(ValueLayout.JAVA_FLOAT_UNALIGNED, address, v);
    }

    static void copy(long from, long to, long floats) {
        MemorySegment.copy(ALL, from, ALL, to, 4 * floats);
    }

    /**
     * exp with an error below 2 ulp: x = n ln 2 + r, a polynomial of degree 6 for e^r (Cephes' expf), then a shift of the exponent.
     * Below -87.3 the result is 0, above 88.7 infinity, as far as a float goes. No operations on numbers: each is inlined as a broadcast and more,
     * and where the compiler's budget ends, vectors become objects.
     */
    static FloatVector exp(FloatVector x) {
        FloatVector least = all(-87.33654f);
        FloatVector most = all(88.72283f);
        FloatVector c = x.max(least).min(most);
        FloatVector shifted = fma(c, all(1.44269504f), all(12582912f)); // 1.5 * 2^23: the last bits are n
        FloatVector n = shifted.sub(all(12582912f));
        FloatVector r = fma(n, all(-0.693359375f), c);
        r = fma(n, all(2.12194440e-4f), r);
        FloatVector p = fma(all(1.9875691500e-4f), r, all(1.3981999507e-3f));
        p = fma(p, r, all(8.3334519073e-3f));
        p = fma(p, r, all(4.1665795894e-2f));
        p = fma(p, r, all(1.6666665459e-1f));
        p = fma(p, r, all(5.0000001201e-1f));
        p = fma(p, r.mul(r), r).add(all(1f));
        // 2^n in two steps, since n may be 128.
        IntVector bias = IntVector.broadcast(INTS, 127);
        IntVector whole = shifted.reinterpretAsInts().sub(IntVector.broadcast(INTS, 0x4B400000));
        IntVector half = whole.lanewise(VectorOperators.ASHR, 1);
        IntVector rest = whole.sub(half);
        FloatVector y = p.mul(half.add(bias).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats())
            .mul(rest.add(bias).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
        return y.blend(zero(), x.compare(VectorOperators.LT, least)).blend(all(Float.POSITIVE_INFINITY), x.compare(VectorOperators.GT, most)); // p keeps a NaN
    }

    /** exp as above where x is not positive; simpler, since 2^n needs one step and no bound. */
    static FloatVector expOfNegative(FloatVector x) {
        FloatVector shifted = fma(x, all(1.44269504f), all(12582912f));
        FloatVector n = shifted.sub(all(12582912f));
        FloatVector r = fma(n, all(-0.693359375f), x);
        r = fma(n, all(2.12194440e-4f), r);
        FloatVector p = fma(all(1.9875691500e-4f), r, all(1.3981999507e-3f));
        p = fma(p, r, all(8.3334519073e-3f));
        p = fma(p, r, all(4.1665795894e-2f));
        p = fma(p, r, all(1.6666665459e-1f));
        p = fma(p, r, all(5.0000001201e-1f));
        p = fma(p, r.mul(r), r).add(all(1f));
        // The last bits of 1.5 * 2^23 + n, as an exponent.
        IntVector power = shifted.reinterpretAsInts().add(IntVector.broadcast(INTS, 127 - 0x4B400000)).lanewise(VectorOperators.LSHL, 23);
        return p.mul(power.reinterpretAsFloats()).blend(zero(), x.compare(VectorOperators.LT, all(-87.33654f)));
    }

    static FloatVector sigmoid(FloatVector x) {
        FloatVector one = all(1f);
        return one.div(exp(zero().sub(x)).add(one));
    }

    /**
     * {@code to[offset .. offset + LANES)}: the first {@code count} floats at {@code from}, none if that is negative, and zeros. Nothing else is read;
     * with vectors of 128 bits one by one, since not every such processor can leave lanes out.
     */
    static void copyPart(long from, int count, float[] to, int offset) {
        if (LANES > 4) {
            FloatVector.fromMemorySegment(SPECIES, ALL, from, LE, SPECIES.indexInRange(0, count)).intoArray(to, offset);
            return;
        }
        for (int i = 0; i < LANES; i++) {
            to[offset + i] = i < count ? get(from + 4L * i) : 0f;
        }
    }

    /** The same from memory to memory. */
    static void copyPart(long from, int count, long to) {
        if (LANES > 4) {
            store(FloatVector.fromMemorySegment(SPECIES, ALL, from, LE, SPECIES.indexInRange(0, count)), to);
            return;
        }
        for (int i = 0; i < LANES; i++) {
            set(to + 4L * i, i < count ? get(from + 4L * i) : 0f);
        }
    }

    /** As {@link #copyIn}, for long runs: fast even before this code is compiled. */
    static void read(long from, float[] to, int offset, int count) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, from, to, offset, count);
    }

    /** As {@link #copyOut}, for long runs. */
    static void write(float[] from, int offset, long to, int count) {
        MemorySegment.copy(from, offset, ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, to, count);
    }

    /** {@code to[offset .. offset + count) = memory[from ...]}. */
    static void copyIn(long from, float[] to, int offset, int count) {
        int i = 0;
        int bound = SPECIES.loopBound(count);
        for (; i < bound; i += LANES) {
            load(from + 4L * i).intoArray(to, offset + i);
        }
        for (; i < count; i++) {
            to[offset + i] = get(from + 4L * i);
        }
    }

    /** {@code memory[to ...] = from[offset .. offset + count)}. */
    static void copyOut(float[] from, int offset, long to, int count) {
        int i = 0;
        int bound = SPECIES.loopBound(count);
        for (; i < bound; i += LANES) {
            store(FloatVector.fromArray(SPECIES, from, offset + i), to + 4L * i);
        }
        for (; i < count; i++) {
            set(to + 4L * i, from[offset + i]);
        }
    }

    /** A human's line about the choice made here. */
    static String description() {
        return SPECIES.vectorBitSize() + "-bit vectors, " + (FMA ? "fused" : "separate") + " multiply-add";
    }
}

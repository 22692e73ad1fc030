package io.github.remocap.tensor.vector;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The vector width and the raw memory accesses that all kernels share. */
public final class Simd {
    /** The machine's preferred width, or the property {@code remocap.vector.bits} (128, 256, 512). */
    public static final VectorSpecies<Float> SPECIES = species();

    /** Floats in a vector. */
    public static final int LANES = SPECIES.length();

    /** Whether multiply-add is one instruction; without it {@link FloatVector#fma} would be emulated in BigDecimal. */
    public static final boolean FMA = useFma();

    /** All of native memory, so that an offset is an address. */
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private Simd() {}

    private static VectorSpecies<Float> species() {
        return switch (Integer.getInteger("remocap.vector.bits", 0)) {
            case 128 -> FloatVector.SPECIES_128;
            case 256 -> FloatVector.SPECIES_256;
            case 512 -> FloatVector.SPECIES_512;
            default -> {
                int lanes = FloatVector.SPECIES_PREFERRED.length();
                yield lanes <= 4 ? FloatVector.SPECIES_128 : lanes == 8 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_512;
            }
        };
    }

    private static boolean useFma() {
        try {
            var bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            return bean != null && Boolean.parseBoolean(bean.getVMOption("UseFMA").getValue());
        } catch (RuntimeException | LinkageError e) {
            return false; // not HotSpot: two instructions are always correct
        }
    }

    static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, address, ORDER);
    }

    static void store(FloatVector value, long address) {
        value.intoMemorySegment(ALL, address, ORDER);
    }

    static float get(long address) {
        return ALL.get(FLOAT, address);
    }

    static void set(long address, float value) {
        ALL.set(FLOAT, address, value);
    }

    /** {@code a * b + c}. */
    static FloatVector fma(FloatVector a, FloatVector b, FloatVector c) {
        return FMA ? a.fma(b, c) : a.mul(b).add(c);
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
}

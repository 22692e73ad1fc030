package io.github.remocap.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.vector.VectorDevice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every op case on every device against the reference. */
class OpsTest {
    private static final List<VectorDevice> DEVICES = List.of(new VectorDevice(1), new VectorDevice(2), new VectorDevice(5));

    static List<VectorDevice> devices() {
        return DEVICES;
    }

    static List<OpCase> cases() {
        return OpCases.all();
    }

    @AfterAll
    static void close() {
        DEVICES.forEach(VectorDevice::close);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithReferenceWithAnyNumberOfThreads(OpCase c) {
        float[] first = OpCheck.check(c, devices().getFirst());
        for (Device device : devices().subList(1, devices().size())) {
            OpCheck.bitEqual(c + " on " + device.description(), first, OpCheck.run(c, device));
        }
    }

    @Test
    void everyOpHasACase() {
        Set<Class<?>> tried = new HashSet<>();
        cases().forEach(c -> tried.add(c.op().getClass()));
        List<String> missing = new ArrayList<>();
        for (Class<?> op : Op.class.getPermittedSubclasses()) {
            if (!tried.contains(op)) {
                missing.add(op.getSimpleName());
            }
        }
        assertEquals(List.of(), missing, "ops without a case in OpCases");
    }

    @Test
    void everyFunctionHasACase() {
        Set<Object> tried = new HashSet<>();
        for (OpCase c : cases()) {
            switch (c.op()) {
                case Op.Unary u -> tried.add(u.fn());
                case Op.Binary b -> tried.add(b.fn());
                case Op.Reduce r -> tried.add(r.fn());
                default -> {
                }
            }
        }
        assertTrue(tried.containsAll(List.of(Op.UnaryFn.values())));
        assertTrue(tried.containsAll(List.of(Op.BinaryFn.values())));
        assertTrue(tried.containsAll(List.of(Op.ReduceFn.values())));
    }

    @Test
    void namesAreUnique() {
        Set<String> names = new HashSet<>();
        cases().forEach(c -> assertTrue(names.add(c.name()), () -> "two cases named " + c.name()));
    }
}

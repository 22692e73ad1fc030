package io.github.remocap.tornado;

import io.github.remocap.tensor.OpCase;
import io.github.remocap.tensor.OpCases;
import io.github.remocap.tensor.OpCheck;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every op case that runs on the vector interpreter, in all the ways in which it can be compiled. */
class OpsOnDeviceTest {
    private static final double TOLERANCE = 1e-5;

    static List<OpCase> cases() {
        return OpCases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithReference(OpCase c) {
        OpCheck.check(new OpCase(c.name(), c.op(), c.args(), Math.max(c.tolerance(), TOLERANCE)), Gpu.device());
    }
}

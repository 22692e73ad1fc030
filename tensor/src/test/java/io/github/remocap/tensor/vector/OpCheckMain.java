package io.github.remocap.tensor.vector;

import io.github.remocap.tensor.OpCase;
import io.github.remocap.tensor.OpCases;
import io.github.remocap.tensor.OpCheck;
import java.util.List;

/** Runs op cases in a JVM of its own, whose vector width or multiply-add is forced. */
public final class OpCheckMain {
    private OpCheckMain() {
    }

    /** Prints {@code <bits> <fma> <cases> <failures>} last; each failure has a line before. */
    public static void main(String[] args) {
        List<OpCase> cases = OpCases.small();
        int failures = 0;
        try (VectorDevice one = new VectorDevice(1); VectorDevice two = new VectorDevice(2)) {
            for (OpCase c : cases) {
                try {
                    OpCheck.bitEqual(c.name(), OpCheck.check(c, one), OpCheck.run(c, two));
                } catch (RuntimeException | AssertionError e) {
                    failures++;
                    System.out.println(e);
                }
            }
        }
        System.out.println(Simd.SPECIES.vectorBitSize() + " " + Simd.FMA + " " + cases.size() + " " + failures);
    }
}

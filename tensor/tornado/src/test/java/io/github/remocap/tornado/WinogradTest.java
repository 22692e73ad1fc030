package io.github.remocap.tornado;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.OpCase;
import io.github.remocap.tensor.OpCases;
import io.github.remocap.tensor.OpCheck;
import io.github.remocap.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolutions that would not go Winograd's way, because they are small, do here. */
class WinogradTest {
    private static final String PROPERTY = "remocap.tornado.winograd";
    private static final double TOLERANCE = 1e-5;

    @BeforeEach
    void force() {
        System.setProperty(PROPERTY, "always");
    }

    @AfterEach
    void release() {
        System.clearProperty(PROPERTY);
    }

    static List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>(OpCases.all().stream().filter(c -> c.op() instanceof Op.Conv2d o && o.stride() == 1 && o.padding() == 1
            && c.args().get(1).shape().dim(2) == 3 && c.args().get(1).shape().dim(3) == 3).toList());
        OpCase.Values values = (random, i, order) -> random.nextGaussian();
        for (int[] s : new int[][] {{1, 4, 4, 16, 64}, {3, 13, 9, 20, 70}, {2, 1, 6, 40, 3}, {5, 8, 5, 130, 65}}) {
            for (boolean all : new boolean[] {false, true}) {
                Shape y = Shape.of(s[0], s[1], s[2], s[4]);
                List<OpCase.Arg> args = new ArrayList<>();
                for (Shape shape : List.of(Shape.of(s[0], s[1], s[2], s[3]), Shape.of(s[4], s[3], 3, 3), Shape.of(s[4]), y)) {
                    args.add(new OpCase.Arg(shape, values, false));
                }
                cases.add(new OpCase("Winograd " + y + (all ? " with all that follows" : ""), new Op.Conv2d(1, 1, new Op.Epilogue(all, all, all)),
                    args.subList(0, all ? 4 : 2), TOLERANCE));
            }
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithReference(OpCase c) {
        OpCheck.check(new OpCase(c.name(), c.op(), c.args(), Math.max(c.tolerance(), TOLERANCE)), Gpu.device());
    }

    @Test
    void thereAreManyCases() {
        assertTrue(cases().size() > 20, () -> cases().size() + " cases");
    }
}

package io.github.remocap.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.OpCase;
import io.github.remocap.tensor.OpCases;
import io.github.remocap.tensor.OpCheck;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tornado.run.LibraryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products, convolutions and their gradients, in all the ways in which they can be compiled, with a library that computes products. */
class LibraryOpsTest {
    private static final double TOLERANCE = 1e-5;
    private static final String WINOGRAD = "remocap.tornado.winograd";

    private static List<OpCase> some(Predicate<OpCase> which) {
        return OpCases.all().stream().filter(which).toList();
    }

    static List<OpCase> products() {
        List<OpCase> cases = new ArrayList<>(some(c -> c.op() instanceof Op.MatMul || c.op() instanceof Op.SparseMatMul));
        OpCase.Values values = (random, i, order) -> random.nextGaussian();
        // Batches whose sides step alike, repeat along one axis or another, or take several calls; with all that can follow.
        for (Shape[] s : new Shape[][] {{Shape.of(5, 4, 7, 9), Shape.of(5, 4, 9, 6)}, {Shape.of(5, 1, 7, 9), Shape.of(5, 4, 9, 6)},
            {Shape.of(1, 4, 7, 9), Shape.of(5, 1, 9, 6)}, {Shape.of(2, 1, 3, 7, 9), Shape.of(4, 1, 9, 6)}, {Shape.of(7, 9), Shape.of(5, 4, 9, 6)},
            {Shape.of(3, 1, 2, 1, 1, 9), Shape.of(5, 1, 4, 9, 1)}, {Shape.of(200, 300), Shape.of(300, 70)}}) {
            for (int way = 0; way < 4; way++) {
                boolean ta = way % 2 == 1;
                boolean tb = way >= 2;
                Shape a = ta ? swapped(s[0]) : s[0];
                Shape b = tb ? swapped(s[1]) : s[1];
                for (boolean all : new boolean[] {false, true}) {
                    Op.MatMul op = new Op.MatMul(ta, tb, new Op.Epilogue(all, all, all));
                    List<OpCase.Arg> args = new ArrayList<>(List.of(new OpCase.Arg(a, values, false), new OpCase.Arg(b, values, false)));
                    if (all) {
                        args.add(new OpCase.Arg(Shape.of(s[1].dim(-1)), values, false));
                        args.add(new OpCase.Arg(result(s[0], s[1]), values, false));
                    }
                    cases.add(new OpCase("library product " + s[0] + s[1] + ta + tb + (all ? " with all that follows" : ""), op, args, TOLERANCE));
                }
            }
        }
        return cases;
    }

    private static Shape swapped(Shape s) {
        int[] dims = s.dims();
        int last = dims[dims.length - 1];
        dims[dims.length - 1] = dims[dims.length - 2];
        dims[dims.length - 2] = last;
        return Shape.of(dims);
    }

    private static Shape result(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] dims = new int[rank];
        for (int i = 0; i < rank - 2; i++) {
            int fromA = i - (rank - a.rank());
            int fromB = i - (rank - b.rank());
            dims[i] = Math.max(fromA < 0 ? 1 : a.dim(fromA), fromB < 0 ? 1 : b.dim(fromB));
        }
        dims[rank - 2] = a.dim(-2);
        dims[rank - 1] = b.dim(-1);
        return Shape.of(dims);
    }

    static List<OpCase> others() {
        return some(c -> c.op() instanceof Op.Conv2d || c.op() instanceof Op.Conv2dInputGradient || c.op() instanceof Op.Conv2dWeightGradient
            || c.op() instanceof Op.Attention || c.op() instanceof Op.AttentionGradient);
    }

    static List<OpCase> winograd() {
        return WinogradTest.cases();
    }

    private static boolean check(OpCase c) {
        LibraryDevice library = LibraryDevice.shared();
        library.blas().called();
        OpCheck.check(new OpCase(c.name(), c.op(), c.args(), Math.max(c.tolerance(), TOLERANCE)), library.device());
        return !library.blas().called().isEmpty();
    }

    /** Nothing to multiply. */
    private static boolean isEmpty(OpCase c) {
        return c.args().stream().anyMatch(arg -> arg.shape().size() == 0);
    }

    @ParameterizedTest
    @MethodSource("products")
    void productsAgreeWithReference(OpCase c) {
        assertEquals(c.op() instanceof Op.MatMul && !isEmpty(c), check(c), "calls of the library");
    }

    @ParameterizedTest
    @MethodSource("others")
    void convolutionsAndAttentionAgreeWithReference(OpCase c) {
        boolean called = check(c);
        Shape kernel = switch (c.op()) {
            case Op.Conv2d o -> o.stride() == 1 && o.padding() == 0 ? kernel(c) : Shape.of();
            case Op.Conv2dInputGradient o -> o.stride() == 1 && o.padding() == 0 ? kernel(c) : Shape.of();
            case Op.Conv2dWeightGradient o -> o.stride() == 1 && o.padding() == 0 ? Shape.of(o.kernelHeight(), o.kernelWidth()) : Shape.of();
            default -> Shape.of();
        };
        assertEquals(kernel.equals(Shape.of(1, 1)) && !isEmpty(c), called, "calls of the library for " + c.name());
    }

    private static Shape kernel(OpCase c) {
        Shape w = c.args().get(1).shape();
        return Shape.of(w.dim(2), w.dim(3));
    }

    @ParameterizedTest
    @MethodSource("winograd")
    void winogradsProductsAgreeWithReference(OpCase c) {
        System.setProperty(WINOGRAD, "always");
        try {
            assertEquals(!isEmpty(c), check(c), "frozen convolutions are products of the library");
        } finally {
            System.clearProperty(WINOGRAD);
        }
    }

    @Test
    void thereAreCasesOfAllKinds() {
        assertTrue(products().size() > 56, () -> products().size() + " products");
        for (Class<?> kind : List.of(Op.Conv2d.class, Op.Conv2dInputGradient.class, Op.Conv2dWeightGradient.class)) {
            assertFalse(others().stream().filter(c -> kind.isInstance(c.op())).toList().isEmpty(), kind.getSimpleName());
        }
    }
}

package io.github.remocap.tensor;

import io.github.remocap.tensor.OpCase.Built;
import io.github.remocap.tensor.OpCase.Feed;
import java.util.Arrays;
import java.util.List;

/** Holds a device against the reference, case by case: for the tests of every device. */
public final class OpCheck {
    private OpCheck() {
    }

    /**
     * Runs a case on a device in all the ways in which it can be compiled: all inputs written before the run; all but the first as
     * parameters; the same frozen; everything frozen. Each result must agree with the reference, and must come again to the bit
     * after the program has run with other numbers.
     *
     * @return the device's result with all inputs written
     * @throws AssertionError naming the case, the way and the worst element
     */
    public static float[] check(OpCase c, Device device) {
        float[] written = run(c, device, Feed.INPUT, Feed.INPUT, false);
        if (c.isLeaf() || c.args().size() > 1) {
            run(c, device, Feed.INPUT, Feed.PARAMETER, false);
            run(c, device, Feed.INPUT, Feed.PARAMETER, true);
        }
        run(c, device, Feed.PARAMETER, Feed.INPUT, true);
        run(c, device, Feed.CONSTANT, Feed.CONSTANT, false);
        return written;
    }

    /** Runs a case with all inputs written. */
    public static float[] run(OpCase c, Device device) {
        Built built = c.build();
        try (Program program = device.compile(Compilation.of(built.output()))) {
            write(program, built, c.values(0));
            program.run();
            return program.read(built.output());
        }
    }

    private static float[] run(OpCase c, Device device, Feed first, Feed rest, boolean frozen) {
        String way = c.name() + " on " + device.name() + " (" + first + ", " + rest + (frozen ? ", frozen)" : ")");
        Built built = c.build(first, rest, 0);
        Compilation compilation = new Compilation(List.of(built.output()), List.of(), frozen, true);
        double[] expected;
        try (Program reference = Devices.reference().compile(compilation)) {
            write(reference, built, c.values(0));
            reference.run();
            expected = reference.readDoubles(built.output());
        }
        try (Program program = device.compile(compilation)) {
            write(program, built, c.values(0));
            program.run();
            float[] result = program.read(built.output());
            same(way, expected, result, c.tolerance());
            write(program, built, c.values(1));
            program.run();
            write(program, built, c.values(0));
            program.run();
            bitEqual(way + ", run again", result, program.read(built.output()));
            return result;
        }
    }

    private static void write(Program program, Built built, List<float[]> values) {
        for (int i = 0; i < values.size(); i++) {
            if (program.inputs().contains(built.args().get(i))) {
                program.write(built.args().get(i), values.get(i));
            }
        }
    }

    /**
     * Compares within a tolerance relative to the largest finite expected value.
     *
     * @throws AssertionError naming the worst element
     */
    public static void same(String what, double[] expected, float[] actual, double tolerance) {
        if (expected.length != actual.length) {
            throw new AssertionError(what + ": " + actual.length + " elements instead of " + expected.length);
        }
        double largest = Arrays.stream(expected).filter(Double::isFinite).map(Math::abs).max().orElse(0);
        for (int i = 0; i < expected.length; i++) {
            boolean equal = Double.isNaN(expected[i]) ? Float.isNaN(actual[i])
                : (float) expected[i] == actual[i] || Math.abs(expected[i] - actual[i]) <= tolerance * largest;
            if (!equal) {
                throw new AssertionError("%s: element %d is %s instead of %s, %.1e of the largest value %s".formatted(what, i, actual[i],
                    expected[i], Math.abs(expected[i] - actual[i]) / largest, largest));
            }
        }
    }

    /**
     * Compares bit by bit.
     *
     * @throws AssertionError naming the first difference
     */
    public static void bitEqual(String what, float[] expected, float[] actual) {
        int at = Arrays.mismatch(expected, actual);
        if (at >= 0) {
            throw new AssertionError(what + ": element " + at + " is " + (at < actual.length ? actual[at] : "missing") + " instead of "
                + (at < expected.length ? expected[at] : "missing") + ", bits must be equal");
        }
    }
}

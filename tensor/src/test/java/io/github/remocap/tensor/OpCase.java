package io.github.remocap.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * An op and the inputs it is tried on.
 *
 * @param name unique, shown in reports
 * @param op what is tried; for a leaf, the leaf itself is the output
 * @param args its inputs
 * @param tolerance allowed difference between float32 and the reference, relative to the output's largest absolute value
 */
public record OpCase(String name, Op op, List<Arg> args, double tolerance) {
    /** Where an input of the op comes from. */
    public enum Feed { INPUT, PARAMETER, CONSTANT }

    /** Makes elements that suit the op. */
    @FunctionalInterface
    public interface Values {
        /** The i-th of n elements; {@code order} is a random permutation of 0 to n - 1. */
        double at(Random random, int i, int[] order);
    }

    /**
     * An input.
     *
     * @param shape its extents
     * @param values draws elements, away from kinks by at least 0.05 where the input is differentiable
     * @param differentiable whether the output has a useful derivative with respect to this input at these values
     */
    public record Arg(Shape shape, Values values, boolean differentiable) {
        /** The same elements, but no derivative is to be checked. */
        public Arg fixed() {
            return new Arg(shape, values, false);
        }
    }

    /**
     * The op in a graph.
     *
     * @param graph a new graph
     * @param output the op's node
     * @param args its inputs, leaves of the graph
     */
    public record Built(Graph graph, Tensor output, List<Tensor> args) {
    }

    /** Whether at least one input has a derivative worth checking. */
    public boolean differentiable() {
        return args.stream().anyMatch(Arg::differentiable);
    }

    /** Elements of the whole case, a measure of how long it takes where vectors are emulated. */
    public long size() {
        long size = args.stream().mapToLong(a -> a.shape().size()).sum();
        return switch (op) {
            case Op.Conv2d c -> size + args.get(0).shape().size() * args.get(1).shape().size() / 8;
            case Op.Conv2dInputGradient c -> size + args.get(0).shape().size() * args.get(1).shape().size() / 8;
            case Op.Conv2dWeightGradient c -> size + args.get(0).shape().size() * args.get(1).shape().size() / 8;
            default -> size;
        };
    }

    /** Elements of each input; the same for the same seed. Every element is a float32 number. */
    public List<float[]> values(long seed) {
        List<float[]> all = new ArrayList<>();
        for (int a = 0; a < args.size(); a++) {
            Random random = new Random(CounterRandom.key(name) + 1_000_003 * seed + a);
            int n = Math.toIntExact(args.get(a).shape().size());
            int[] order = new int[n];
            for (int i = 0; i < n; i++) {
                int j = random.nextInt(i + 1);
                order[i] = order[j];
                order[j] = i;
            }
            float[] values = new float[n];
            for (int i = 0; i < n; i++) {
                values[i] = (float) args.get(a).values().at(random, i, order);
            }
            all.add(values);
        }
        return all;
    }

    /** Builds the op with every input written before a run; inputs are named {@code arg0}, {@code arg1}, and so on. */
    public Built build() {
        return build(Feed.INPUT, Feed.INPUT, 0);
    }

    /**
     * Builds the op.
     *
     * @param first where input 0 comes from
     * @param rest where the others come from
     * @param seed of the elements of parameters and constants
     */
    public Built build(Feed first, Feed rest, long seed) {
        Graph graph = new Graph();
        List<float[]> values = values(seed);
        List<Tensor> leaves = new ArrayList<>();
        for (int i = 0; i < args.size(); i++) {
            Shape shape = args.get(i).shape();
            leaves.add(switch (i == 0 ? first : rest) {
                case INPUT -> graph.input("arg" + i, shape);
                case PARAMETER -> graph.parameter("arg" + i, shape, nativeCopy(values.get(i)));
                case CONSTANT -> graph.constant(shape, values.get(i));
            });
        }
        return new Built(graph, isLeaf() ? leaves.getFirst() : graph.apply(op, leaves), leaves);
    }

    /** Whether the op is an input, a parameter or a constant. */
    public boolean isLeaf() {
        return op instanceof Op.Input || op instanceof Op.Parameter || op instanceof Op.Constant;
    }

    /** Float32 elements in native memory that lives as long as the segment is reachable. */
    public static MemorySegment nativeCopy(float[] values) {
        MemorySegment segment = Arena.ofAuto().allocate(Math.max(1, values.length) * 4L, 64).asSlice(0, 4L * values.length);
        MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
        return segment;
    }

    @Override
    public String toString() {
        return name;
    }
}

package io.github.remocap.bench.jmh;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Norms: a layer norm over tokens, an instance norm over pixels, a batch norm in training over a clip's largest features. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {Flags.MODULE, Flags.ALIGNMENT, Flags.NATIVE, Flags.UNSAFE, Flags.BOUNDS, Flags.QUIET,
    Flags.INLINE, Flags.LOOPS})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class NormBenchmark {
    private static final int FRAMES = 8;
    private static final double EPS = 1e-5;

    /** Which norm. */
    @Param({"layer", "instance", "batch"})
    public String kind;

    /** Threads of the device. */
    @Param({"1", "2"})
    public int threads;

    private Case work;

    /** Compiles. */
    @Setup(Level.Trial)
    public void setUp() {
        work = new Case(threads, true, c -> switch (kind) {
            case "layer" -> normal(c, 2, 2, FRAMES, 445, 512);
            case "instance" -> normal(c, 1, 2, FRAMES * 16, 56, 56, 16);
            case "batch" -> normal(c, 0, 2, FRAMES, 56, 56, 256);
            default -> throw new IllegalArgumentException(kind);
        });
    }

    /** Frees. */
    @TearDown(Level.Trial)
    public void tearDown() {
        work.close();
    }

    /** One run. */
    @Benchmark
    public void run() {
        work.run();
    }

    private static Tensor normal(Case c, int first, int last, int... dims) {
        int channels = dims[dims.length - 1];
        return c.graph().apply(new Op.Normalize(first, last, EPS, true), c.input("x", dims), c.parameter("gamma", channels), c.parameter("beta", channels));
    }
}

package io.github.remocap.bench.jmh;

import java.util.Arrays;
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

/** The same 3x3 convolutions with weights that change, as in training: implicit products, packing included. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {Flags.MODULE, Flags.ALIGNMENT, Flags.NATIVE, Flags.UNSAFE, Flags.BOUNDS, Flags.QUIET,
    Flags.INLINE, Flags.LOOPS})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class DirectConvolutionBenchmark {
    private static final int FRAMES = 8;

    /** Side of the input, and channels in and out. */
    @Param({"56,64", "28,128", "14,256", "7,512"})
    public String layer;

    /** Threads of the device. */
    @Param({"1", "2"})
    public int threads;

    private Case work;

    /** Compiles. */
    @Setup(Level.Trial)
    public void setUp() {
        int[] l = Arrays.stream(layer.split(",", -1)).mapToInt(Integer::parseInt).toArray();
        work = new Case(threads, false, c -> c.input("x", FRAMES, l[0], l[0], l[1]).conv2d(c.parameter("weight", l[1], l[1], 3, 3), 1, 1));
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
}

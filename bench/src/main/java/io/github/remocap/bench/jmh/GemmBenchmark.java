package io.github.remocap.bench.jmh;

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

/** A square product of an input with packed weights: 2 n^3 operations. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {Flags.MODULE, Flags.ALIGNMENT, Flags.NATIVE, Flags.UNSAFE, Flags.BOUNDS, Flags.QUIET,
    Flags.INLINE, Flags.LOOPS})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class GemmBenchmark {
    /** Rows and columns of all three. */
    @Param({"384", "512", "768", "1024"})
    public int n;

    /** Threads of the device. */
    @Param({"1", "2"})
    public int threads;

    private Case work;

    /** Compiles. */
    @Setup(Level.Trial)
    public void setUp() {
        work = new Case(threads, true, c -> c.input("a", n, n).matmul(c.parameter("b", n, n), false, true));
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

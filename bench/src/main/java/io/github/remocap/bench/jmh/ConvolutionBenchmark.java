package io.github.remocap.bench.jmh;

import io.github.remocap.tensor.Tensor;
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

/** The network's convolutions on the 8 frames of a clip, with bias, residual and ReLU where the network has them. Wide 3x3 ones of stride 1 are Winograd's. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {Flags.MODULE, Flags.ALIGNMENT, Flags.NATIVE, Flags.UNSAFE, Flags.BOUNDS, Flags.QUIET,
    Flags.INLINE, Flags.LOOPS})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class ConvolutionBenchmark {
    private static final int FRAMES = 8;

    /** Side of the input, channels in and out, kernel, stride. */
    @Param({"56,64,64,3,1", "28,128,128,3,1", "14,256,256,3,1", "7,512,512,3,1", "56,256,64,1,1", "56,64,256,1,1", "112,64,64,3,2", "56,64,128,3,2",
        "224,3,64,3,2"})
    public String layer;

    /** Threads of the device. */
    @Param({"1", "2"})
    public int threads;

    private Case work;

    /** Compiles. */
    @Setup(Level.Trial)
    public void setUp() {
        int[] l = Arrays.stream(layer.split(",", -1)).mapToInt(Integer::parseInt).toArray();
        work = new Case(threads, true, c -> {
            Tensor x = c.input("x", FRAMES, l[0], l[0], l[1]);
            Tensor y = x.conv2d(c.parameter("weight", l[2], l[1], l[3], l[3]), l[4], l[3] / 2).add(c.parameter("bias", l[2]));
            return (l[4] == 1 && l[1] == l[2] ? y.add(x) : y).relu();
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
}

package io.github.remocap.bench.jmh;

import io.github.remocap.bench.ClipWorkload;
import io.github.remocap.bench.GeneratedMesh;
import io.github.remocap.bench.Workload;
import io.github.remocap.model.Config;
import io.github.remocap.tensor.vector.VectorDevice;
import java.io.IOException;
import java.util.Locale;
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

/** One clip, 8 frames of 224x224, through the full-size network with generated weights. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {Flags.MODULE, Flags.ALIGNMENT, Flags.NATIVE, Flags.UNSAFE, Flags.BOUNDS, Flags.QUIET,
    Flags.INLINE, Flags.LOOPS, "-Xmn64m"})
@Warmup(iterations = 4)
@Measurement(iterations = 7)
public class ClipBenchmark {
    private static final int PIXELS = 224;

    /** Layers of each transformer: 3 is the released model. */
    @Param({"3"})
    public int layers;

    /** Threads of the device. */
    @Param({"1", "2"})
    public int threads;

    private VectorDevice device;
    private Workload.Loaded loaded;

    /** Compiles. */
    @Setup(Level.Trial)
    public void setUp() throws IOException {
        Config config = Config.parse(String.format(Locale.ROOT, "layers: %d", layers));
        device = new VectorDevice(threads);
        loaded = new ClipWorkload(config, GeneratedMesh.of(config), null, 1, PIXELS).load(device);
    }

    /** Frees. */
    @TearDown(Level.Trial)
    public void tearDown() {
        loaded.close();
        device.close();
    }

    /** One clip. */
    @Benchmark
    public void run() {
        loaded.run();
    }
}

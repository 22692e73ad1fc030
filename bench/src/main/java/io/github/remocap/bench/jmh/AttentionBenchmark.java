package io.github.remocap.bench.jmh;

import io.github.remocap.tensor.AttentionMask;
import io.github.remocap.tensor.Op;
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

/** Attention of the network's shapes on the 8 frames of a clip: 445 tokens to each other along the mesh, to 49 pixels, 50 pixels and camera to each other. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {Flags.MODULE, Flags.ALIGNMENT, Flags.NATIVE, Flags.UNSAFE, Flags.BOUNDS, Flags.QUIET,
    Flags.INLINE, Flags.LOOPS})
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class AttentionBenchmark {
    private static final int FRAMES = 8;
    private static final int HEADS = 8;
    private static final int PIXELS = 49;
    private static final int JOINTS = 14;
    private static final int TOKENS = 445;
    private static final int NEIGHBOURS = 3;

    /** What attends to what. */
    @Param({"mesh", "pixels", "image"})
    public String kind;

    /** Features of all heads together. */
    @Param({"512", "128"})
    public int features;

    /** Threads of the device. */
    @Param({"1", "2"})
    public int threads;

    private Case work;

    /** Compiles. */
    @Setup(Level.Trial)
    public void setUp() {
        int queries = kind.equals("image") ? PIXELS + 1 : TOKENS;
        int keys = kind.equals("image") ? PIXELS + 1 : kind.equals("pixels") ? PIXELS : TOKENS;
        AttentionMask mask = kind.equals("mesh") ? mask() : null;
        work = new Case(threads, true, c -> c.graph().apply(new Op.Attention(HEADS, mask), c.input("q", FRAMES, queries, features),
            c.input("k", FRAMES, keys, features), c.input("v", FRAMES, keys, features)));
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

    /** Joints see and are seen by all; a vertex sees itself and three vertices to either side. */
    private static AttentionMask mask() {
        boolean[][] allowed = new boolean[TOKENS][TOKENS];
        for (int i = 0; i < TOKENS; i++) {
            for (int j = 0; j < TOKENS; j++) {
                allowed[i][j] = i < JOINTS || j < JOINTS || Math.abs(i - j) <= NEIGHBOURS;
            }
        }
        return AttentionMask.of(allowed);
    }
}

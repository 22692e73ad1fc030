package io.github.remocap.bench.jmh;

/** What a JVM needs to run the kernels, as in bin/remocap: benchmarks fork one with these. */
final class Flags {
    static final String MODULE = "--add-modules=jdk.incubator.vector";
    static final String ALIGNMENT = "-XX:ObjectAlignmentInBytes=64";
    static final String NATIVE = "--enable-native-access=ALL-UNNAMED";
    static final String UNSAFE = "--sun-misc-unsafe-memory-access=allow";
    static final String BOUNDS = "-Djdk.incubator.vector.VECTOR_ACCESS_OOB_CHECK=0";
    static final String QUIET = "-XX:CompileCommand=quiet";
    static final String INLINE = "-XX:CompileCommand=inline,io.github.remocap.tensor.vector.Simd::*";
    static final String LOOPS = "-XX:CompileCommand=dontinline,*Kernel::*";

    private Flags() {
    }
}

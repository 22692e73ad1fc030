package io.github.remocap.bench.peers;

import java.util.Map;

/** A runtime with the network loaded and images set. */
interface Peer extends AutoCloseable {
    /** One clip. */
    void run();

    /** Outputs of the last run by name, row-major; what a runtime does not name is called {@code output 0} and so on. */
    Map<String, float[]> outputs();

    /** What it is, in a line. */
    String description();

    @Override
    void close();
}

package io.github.remocap.bench;

import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Program.StepTime;
import java.io.IOException;
import java.util.List;

/** What is measured: something that is loaded, runs many times, and can say where its time goes. */
public interface Workload {
    /** {@code clip} or {@code training step}. */
    String what();

    /** The model's sizes in words. */
    String model();

    /** Clips, height and width of a run. */
    List<Integer> images();

    /** Loads and compiles for a device. */
    Loaded load(Device device) throws IOException;

    /** Ready to run. */
    interface Loaded extends AutoCloseable {
        /** One run. */
        void run();

        /** One run, step by step. */
        List<StepTime> profile();

        /** Bytes of native memory. */
        long memory();

        @Override
        void close();
    }
}

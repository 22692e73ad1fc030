package io.github.remocap.run;

/** Hears what a run does. */
public interface RunListener {
    /** Says nothing. */
    RunListener SILENT = new RunListener() {
        @Override
        public void message(String text) {}

        @Override
        public void progress(int done, int total) {}
    };

    /** A line for the user. */
    void message(String text);

    /** {@code done} of {@code total} frames are on disk; called once before the first clip and after each. */
    void progress(int done, int total);
}

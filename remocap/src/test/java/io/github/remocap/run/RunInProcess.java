package io.github.remocap.run;

import java.io.IOException;
import java.nio.file.Path;

/** A slow run in a process of its own, for tests that kill it. Arguments: folder with the inputs, milliseconds a clip. */
final class RunInProcess {
    private RunInProcess() {}

    public static void main(String[] args) throws IOException {
        try (ConsoleListener listener = new ConsoleListener()) {
            VideoRunner.open(VideoRunnerTest.job(Path.of(args[0]), "out", true)).run(new FakePredictor(-1, Long.parseLong(args[1])), listener);
        }
    }
}

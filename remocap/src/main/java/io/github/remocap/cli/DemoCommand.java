package io.github.remocap.cli;

import io.github.remocap.demo.Demo;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher.Mode;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.RemoCap;
import io.github.remocap.run.BodyMesh;
import io.github.remocap.run.ConsoleListener;
import io.github.remocap.run.RunJob;
import io.github.remocap.run.RunOptions;
import io.github.remocap.run.VideoRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The main job on generated material. */
@Command(name = "demo", mixinStandardHelpOptions = true,
    description = "Run the main job on generated weights and generated frames: from a checkpoint and pictures to overlays and meshes.")
final class DemoCommand implements Callable<Integer> {
    @Mixin
    private DeviceOption device;

    @Option(names = "--out", paramLabel = "DIR", defaultValue = "out/demo", description = "Folder to write to (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Path frames = out.resolve("frames");
        Path boxes = out.resolve("boxes.csv");
        Path file = out.resolve("demo.rmc");
        Files.createDirectories(out);
        Demo.writeFrames(frames, boxes);
        Demo.writeCheckpoint(file);
        Config config = Demo.config();
        System.out.println("A small RemoCap (" + config.describe() + ") with generated, untrained weights, on " + Demo.FRAMES
            + " generated frames: it answers with a figure at rest. It shows that everything runs, not what a trained network sees.");
        BodyMesh body = new BodyMesh("generated figure, " + config.fine() + " vertices", config.fine(), Demo.faces());
        VideoRunner runner = VideoRunner.open(new RunJob(frames, boxes, out.resolve("run"), file, List.of(), Version.text(), body,
            RunOptions.DEFAULT, Files.exists(out.resolve("run/result.json"))));
        RemoCap network = new RemoCap(config);
        try (Checkpoint checkpoint = Checkpoint.open(file);
            Weights weights = ModelWeights.load(network, checkpoint, file.toString(), Mode.STRICT, System.err::println);
            NetworkPredictor predictor = new NetworkPredictor(network, weights, Demo.mesh(), Demo.pelvis(), true, device.device());
            ConsoleListener listener = new ConsoleListener()) {
            VideoRunner.Summary summary = runner.run(predictor, listener);
            System.out.printf("%d of %d frames. Look at %s, %s and %s.%n", summary.done(), summary.total(), out.resolve("run/overlay"),
                out.resolve("run/mesh"), out.resolve("run/result.json"));
            return summary.done() == summary.total() ? 0 : 1;
        }
    }
}

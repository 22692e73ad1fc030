package io.github.remocap.cli;

import io.github.remocap.assets.BodyAssets;
import io.github.remocap.assets.EmbeddedAssets;
import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.data.TsvImages;
import io.github.remocap.demo.DemoReport;
import io.github.remocap.demo.MeanPose;
import io.github.remocap.demo.MeanPose.Errors;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** From nothing to a trained model and a page about it, in other commands' steps. */
@Command(name = "demo", mixinStandardHelpOptions = true,
    description = {"Generate clips, train a small model on them, measure it on unseen clips with unseen motions, and write report.html about it.",
        "Takes less than four minutes on two processors. Every step is a command that is printed and can be run alone."})
final class DemoCommand implements Callable<Integer> {
    /** Motions repeat in this order; the third is stretching, which shows most. */
    private static final String SEQUENCE = "test-00002-stretching";
    // What a small model can learn from in three minutes: frames far apart, people who look alike and mostly face the camera.
    private static final String FPS = "3";
    private static final String CLUTTER = "0.1";
    private static final String TURNED = "0.1";
    private static final String VARIETY = "0.15";

    @Spec
    private CommandSpec spec;

    @Option(names = "--out", paramLabel = "DIR", defaultValue = "out/demo",
        description = "Folder to write to; what an earlier demo left there is deleted (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Option(names = "--clips", paramLabel = "N", defaultValue = "880", description = "Clips to train on (default: ${DEFAULT-VALUE}).")
    private int clips;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "3", description = "Passes over them (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "N", description = "Seed of clips and initial weights (default: ${DEFAULT-VALUE}).")
    private long seed;

    private final List<String> commands = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        if (clips < 8 || epochs < 1) {
            throw new ParameterException(spec.commandLine(), "--clips must be 8 or more, --epochs 1 or more");
        }
        clear();
        Path train = out.resolve("train");
        Path test = out.resolve("test");
        String size = Integer.toString(DemoConfig.SIZE);
        step("generate", "--out", train.toString(), "--train", Integer.toString(clips), "--validation", "10", "--test", "0", "--frames", "8", "--fps", FPS,
            "--size", "96", "--clutter", CLUTTER, "--turned", TURNED, "--variety", VARIETY, "--seed", Long.toString(2 * seed));
        step("generate", "--out", test.toString(), "--train", "0", "--validation", "0", "--test", "12", "--frames", "32", "--fps", FPS, "--size", "96",
            "--clutter", CLUTTER, "--turned", TURNED, "--variety", VARIETY, "--seed", Long.toString(2 * seed + 1)); // never the training's
        Path config = DemoConfig.write(out.resolve("demo.yaml"), epochs, seed);
        step("train", "--config", config.toString());
        List<Path> checkpoints = checkpoints();
        String data = test.resolve("test.yaml").toString();
        step("evaluate", "--checkpoint", checkpoints.getFirst().toString(), "--assets", BodyAssets.EMBEDDED, "--data", data, "--size", size, "--worst", "0",
            "--out", out.resolve("before").toString());
        step("evaluate", "--checkpoint", checkpoints.getLast().toString(), "--assets", BodyAssets.EMBEDDED, "--data", data, "--size", size, "--out",
            out.resolve("after").toString());
        BodyAssets assets = new EmbeddedAssets();
        try (AnnotatedImages images = TsvImages.open(test.resolve("test.yaml"))) {
            DemoReport report = new DemoReport(out, images, assets, SEQUENCE);
            report.writeClip(out.resolve("clip/frames"), out.resolve("clip/boxes.csv"));
            step("run", "--checkpoint", checkpoints.getLast().toString(), "--assets", BodyAssets.EMBEDDED, "--size", size, "--input",
                out.resolve("clip/frames").toString(), "--boxes", out.resolve("clip/boxes.csv").toString(), "--out", out.resolve("run").toString());
            Errors mean = mean(assets, train).errors(images);
            Errors before = DemoReport.errors(out.resolve("before/evaluation.json"));
            Errors after = DemoReport.errors(out.resolve("after/evaluation.json"));
            Path page = report.write(commands, mean, before, after, out.resolve("training/metrics.csv"), out.resolve("run"));
            System.out.printf(Locale.ROOT, "%nMPJPE on unseen clips: %.1f mm before training, %.1f mm after, %.1f mm for the mean pose (after is %.0f %% of it)%n",
                before.mpjpe(), after.mpjpe(), mean.mpjpe(), 100 * after.mpjpe() / mean.mpjpe());
            System.out.println("Open " + page.toAbsolutePath());
        }
        return 0;
    }

    /** Runs a command of this program; one that fails ends the demo. */
    private void step(String... arguments) throws IOException {
        String line = "remocap " + String.join(" ", arguments);
        commands.add(line);
        System.out.println("\n" + line);
        int status = Main.execute(arguments);
        if (status != 0) {
            throw new IOException("'" + line + "' ended with status " + status);
        }
    }

    private List<Path> checkpoints() throws IOException {
        try (Stream<Path> files = Files.list(out.resolve("training/checkpoints"))) {
            return files.filter(f -> String.valueOf(f.getFileName()).matches("step-\\d+\\.rmc")).sorted().toList();
        }
    }

    private static MeanPose mean(BodyAssets assets, Path train) throws IOException {
        List<AnnotatedImages> sets = new ArrayList<>();
        try (Stream<Path> files = Files.list(train)) {
            for (Path file : files.filter(f -> String.valueOf(f.getFileName()).matches("train.*\\.yaml")).sorted().toList()) {
                sets.add(TsvImages.open(file));
            }
            return new MeanPose(assets, sets);
        } finally {
            for (AnnotatedImages set : sets) {
                set.close();
            }
        }
    }

    /** Deletes the folders of an earlier demo, and nothing else. */
    private void clear() throws IOException {
        if (Files.exists(out) && !Files.exists(out.resolve(DemoConfig.MARK)) && !isEmpty(out)) {
            throw new IOException(out + ": exists, and is no earlier demo's; choose another folder with --out");
        }
        for (String name : List.of("train", "test", "training", "before", "after", "clip", "run")) {
            delete(out.resolve(name));
        }
        Files.createDirectories(out);
        Files.writeString(out.resolve(DemoConfig.MARK), "remocap demo deletes this folder's content when it is run again\n");
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, java.io.IOException e) throws IOException {
                    Files.delete(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        }
    }
}

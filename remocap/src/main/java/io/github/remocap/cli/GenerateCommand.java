package io.github.remocap.cli;

import io.github.remocap.synthetic.Generator;
import io.github.remocap.synthetic.Recipe;
import io.github.remocap.synthetic.StarterConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Data sets of generated clips. */
@Command(name = "generate", mixinStandardHelpOptions = true,
    description = {"Generate clips of moving people, with the truth of every frame, as TSV data sets: train, validation, test.",
        "The test's kinds of motion are in neither of the others. What is there already is kept, so that a stopped generation continues;",
        "the same options make the same data. Also writes config.yaml, with which 'remocap train' can begin. See docs/generate.md."})
final class GenerateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write to.")
    private Path out;

    @Option(names = "--train", defaultValue = "200", paramLabel = "N", description = "Sequences for training (default: ${DEFAULT-VALUE}).")
    private int train;

    @Option(names = "--validation", defaultValue = "20", paramLabel = "N", description = "Sequences for validation (default: ${DEFAULT-VALUE}).")
    private int validation;

    @Option(names = "--test", defaultValue = "30", paramLabel = "N", description = "Sequences for tests, of unseen motions (default: ${DEFAULT-VALUE}).")
    private int test;

    @Option(names = "--frames", defaultValue = "48", paramLabel = "N", description = "Frames of a sequence (default: ${DEFAULT-VALUE}).")
    private int frames;

    @Option(names = "--size", defaultValue = "256", paramLabel = "N", description = "Side of the pictures in pixels (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(names = "--fps", defaultValue = "15", paramLabel = "X", description = "Frames per second (default: ${DEFAULT-VALUE}).")
    private double fps;

    @Option(names = "--clutter", defaultValue = "1", paramLabel = "X",
        description = "How much there is besides the person, 0 to 1: things, bystanders, what crosses in front (default: ${DEFAULT-VALUE}).")
    private double clutter;

    @Option(names = "--turned", defaultValue = "1", paramLabel = "X",
        description = "How far persons turn away from the camera, 0 to 1 (default: ${DEFAULT-VALUE}).")
    private double turned;

    @Option(names = "--variety", defaultValue = "1", paramLabel = "X",
        description = "How much clothes, places and camera heights differ, 0 (all wear the same, before a plain wall) to 1 (default: ${DEFAULT-VALUE}).")
    private double variety;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "N", description = "Seed of everything random (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that draw (default: one a processor).")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Override
    public Integer call() throws IOException {
        if (threads < 1) {
            throw new ParameterException(spec.commandLine(), "--threads: must be at least 1, not " + threads);
        }
        Recipe recipe;
        try {
            recipe = new Recipe(train, validation, test, frames, size, fps, clutter, turned, variety, seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        try (ProgressBar bar = new ProgressBarBuilder().setTaskName("frames").setInitialMax(recipe.allFrames()).setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(500).build()) {
            Generator.write(out, recipe, threads, bar::stepTo);
        }
        Path config = StarterConfig.write(out, recipe);
        System.out.println(out + ": " + recipe.describe() + "; train with: remocap train --config " + config);
        return 0;
    }
}

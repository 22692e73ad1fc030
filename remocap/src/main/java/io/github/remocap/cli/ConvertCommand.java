package io.github.remocap.cli;

import io.github.remocap.assets.BodyAssets;
import io.github.remocap.data.Annotation;
import io.github.remocap.data.DamagedRowException;
import io.github.remocap.data.Raw3dpw;
import io.github.remocap.data.TruthBodies;
import io.github.remocap.data.TsvWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Raw data sets to TSV. */
@Command(name = "convert", mixinStandardHelpOptions = true,
    description = {"Convert 3DPW as it is distributed to the TSV files of METRO, FastMETRO and PointHMR.",
        "Pictures are copied as they are. Needs the body's files for joints and boxes, see docs/data.md."})
final class ConvertCommand implements Callable<Integer> {
    @Option(names = "--raw-3dpw", required = true, paramLabel = "DIR", description = "The folder with sequenceFiles and imageFiles.")
    private Path input;

    @Option(names = "--split", defaultValue = "test", paramLabel = "NAME", description = "train, validation or test (default: ${DEFAULT-VALUE}).")
    private String split;

    @Option(names = "--assets", required = true, paramLabel = "DIR", description = "Folder with the body's files, or 'embedded' for the body that comes with the program.")
    private Path assets;

    @Option(names = "--gendered", description = "Joints and boxes from the body of the annotated gender instead of the neutral one.")
    private boolean gendered;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write to.")
    private Path out;

    @Option(names = "--name", paramLabel = "NAME", description = "Beginning of the files' names. Default: the split.")
    private @Nullable String name;

    @Option(names = "--skip-damaged", description = "Leave damaged rows out, and say so, instead of stopping.")
    private boolean skip;

    @Override
    public Integer call() throws IOException {
        BodyAssets files = BodyAssets.open(assets);
        TruthBodies bodies = gendered ? TruthBodies.gendered(files) : TruthBodies.neutral(files);
        int skipped = 0;
        String as = name;
        try (Raw3dpw data = Raw3dpw.open(input, split, bodies);
            TsvWriter writer = new TsvWriter(out, as == null ? split : as, TsvWriter.Encoding.JPEG, data.framesPerSecond());
            ProgressBar bar = new ProgressBarBuilder().setTaskName("rows").setInitialMax(data.size()).setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(500).build()) {
            for (int i = 0; i < data.size(); i++) {
                try {
                    Annotation annotation = data.annotation(i);
                    BufferedImage image = data.image(i); // reads all of it: a broken picture must not get into the data set
                    writer.add(annotation, data.encoded(i), image.getWidth(), image.getHeight());
                } catch (DamagedRowException | java.nio.file.NoSuchFileException e) {
                    String what = e instanceof DamagedRowException ? String.valueOf(e.getMessage()) : data.describe(i) + ": no such file";
                    if (!skip) {
                        throw new IOException(what + " (--skip-damaged leaves such rows out)", e);
                    }
                    skipped++;
                    System.err.println("\nskipped: " + what);
                }
                bar.step();
            }
            if (writer.rows() == 0) {
                throw new IOException(input + ": every row is damaged");
            }
            Path yaml = writer.finish();
            System.out.printf("%s: %d rows, %d skipped, %d bytes of pictures%n", yaml, writer.rows(), skipped,
                Files.size(yaml.resolveSibling((as == null ? split : as) + ".img.tsv")));
        }
        return 0;
    }
}

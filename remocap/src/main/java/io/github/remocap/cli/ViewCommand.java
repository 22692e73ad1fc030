package io.github.remocap.cli;

import io.github.remocap.render.ObjWriter;
import io.github.remocap.report.Clip;
import io.github.remocap.report.NpzClips;
import io.github.remocap.report.ReportPage;
import io.github.remocap.report.RunClips;
import io.github.remocap.run.ResultFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A 3D viewer of meshes as a page. */
@Command(name = "view", mixinStandardHelpOptions = true,
    description = "Write a page that plays meshes in 3D: of what 'remocap run' wrote, or of an npz of vertices.")
final class ViewCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "RESULT",
        description = "The output folder of 'remocap run' (or its result.json), or an .npz with 'vertices' (T,V,3), 'faces' (F,3) and optionally 'truth' (T,V,3).")
    private Path result;

    @Option(names = {"-o", "--out"}, paramLabel = "FILE", description = "The page to write (default: viewer.html beside result.json, or the .npz's name with .html).")
    private @Nullable Path out;

    @Option(names = "--fps", paramLabel = "N", defaultValue = "30", description = "Frames per second of the video (default: ${DEFAULT-VALUE}).")
    private double framesPerSecond;

    @Option(names = "--no-pictures", description = "Leave out the overlays, which are otherwise shown beside the mesh.")
    private boolean noPictures;

    @Option(names = "--axes", defaultValue = "camera", paramLabel = "AXES",
        description = "Axes of an .npz: ${COMPLETION-CANDIDATES} (default: camera, as the network's; result.json says it by itself).")
    private ObjWriter.Axes axes;

    @Override
    public Integer call() throws IOException {
        Path name = result.getFileName();
        boolean npz = name != null && name.toString().toLowerCase(Locale.ROOT).endsWith(".npz") && !Files.isDirectory(result);
        Path folder = name != null && name.toString().equals(ResultFile.NAME) ? result.toAbsolutePath().getParent() : result;
        Path page = out != null ? out : npz ? result.resolveSibling(name.toString().substring(0, name.toString().length() - 4) + ".html")
            : folder.resolve("viewer.html");
        Clip clip = npz ? NpzClips.read(result, axes, framesPerSecond) : run(folder);
        ReportPage.write(clip, page);
        System.out.printf("%s: %d frames, %.1f MB%n", page, clip.frames(), Files.size(page) / 1e6);
        return 0;
    }

    private Clip run(Path folder) throws IOException {
        int frames = ResultFile.read(folder).map(r -> r.frames().size()).orElse(0);
        if (frames == 0) {
            return RunClips.read(folder, framesPerSecond, !noPictures, f -> { }); // which says what is missing
        }
        try (ProgressBar bar = new ProgressBarBuilder().setTaskName("meshes").setInitialMax(frames).setUnit(" frames", 1)
            .setStyle(ProgressBarStyle.ASCII).build()) {
            return RunClips.read(folder, framesPerSecond, !noPictures, bar::stepTo);
        }
    }
}

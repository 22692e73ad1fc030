package io.github.remocap.cli;

import io.github.remocap.assets.BodyAssets;
import io.github.remocap.assets.EmbeddedAssets;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.RemoCap;
import io.github.remocap.render.ObjWriter;
import io.github.remocap.run.BodyMesh;
import io.github.remocap.run.ConsoleListener;
import io.github.remocap.run.RunJob;
import io.github.remocap.run.RunOptions;
import io.github.remocap.run.VideoRunner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Real frames in, meshes out. */
@Command(name = "run", mixinStandardHelpOptions = true,
    description = "Fit meshes to a person in frames: writes overlays, OBJ files and result.json.")
final class RunCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    @Mixin
    private DeviceOption device;

    @Option(names = "--assets", required = true, paramLabel = "DIR", description = "Folder with the body's mesh files, or 'embedded' for the body that comes with the program.")
    private Path assets;

    @Option(names = "--input", required = true, paramLabel = "PATH", description = "A folder of frames, or one image.")
    private Path input;

    @Option(names = "--boxes", paramLabel = "FILE", description = "CSV with frame,x0,y0,x1,y1, interpolated between rows. Default: the whole frame.")
    private @Nullable Path boxes;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write to.")
    private Path out;

    @Option(names = "--resume", description = "Continue what is in the output folder.")
    private boolean resume;

    @Option(names = "--box-scale", paramLabel = "X", defaultValue = "1.2", description = "Side of the crop over the box's longer side (default: ${DEFAULT-VALUE}, as the reference).")
    private double boxScale;

    @Option(names = "--size", paramLabel = "N", defaultValue = "224", description = "Side of the network's input in pixels (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(names = "--opacity", paramLabel = "X", defaultValue = "0.92", description = "Opacity of the mesh, 0 to 1 (default: ${DEFAULT-VALUE}).")
    private double opacity;

    @Option(names = "--side-view", description = "Also draw the mesh from the side.")
    private boolean sideView;

    @Option(names = "--obj-axes", defaultValue = "y_up", paramLabel = "AXES", description = "Axes of OBJ files: ${COMPLETION-CANDIDATES} (default: y_up).")
    private ObjWriter.Axes axes;

    @Override
    public Integer call() throws IOException {
        if (size < 32 || size % 32 != 0) {
            throw new ParameterException(spec.commandLine(), "--size: must be a multiple of 32, not " + size);
        }
        BodyAssets files = BodyAssets.open(assets);
        try (Checkpoint checkpoint = model.open()) {
            RemoCap network = model.network(checkpoint);
            Config config = network.config();
            Mesh mesh = files.mesh();
            mesh.check(config);
            float[] pelvis = files.pelvis(config.fine());
            BodyMesh body = body(files, config);
            List<Path> used = files.used();
            RunOptions defaults = RunOptions.DEFAULT;
            RunOptions options = new RunOptions(boxScale, opacity, defaults.samples(), axes, sideView);
            VideoRunner runner = VideoRunner.open(new RunJob(input, boxes, out, model.file(), used, Version.text(), body, options, resume));
            try (Weights weights = model.weights(network, checkpoint);
                NetworkPredictor predictor = new NetworkPredictor(network, weights, mesh, pelvis, body.vertices() == config.fine(), size, device.device());
                ConsoleListener listener = new ConsoleListener()) {
                VideoRunner.Summary summary = runner.run(predictor, listener);
                System.out.printf("%s: %d of %d frames, %d of them now%n", out, summary.done(), summary.total(), summary.computed());
                return summary.done() == summary.total() ? 0 : 1;
            }
        }
    }

    /** The full mesh where its faces are known, else the intermediate one. */
    private static BodyMesh body(BodyAssets files, Config config) throws IOException {
        Optional<int[]> faces = files.faces();
        if (faces.isPresent()) {
            return new BodyMesh((files instanceof EmbeddedAssets ? "embedded body, " : "SMPL, ") + config.fine() + " vertices", config.fine(), faces.get());
        }
        return new BodyMesh("intermediate mesh, " + config.intermediate() + " vertices", config.intermediate(), files.intermediateFaces());
    }
}

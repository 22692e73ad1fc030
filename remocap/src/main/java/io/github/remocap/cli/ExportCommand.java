package io.github.remocap.cli;

import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher.Mode;
import io.github.remocap.io.onnx.OnnxGraph;
import io.github.remocap.io.onnx.OnnxWriter;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.ModelGraph;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.RemoCap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The network as a file for other runtimes. */
@Command(name = "export", mixinStandardHelpOptions = true, description = {
    "Write the network with its weights as an ONNX file (opset 17): images (N,3,H,W) in, cameras, joints and meshes out.",
    "N is free, in whole clips, unless --clips fixes it. Larger weights go into a file beside the model."})
final class ExportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--onnx", required = true, description = "The format to write: ONNX.")
    private boolean onnx;

    @Parameters(paramLabel = "MODEL", description = "Weights: a PyTorch checkpoint, .rmc, .safetensors or .npz.")
    private Path checkpoint;

    @Option(names = {"-o", "--out"}, required = true, paramLabel = "FILE", description = "The .onnx file to write.")
    private Path out;

    @Option(names = "--config", paramLabel = "FILE",
        description = "Sizes of the model, YAML or JSON. Default: what the checkpoint says of itself (.rmc), else the released model.")
    private @Nullable Path config;

    @ArgGroup(multiplicity = "1")
    private MeshOptions mesh;

    @Option(names = "--height", defaultValue = "224", paramLabel = "PIXELS", description = "Height of the images (default: ${DEFAULT-VALUE}).")
    private int height;

    @Option(names = "--width", defaultValue = "224", paramLabel = "PIXELS", description = "Width of the images (default: ${DEFAULT-VALUE}).")
    private int width;

    @Option(names = "--clips", paramLabel = "N", description = "Fix the number of clips. Default: free.")
    private @Nullable Integer clips;

    @Option(names = "--outputs", split = ",", paramLabel = "NAME", description = "The outputs wanted. Default: all.")
    private List<String> outputs = List.of();

    @Option(names = "--weights", defaultValue = "auto", paramLabel = "WHERE",
        description = "Where weights go: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}: from 100 MB on into a file beside the model).")
    private OnnxWriter.Weights where;

    @Override
    public Integer call() throws IOException {
        if (clips != null && clips < 1) {
            throw new ParameterException(spec.commandLine(), "--clips must be 1 or more, not " + clips);
        }
        if (Files.exists(out) && Files.exists(checkpoint) && Files.isSameFile(checkpoint, out)) {
            throw new ParameterException(spec.commandLine(), "MODEL and --out are the same file");
        }
        try (Checkpoint opened = Checkpoint.open(checkpoint)) {
            RemoCap network = ModelOptions.network(checkpoint, config, opened);
            Config sizes = network.config();
            Mesh topology = mesh.mesh();
            try (Weights weights = ModelWeights.load(network, opened, checkpoint.toString(), Mode.STRICT, System.err::println);
                ProgressBar bar = new ProgressBarBuilder().setTaskName("writing").setUnit(" MB", 1_000_000).setStyle(ProgressBarStyle.ASCII).build()) {
                // Two clips and three: extents that differ between these are multiples of the number of images.
                OnnxGraph graph = graph(network, weights, topology, clips != null ? clips : 2);
                OnnxGraph other = clips != null ? null : graph(network, weights, topology, 3);
                Map<String, String> metadata = new LinkedHashMap<>();
                metadata.put(ModelOptions.CONFIG_KEY, sizes.toJson());
                metadata.put("images", "ImageNet-normalised RGB, (N,3," + height + "," + width + ")"
                    + (sizes.motion() ? ", N a multiple of the " + sizes.frames() + " frames of a clip" : ""));
                OnnxWriter.Written written = OnnxWriter.write(out, graph, other, where, metadata, (tensor, done, total) -> {
                    bar.maxHint(total);
                    bar.stepTo(done);
                });
                bar.close();
                System.out.printf("%s: %d nodes, %,d bytes of weights in %s; %s%n", written.model(), written.nodes(), written.weightBytes(),
                    written.weights() == null ? "it" : written.weights(), sizes.describe());
            }
        }
        return 0;
    }

    private OnnxGraph graph(RemoCap network, Weights weights, Mesh topology, int count) {
        ModelGraph graph = ModelGraph.of(network, weights, topology, count * network.config().frames(), height, width, true, outputs);
        return new OnnxGraph(graph.images(), graph.outputs());
    }
}

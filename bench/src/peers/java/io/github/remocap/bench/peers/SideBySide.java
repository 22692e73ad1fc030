package io.github.remocap.bench.peers;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.remocap.bench.GeneratedMesh;
import io.github.remocap.bench.Timing;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.checkpoint.Checkpoint;
import io.github.remocap.io.checkpoint.StateDictMatcher.Mode;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.io.onnx.OnnxGraph;
import io.github.remocap.io.onnx.OnnxWriter;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.ModelGraph;
import io.github.remocap.model.ModelWeights;
import io.github.remocap.model.RemoCap;
import io.github.remocap.parity.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One clip through this library, ONNX Runtime and, if there is a traced network, PyTorch: in turns, each in a process of its own. */
@Command(name = "side-by-side", mixinStandardHelpOptions = true,
    description = "Measure this library beside ONNX Runtime and PyTorch on the same weights and images: time, memory, agreement.")
public final class SideBySide implements Callable<Integer> {
    private static final double TOLERANCE = 1e-4;

    @Option(names = "--checkpoint", paramLabel = "FILE", description = "Weights. Needed unless only --command is measured.")
    private @Nullable Path checkpoint;

    @Option(names = "--config", paramLabel = "FILE", description = "Sizes of the model, YAML or JSON (default: the released model).")
    private @Nullable Path config;

    @Option(names = "--mesh", defaultValue = GeneratedMesh.NAME, paramLabel = "WHERE",
        description = "A folder of body mesh files, an npz, or '${DEFAULT-VALUE}' (the default).")
    private String mesh;

    @Option(names = "--onnx", paramLabel = "FILE", description = "The network as ONNX. Default: exported now, to a temporary folder.")
    private @Nullable Path onnx;

    @Option(names = "--torch", paramLabel = "FILE", description = "A network traced by TorchScript, images (N,3,H,W) in: adds PyTorch.")
    private @Nullable Path torch;

    @Option(names = "--command", paramLabel = "NAME=COMMAND",
        description = "A command to time as a whole process, by the shell; may be given several times, and all take turns.")
    private Map<String, String> commands = new LinkedHashMap<>();

    @Option(names = "--size", defaultValue = "224", paramLabel = "PIXELS", description = "Side of the images (default: ${DEFAULT-VALUE}).")
    private int size;

    @Option(names = "--threads", defaultValue = "2", paramLabel = "N", description = "Threads of each (default: ${DEFAULT-VALUE}).")
    private int threads;

    @Option(names = "--warm", defaultValue = "4", paramLabel = "N", description = "Runs before those that count (default: ${DEFAULT-VALUE}).")
    private int warm;

    @Option(names = "--runs", defaultValue = "9", paramLabel = "N", description = "Runs that count (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--jvm", paramLabel = "OPTION", description = "An option of our process's JVM, such as --jvm=-XX:UseAVX=2; may be given several times.")
    private List<String> jvm = List.of();

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the numbers as JSON.")
    private @Nullable Path json;

    private final Map<String, Object> report = new LinkedHashMap<>();

    /** Entry point. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new SideBySide()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (runs < 1 || warm < 0 || threads < 1) {
            throw new IOException("--runs and --threads must be at least 1, --warm at least 0");
        }
        report.put("threads", threads);
        boolean agree = true;
        if (checkpoint != null) {
            agree = clips(checkpoint);
        } else if (commands.isEmpty()) {
            throw new IOException("nothing to measure: give --checkpoint or --command");
        }
        if (!commands.isEmpty()) {
            report.put("commands", new Commands(commands, runs).measure());
        }
        if (json != null) {
            Files.writeString(json, new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(report));
        }
        return agree ? 0 : 1;
    }

    private boolean clips(Path weightsFile) throws IOException {
        Path folder = Files.createTempDirectory("remocap-peers");
        List<Child> children = new ArrayList<>();
        try {
            Config sizes = config == null ? Config.RELEASED : Config.read(config);
            Path configFile = folder.resolve("config.json");
            Files.writeString(configFile, sizes.toJson());
            Path model = onnx != null ? onnx : export(weightsFile, sizes, folder.resolve("model.onnx"));
            children.add(child("ours", weightsFile, configFile, jvm));
            children.add(child("onnxruntime", model, configFile, List.of()));
            if (torch != null) {
                children.add(child("pytorch", torch, configFile, List.of()));
            }
            return measure(children, folder);
        } finally {
            for (Child c : children) {
                c.close();
            }
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private Child child(String kind, Path model, Path configFile, List<String> options) throws IOException {
        System.err.println("starting " + kind);
        return new Child(kind, options, List.of(kind, model.toString(), configFile.toString(), mesh, String.valueOf(size), String.valueOf(threads)));
    }

    private Path export(Path weightsFile, Config sizes, Path target) throws IOException {
        System.err.println("exporting " + weightsFile + " as ONNX");
        RemoCap network = new RemoCap(sizes);
        Mesh topology = GeneratedMesh.open(mesh, sizes);
        try (Checkpoint opened = Checkpoint.open(weightsFile);
            Weights weights = ModelWeights.load(network, opened, weightsFile.toString(), Mode.STRICT, System.err::println)) {
            ModelGraph g = ModelGraph.of(network, weights, topology, sizes.frames(), size, size, true, List.of());
            OnnxWriter.write(target, new OnnxGraph(g.images(), g.outputs()), null, OnnxWriter.Weights.AUTO, Map.of(), ProgressListener.NONE);
        }
        return target;
    }

    /** Turns, so that what else the machine does disturbs all alike. */
    private boolean measure(List<Child> children, Path folder) throws IOException {
        List<List<Double>> seconds = new ArrayList<>();
        children.forEach(c -> seconds.add(new ArrayList<>()));
        for (int round = 0; round < warm + runs; round++) {
            for (int i = 0; i < children.size(); i++) {
                double time = children.get(i).run();
                if (round >= warm) {
                    seconds.get(i).add(time);
                }
                System.err.printf("%s %d of %d, %s: %.3f s%n", round < warm ? "warm-up" : "run", round < warm ? round + 1 : round - warm + 1,
                    round < warm ? warm : runs, children.get(i).name(), time);
            }
        }
        boolean agree = true;
        double ours = Timing.of(seconds.getFirst()).median();
        Path own = folder.resolve("ours.npz");
        children.getFirst().save(own);
        System.out.printf("%-14s %9s %9s %9s %8s %8s %9s %9s  %s%n", "", "median s", "best s", "worst s", "ours/it", "load s", "peak MB", "now MB", "largest difference");
        for (int i = 0; i < children.size(); i++) {
            Child c = children.get(i);
            long[] memory = c.memory();
            Timing timing = Timing.of(seconds.get(i));
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("seconds", timing);
            row.put("ours_over_it", ours / timing.median());
            row.put("load_seconds", c.loadSeconds());
            row.put("peak_resident_bytes", memory[0]);
            row.put("resident_bytes", memory[1]);
            row.put("description", c.description());
            String difference = "";
            if (i > 0) {
                Path file = folder.resolve(c.name() + ".npz");
                c.save(file);
                double worst = difference(own, file);
                row.put("largest_relative_difference", worst);
                agree &= worst <= TOLERANCE;
                difference = String.format("%.1e%s", worst, worst <= TOLERANCE ? "" : " MORE THAN " + TOLERANCE);
            }
            System.out.printf("%-14s %9.3f %9.3f %9.3f %8.2f %8.2f %9.0f %9.0f  %s%n", c.name(), timing.median(), timing.best(),
                timing.worst(), ours / timing.median(), c.loadSeconds(), memory[0] * 1e-6, memory[1] * 1e-6, difference);
            report.put(c.name(), row);
        }
        children.forEach(c -> System.out.println(c.name() + ": " + c.description()));
        return agree;
    }

    /** The largest difference of any output, relative to that output's largest value; by name, or by order where there are no names. */
    private static double difference(Path own, Path other) throws IOException {
        try (NumpyFile a = NumpyFile.open(own); NumpyFile b = NumpyFile.open(other)) {
            double worst = 0;
            List<String> names = List.copyOf(a.names());
            List<String> others = List.copyOf(b.names());
            for (int i = 0; i < others.size(); i++) {
                String name = names.contains(others.get(i)) || i >= names.size() ? others.get(i) : names.get(i);
                if (!names.contains(name)) {
                    return Double.POSITIVE_INFINITY;
                }
                worst = Math.max(worst, Check.of("", name, b.tensor(others.get(i)).toFloats(), a.tensor(name).toFloats(), TOLERANCE).relative());
            }
            return worst;
        }
    }
}

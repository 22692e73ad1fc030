package io.github.remocap.bench.peers;

import io.github.remocap.bench.GeneratedMesh;
import io.github.remocap.bench.ProcessMemory;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyWriter;
import io.github.remocap.model.Config;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.Shape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A peer in a process of its own, at the command of {@link SideBySide}: reads {@code run}, {@code memory} or {@code save FILE} from
 * standard input, line by line, and answers each by one line on standard output. Memory is 0 where the system does not tell.
 *
 * <p>Arguments: the kind (ours, onnxruntime, pytorch), the model's file, a configuration file, where the mesh is ({@link GeneratedMesh#open}), the side of the images, the number
 * of threads.
 */
public final class PeerProcess {
    private PeerProcess() {
    }

    /** Entry point. */
    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err); // what a runtime prints must not mix with answers
        long start = System.nanoTime();
        Path model = Path.of(arguments[1]);
        Config config = Config.read(Path.of(arguments[2]));
        int size = Integer.parseInt(arguments[4]);
        int threads = Integer.parseInt(arguments[5]);
        long[] shape = {config.frames(), 3, size, size};
        float[] images = DeterministicNumbers.uniform("images", config.frames() * 3 * size * size, -2, 2);
        try (Peer peer = switch (arguments[0]) {
            case "ours" -> new OwnPeer(model, config, GeneratedMesh.open(arguments[3], config), images, shape, threads);
            case "onnxruntime" -> new OrtPeer(model, images, shape, threads);
            case "pytorch" -> new TorchPeer(model, images, shape, threads);
            default -> throw new IllegalArgumentException("no peer '" + arguments[0] + "'");
        }) {
            answers.println((System.nanoTime() - start) * 1e-9 + " " + peer.description());
            serve(peer, answers);
        }
    }

    private static void serve(Peer peer, PrintStream answers) throws IOException {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            if (line.equals("run")) {
                long start = System.nanoTime();
                peer.run();
                answers.println((System.nanoTime() - start) * 1e-9);
            } else if (line.equals("memory")) {
                answers.println(Objects.requireNonNullElse(ProcessMemory.peakResident(), 0L) + " " + Objects.requireNonNullElse(ProcessMemory.resident(), 0L));
            } else if (line.startsWith("save ")) {
                Map<String, StoredTensor> arrays = new LinkedHashMap<>();
                peer.outputs().forEach((name, values) -> arrays.put(name, StoredTensor.ofFloats(Shape.of(values.length), values)));
                NumpyWriter.writeNpz(Path.of(line.substring(5)), arrays, false);
                answers.println("saved");
            } else {
                throw new IOException("unknown command: " + line);
            }
        }
    }
}

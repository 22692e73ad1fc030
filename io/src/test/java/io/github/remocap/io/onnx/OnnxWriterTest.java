package io.github.remocap.io.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.onnx.OnnxWriter.Weights;
import io.github.remocap.io.onnx.OnnxWriter.Written;
import io.github.remocap.io.onnx.proto.ModelProto;
import io.github.remocap.io.onnx.proto.NodeProto;
import io.github.remocap.io.onnx.proto.TensorProto;
import io.github.remocap.io.onnx.proto.ValueInfoProto;
import io.github.remocap.tensor.Graph;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Op.Epilogue;
import io.github.remocap.tensor.Shape;
import io.github.remocap.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written, read back. Whether a runtime computes the same from it is tested where there is one: bench, profile peers. */
class OnnxWriterTest {
    @TempDir
    private Path folder;

    private static MemorySegment numbers(long count, float first) {
        float[] values = new float[(int) count];
        for (int i = 0; i < values.length; i++) {
            values[i] = first + i;
        }
        return MemorySegment.ofArray(values);
    }

    private static Tensor parameter(Graph g, String name, float first, int... dims) {
        return g.parameter(name, Shape.of(dims), numbers(Shape.of(dims).size(), first));
    }

    /** A small network of n images, its weights beginning with a number. */
    private static OnnxGraph network(int n, float first) {
        Graph g = new Graph();
        Tensor images = g.input("images", Shape.of(n, 3, 8, 8));
        Tensor x = images.permute(0, 2, 3, 1);
        Tensor features;
        try (Graph.Scope ignored = g.scope("conv")) {
            features = x.conv2d(parameter(g, "conv.weight", first, 20, 3, 3, 3), 1, 1).add(parameter(g, "conv.bias", 1, 20)).relu();
        }
        Tensor token = parameter(g, "token", 1, 1, 20).reshape(1, 1, 20).broadcast(Shape.of(n, 1, 20));
        Tensor tokens = g.concat(1, token, features.reshape(n, 64, 20));
        Map<String, Tensor> out = new LinkedHashMap<>();
        out.put("features", features.permute(0, 3, 1, 2));
        out.put("pairs", tokens.reshape(n / 2, 2, 65, 20).mean(1, 1));
        return new OnnxGraph(images, out);
    }

    private Written write(String name, OnnxGraph graph, OnnxGraph other, Weights where) throws IOException {
        return OnnxWriter.write(folder.resolve(name), graph, other, where, Map.of("about", "a test"), ProgressListener.NONE);
    }

    private static ModelProto read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return ModelProto.parseFrom(in);
        }
    }

    /** Each value is defined once, and before it is used. */
    private static void assertOrdered(ModelProto model) {
        Set<String> known = new HashSet<>(Set.of(""));
        model.getGraph().getInputList().forEach(i -> assertTrue(known.add(i.getName())));
        model.getGraph().getInitializerList().forEach(i -> assertTrue(known.add(i.getName()), i.getName()));
        for (NodeProto node : model.getGraph().getNodeList()) {
            assertTrue(known.containsAll(node.getInputList()), node.toString());
            node.getOutputList().forEach(o -> assertTrue(known.add(o), o));
        }
        model.getGraph().getOutputList().forEach(o -> assertTrue(known.contains(o.getName())));
    }

    private static String shape(ValueInfoProto info) {
        StringBuilder text = new StringBuilder();
        info.getType().getTensorType().getShape().getDimList().forEach(d -> text.append(d.getDimParam().isEmpty() ? d.getDimValue() : d.getDimParam()).append(' '));
        return info.getName() + " " + text.toString().strip();
    }

    @Test
    void aFileForAnyNumberOfImages() throws IOException {
        Written written = write("a.onnx", network(4, 1), network(6, 1), Weights.AUTO);
        assertNull(written.weights());
        ModelProto model = read(written.model());
        assertOrdered(model);
        assertEquals(17, model.getOpsetImport(0).getVersion());
        assertEquals("about", model.getMetadataProps(0).getKey());
        assertEquals("images N 3 8 8", shape(model.getGraph().getInput(0)));
        assertEquals(List.of("features N 20 8 8", "pairs N/2 65 20"), model.getGraph().getOutputList().stream().map(OnnxWriterTest::shape).toList());
        // Images and features are channels-first already, so nothing is transposed but what leaves the convolution as tokens.
        List<String> types = model.getGraph().getNodeList().stream().map(NodeProto::getOpType).toList();
        assertEquals(1, types.stream().filter("Transpose"::equals).count(), types.toString());
        assertEquals(3, model.getGraph().getNodeList().stream().filter(n -> n.getOpType().equals("Conv")).findFirst().orElseThrow().getInputCount());
        TensorProto weight = model.getGraph().getInitializerList().stream().filter(t -> t.getName().equals("conv.weight")).findFirst().orElseThrow();
        assertEquals(List.of(20L, 3L, 3L, 3L), weight.getDimsList());
        ByteBuffer raw = weight.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(540 * 4, raw.remaining());
        assertEquals(540f, raw.getFloat(539 * 4));
    }

    @Test
    void aFixedNumberOfImages() throws IOException {
        ModelProto model = read(write("a.onnx", network(4, 1), null, Weights.INLINE).model());
        assertOrdered(model);
        assertEquals("images 4 3 8 8", shape(model.getGraph().getInput(0)));
        assertFalse(model.getGraph().getNodeList().stream().anyMatch(n -> n.getOpType().equals("Shape")));
    }

    @Test
    void largerWeightsBesideTheModel() throws IOException {
        Written written = write("a.onnx", network(4, 7), network(6, 7), Weights.EXTERNAL);
        ModelProto model = read(written.model());
        assertOrdered(model);
        int outside = 0;
        byte[] data = Files.readAllBytes(written.weights());
        for (TensorProto t : model.getGraph().getInitializerList()) {
            if (t.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
                outside++;
                Map<String, String> place = new LinkedHashMap<>();
                t.getExternalDataList().forEach(e -> place.put(e.getKey(), e.getValue()));
                assertEquals(String.valueOf(written.weights().getFileName()), place.get("location"));
                int offset = Integer.parseInt(place.get("offset"));
                assertEquals(0, offset % 4096);
                assertEquals("conv.weight", t.getName());
                assertEquals(7f, ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).getFloat(offset));
                assertEquals(540 * 4, Integer.parseInt(place.get("length")));
            } else {
                assertTrue(t.getRawData().size() < 1024, t.getName());
            }
        }
        assertEquals(1, outside);
    }

    private Set<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            Set<String> names = new TreeSet<>();
            files.forEach(f -> names.add(String.valueOf(f.getFileName())));
            return names;
        }
    }

    @Test
    void writingAgainReplacesModelAndWeights() throws IOException {
        Files.writeString(folder.resolve("a.onnx.notes.data"), "not ours");
        Written first = write("a.onnx", network(4, 1), null, Weights.EXTERNAL);
        byte[] model = Files.readAllBytes(first.model());
        assertEquals(first, write("a.onnx", network(4, 1), null, Weights.EXTERNAL));
        assertArrayEquals(model, Files.readAllBytes(first.model()));
        Written second = write("a.onnx", network(4, 2), null, Weights.EXTERNAL);
        assertEquals(Set.of("a.onnx", "a.onnx.notes.data", String.valueOf(second.weights().getFileName())), files());
        write("a.onnx", network(4, 2), null, Weights.INLINE);
        assertEquals(Set.of("a.onnx", "a.onnx.notes.data"), files());
    }

    private static OnnxGraph ending(int n, java.util.function.UnaryOperator<Tensor> end) {
        Graph g = new Graph();
        Tensor images = g.input("images", Shape.of(n, 4, 4, 2));
        try (Graph.Scope ignored = g.scope("head.last")) {
            return new OnnxGraph(images, Map.of("out", end.apply(images)));
        }
    }

    private String refused(OnnxGraph graph, OnnxGraph other) throws IOException {
        Files.writeString(folder.resolve("old.onnx"), "old");
        String message = assertThrows(OnnxExportException.class, () -> write("old.onnx", graph, other, Weights.AUTO)).getMessage();
        assertEquals("old", Files.readString(folder.resolve("old.onnx")));
        assertEquals(Set.of("old.onnx"), files());
        return message;
    }

    @Test
    void whatCannotBeSaidIsNamed() throws IOException {
        String dropout = refused(ending(2, x -> x.graph().apply(new Op.Dropout(0.5, 1), x, x.graph().scalar(1))), null);
        assertTrue(dropout.contains("Dropout[2, 4, 4, 2] at head.last"), dropout);
        String gradient = refused(ending(2, x -> x.graph().apply(new Op.Conv2dWeightGradient(1, 1, 3, 3), x, x)), null);
        assertTrue(gradient.contains("Conv2dWeightGradient") && gradient.contains("only a network for inference"), gradient);
        String input = refused(ending(2, x -> x.add(x.graph().input("step", Shape.SCALAR))), null);
        assertTrue(input.contains("input 'step'"), input);
    }

    @Test
    void whatDependsOnTheBatchOtherwiseIsNamed() throws IOException {
        String cut = refused(ending(2, x -> x.slice(0, 0, x.dim(0) / 2)), ending(4, x -> x.slice(0, 0, x.dim(0) / 2)));
        assertTrue(cut.contains("Slice") && cut.contains("fixed number of clips"), cut);
        String padded = refused(ending(2, x -> x.pad(0, 1, 0)), ending(3, x -> x.pad(0, 1, 0)));
        assertTrue(padded.contains("head.last"), padded);
        String longer = refused(ending(2, x -> x), ending(3, x -> x.relu()));
        assertTrue(longer.contains("3 images"), longer);
    }

    @Test
    void twoGigabytesDoNotFitIntoOneFile() throws IOException {
        Path sparse = folder.resolve("sparse");
        long bytes = 2_100_000_000L;
        try (Arena arena = Arena.ofConfined();
            FileChannel channel = FileChannel.open(sparse, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MemorySegment segment = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
            segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, 1);
            OnnxGraph graph = ending(2, x -> x.graph().parameter("large", Shape.of((int) (bytes / 4)), segment).slice(0, 0, 2));
            Map<String, Tensor> outputs = new LinkedHashMap<>(graph.outputs());
            outputs.put("images again", graph.input());
            String message = assertThrows(IOException.class, () -> write("large.onnx", new OnnxGraph(graph.input(), outputs), null, Weights.INLINE)).getMessage();
            assertTrue(message.contains("large.onnx") && message.contains("2 GB"), message);
        }
    }

    @Test
    void everyOpOfAForwardPass() throws IOException {
        Graph g = new Graph();
        Tensor x = g.input("images", Shape.of(2, 6, 6, 4));
        Map<String, Tensor> out = new LinkedHashMap<>();
        for (Op.UnaryFn fn : Op.UnaryFn.values()) {
            out.put("unary " + fn, x.unary(fn));
        }
        for (Op.BinaryFn fn : Op.BinaryFn.values()) {
            out.put("binary " + fn, x.binary(fn, x.affine(2, 1)));
        }
        for (Op.ReduceFn fn : Op.ReduceFn.values()) {
            out.put("reduce " + fn, x.reduce(fn, 1, 2));
        }
        out.put("gather", x.gather(2, 5, 0, 0));
        out.put("pad", x.pad(1, 1, 2));
        out.put("softmax", x.softmax());
        out.put("upsample", g.apply(new Op.Upsample(2, new Epilogue(false, false, true)), x));
        out.put("downsum", g.apply(new Op.Downsum(2), x));
        out.put("detach", x.detach());
        ModelProto model = read(write("ops.onnx", new OnnxGraph(x, out), null, Weights.AUTO).model());
        assertOrdered(model);
        assertEquals(out.size(), model.getGraph().getOutputCount());
    }

    @Test
    void aFolderThatIsNotThere() {
        String message = assertThrows(IOException.class, () -> write("no/a.onnx", network(4, 1), null, Weights.AUTO)).getMessage();
        assertTrue(message.contains("a.onnx") && message.contains("folder"), message);
    }
}

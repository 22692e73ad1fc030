package io.github.remocap.io.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.github.remocap.io.AtomicFile;
import io.github.remocap.io.ByteTransfer;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.onnx.proto.GraphProto;
import io.github.remocap.io.onnx.proto.ModelProto;
import io.github.remocap.io.onnx.proto.OperatorSetIdProto;
import io.github.remocap.io.onnx.proto.StringStringEntryProto;
import io.github.remocap.io.onnx.proto.TensorProto;
import io.github.remocap.io.onnx.proto.TensorShapeProto;
import io.github.remocap.io.onnx.proto.TypeProto;
import io.github.remocap.io.onnx.proto.ValueInfoProto;
import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a network as an ONNX file of opset 17. Where weights go into a file of their own, beside the model, that is written first, under a
 * name that its content decides, and the model last: a crash leaves the old model with its old weights, or the new one with the new.
 */
public final class OnnxWriter {
    /** Where weights go. */
    public enum Weights {
        /** Into a file of their own from 100 MB on, else into the model. */
        AUTO,
        /** Into a file of their own. */
        EXTERNAL,
        /** Into the model, which then must stay below protobuf's 2 GB. */
        INLINE
    }

    /** What was written. */
    public record Written(Path model, @Nullable Path weights, int nodes, long weightBytes) {
    }

    private static final long AUTO_BYTES = 100_000_000L;
    private static final long MESSAGE_BYTES = 2_000_000_000L;
    private static final long OPSET = 17;
    private static final long IR_VERSION = 8;

    private OnnxWriter() {
    }

    /**
     * Writes.
     *
     * @param graph the network, its images channels-first
     * @param other the same network built for another number of images, which makes the number of images free in the file; null fixes it
     * @param metadata texts by name, kept in the file
     * @throws OnnxExportException if the network holds an op that ONNX cannot say, or depends on the number of images in another way than
     *     by extents
     * @throws IOException if the weights do not fit into one file with {@link Weights#INLINE}, or writing fails
     */
    public static Written write(Path target, OnnxGraph graph, @Nullable OnnxGraph other, Weights where, Map<String, String> metadata,
            ProgressListener progress) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new IOException(target + ": the folder to write to does not exist");
        }
        BatchDims dims = new BatchDims(graph, other);
        OnnxNodes nodes = new OnnxNodes();
        List<Tensor> outputs = List.copyOf(graph.outputs().values());
        OpWriter writer = new OpWriter(nodes, dims, graph.input(), outputs);
        dims.order().forEach(writer::write);
        nodes.at("");
        GraphProto.Builder proto = GraphProto.newBuilder().setName("remocap").addInput(info(((Op.Input) graph.input().op()).label(), dims.of(graph.input())));
        graph.outputs().forEach((name, tensor) -> {
            nodes.named(name, "Identity", List.of(writer.value(tensor)));
            proto.addOutput(info(name, dims.of(tensor)));
        });
        proto.addAllNode(nodes.nodes());

        long bytes = nodes.stored().stream().mapToLong(s -> s.data().byteSize()).sum();
        if (where == Weights.INLINE && bytes > MESSAGE_BYTES) {
            throw new IOException(target + ": " + bytes + " bytes of weights exceed the 2 GB of one ONNX file; they must go into a file of their own");
        }
        ExternalData external = where == Weights.EXTERNAL || where == Weights.AUTO && bytes > AUTO_BYTES
            ? ExternalData.of(target, nodes.stored()) : null;
        for (OnnxNodes.Stored s : nodes.stored()) {
            proto.addInitializer(external != null && external.holds(s) ? external.reference(s) : inline(s));
        }
        ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(IR_VERSION).setProducerName("remocap")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET)).setGraph(proto);
        metadata.forEach((key, value) -> model.addMetadataProps(StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        if (external != null) {
            external.write(progress);
        }
        AtomicFile.write(target, channel -> {
            OutputStream out = Channels.newOutputStream(channel);
            model.build().writeTo(out);
            out.flush();
        });
        removeOldData(target, external);
        return new Written(target, external == null ? null : external.file(), nodes.nodes().size(), bytes);
    }

    private static TensorProto inline(OnnxNodes.Stored s) throws IOException {
        List<ByteString> pieces = new ArrayList<>();
        ByteTransfer.forEach(s.data(), piece -> pieces.add(s.data().isNative() ? UnsafeByteOperations.unsafeWrap(piece) : ByteString.copyFrom(piece)));
        return header(s).setRawData(ByteString.copyFrom(pieces)).build();
    }

    /** A stored array without its elements. */
    static TensorProto.Builder header(OnnxNodes.Stored s) {
        return TensorProto.newBuilder().setName(s.name()).addAllDims(s.dims())
            .setDataType((s.integers() ? TensorProto.DataType.INT64 : TensorProto.DataType.FLOAT).getNumber());
    }

    private static ValueInfoProto info(String name, List<BatchDims.Dim> dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (BatchDims.Dim d : dims) {
            TensorShapeProto.Dimension.Builder dim = TensorShapeProto.Dimension.newBuilder();
            if (d.fixed()) {
                dim.setDimValue(d.numerator());
            } else {
                dim.setDimParam((d.numerator() == 1 ? "" : d.numerator() + "*") + "N" + (d.denominator() == 1 ? "" : "/" + d.denominator()));
            }
            shape.addDim(dim);
        }
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(
            TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT.getNumber()).setShape(shape))).build();
    }

    /** Removes the weights of the model that was replaced. */
    private static void removeOldData(Path target, @Nullable ExternalData external) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, file -> ExternalData.isOf(target, file))) {
            for (Path file : files) {
                if (external == null || !file.getFileName().equals(external.file().getFileName())) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}

package io.github.remocap.io.onnx;

import io.github.remocap.io.AtomicFile;
import io.github.remocap.io.ByteTransfer;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.onnx.proto.StringStringEntryProto;
import io.github.remocap.io.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The file beside a model that holds its larger arrays, named {@code MODEL.HASH.data} by the hash of its content. */
final class ExternalData {
    /** Smaller arrays stay in the model: shapes among them, which runtimes want to see at once. */
    private static final long LEAST = 1024;
    /** ONNX recommends pages, so that a runtime can map what it needs. */
    private static final long PAGE = 4096;
    private static final int HASH_BYTES = 8;

    private final Path file;
    private final Map<OnnxNodes.Stored, Long> offsets = new LinkedHashMap<>();

    private ExternalData(Path target, List<OnnxNodes.Stored> stored) throws IOException {
        MessageDigest hash;
        try {
            hash = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        long at = 0;
        for (OnnxNodes.Stored s : stored) {
            if (s.data().byteSize() >= LEAST) {
                at = (at + PAGE - 1) / PAGE * PAGE;
                offsets.put(s, at);
                at += s.data().byteSize();
                ByteTransfer.forEach(s.data(), hash::update);
            }
        }
        file = target.resolveSibling(target.getFileName() + "." + HexFormat.of().formatHex(hash.digest(), 0, HASH_BYTES) + ".data");
    }

    static ExternalData of(Path target, List<OnnxNodes.Stored> stored) throws IOException {
        return new ExternalData(target, stored);
    }

    /** Whether a file is the external data of some version of a model. */
    static boolean isOf(Path target, Path file) {
        String prefix = target.getFileName() + ".";
        String name = String.valueOf(file.getFileName());
        return name.startsWith(prefix) && name.substring(prefix.length()).matches("[0-9a-f]{" + 2 * HASH_BYTES + "}\\.data");
    }

    Path file() {
        return file;
    }

    boolean holds(OnnxNodes.Stored s) {
        return offsets.containsKey(s);
    }

    TensorProto reference(OnnxNodes.Stored s) {
        return OnnxWriter.header(s).setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", String.valueOf(file.getFileName())))
            .addExternalData(entry("offset", String.valueOf(offsets.get(s))))
            .addExternalData(entry("length", String.valueOf(s.data().byteSize()))).build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    void write(ProgressListener progress) throws IOException {
        long total = offsets.keySet().stream().mapToLong(s -> s.data().byteSize()).sum();
        AtomicFile.write(file, channel -> {
            long done = 0;
            for (Map.Entry<OnnxNodes.Stored, Long> e : offsets.entrySet()) {
                ByteTransfer.writeFully(channel, ByteBuffer.allocate((int) (e.getValue() - channel.position())));
                ByteTransfer.write(channel, e.getKey().data());
                done += e.getKey().data().byteSize();
                progress.progress(e.getKey().name(), done, total);
            }
        });
    }
}

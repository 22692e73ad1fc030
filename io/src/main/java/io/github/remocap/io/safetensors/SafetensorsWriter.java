package io.github.remocap.io.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.github.remocap.io.AtomicFile;
import io.github.remocap.io.ByteTransfer;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Writes safetensors files. As the reference implementation does, tensors are ordered by descending element size, so that
 * each is aligned to its elements; among equals the given order is kept. The data starts at a multiple of 64 bytes.
 */
public final class SafetensorsWriter {
    private static final int ALIGNMENT = 64;

    private SafetensorsWriter() {}

    /**
     * Writes atomically.
     *
     * @param metadata the texts of {@code __metadata__}
     * @throws IOException if writing fails, a tensor is named {@code __metadata__}, or the header exceeds the format's limit
     */
    public static void write(Path path, Map<String, StoredTensor> tensors, Map<String, String> metadata, ProgressListener progress)
            throws IOException {
        List<Map.Entry<String, StoredTensor>> order = new ArrayList<>(tensors.entrySet());
        order.sort(Comparator.comparingInt(e -> -e.getValue().type().bytes()));
        byte[] header = header(order, metadata);
        if (header.length > SafetensorsFile.MAX_HEADER) {
            throw new IOException(path + ": names and metadata need " + header.length + " bytes, more than the format's " + SafetensorsFile.MAX_HEADER);
        }
        long total = order.stream().mapToLong(e -> e.getValue().data().byteSize()).sum();
        AtomicFile.write(path, channel -> {
            ByteBuffer size = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).flip();
            ByteTransfer.writeFully(channel, size);
            ByteTransfer.writeFully(channel, ByteBuffer.wrap(header));
            long[] done = new long[1];
            for (Map.Entry<String, StoredTensor> e : order) {
                ByteTransfer.forEach(e.getValue().data(), piece -> {
                    done[0] += piece.remaining();
                    ByteTransfer.writeFully(channel, piece);
                    progress.progress(e.getKey(), done[0], total);
                });
            }
        });
    }

    private static byte[] header(List<Map.Entry<String, StoredTensor>> order, Map<String, String> metadata) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator g = new JsonFactory().createGenerator(out)) {
            g.writeStartObject();
            if (!metadata.isEmpty()) {
                g.writeObjectFieldStart("__metadata__");
                for (Map.Entry<String, String> e : metadata.entrySet()) {
                    g.writeStringField(e.getKey(), e.getValue());
                }
                g.writeEndObject();
            }
            long at = 0;
            for (Map.Entry<String, StoredTensor> e : order) {
                StoredTensor t = e.getValue();
                if (e.getKey().equals("__metadata__")) {
                    throw new IOException("a tensor in a safetensors file cannot be named __metadata__");
                }
                g.writeObjectFieldStart(e.getKey());
                g.writeStringField("dtype", name(t.type()));
                g.writeArrayFieldStart("shape");
                for (int d : t.shape().dims()) {
                    g.writeNumber(d);
                }
                g.writeEndArray();
                g.writeArrayFieldStart("data_offsets");
                g.writeNumber(at);
                at += t.data().byteSize();
                g.writeNumber(at);
                g.writeEndArray();
                g.writeEndObject();
            }
            g.writeEndObject();
        }
        while ((8 + out.size()) % ALIGNMENT != 0) {
            out.write(' ');
        }
        return out.toByteArray();
    }

    /** The format uses the same names. */
    private static String name(DType type) {
        return type.name();
    }
}

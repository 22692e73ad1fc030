package io.github.remocap.io.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyWriter;
import io.github.remocap.io.rmc.RmcWriter;
import io.github.remocap.io.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes checkpoints so that a crash leaves the old file or the new one, never a part: to a temporary file in the same
 * directory, forced to disk, renamed. Data is streamed; nothing is copied as a whole.
 */
public final class CheckpointWriter {
    private CheckpointWriter() {}

    /**
     * Writes in the format that the file's name ends in: .rmc, .safetensors or .npz.
     *
     * @param tensors by name, in the order in which they are to be written
     * @param metadata texts, numbers (int, long, float, double) and truth values by name; safetensors keeps all as text
     * @throws IllegalArgumentException if the name has another ending
     * @throws IOException if writing fails, or metadata is of another type
     */
    public static void write(Path path, Map<String, StoredTensor> tensors, Map<String, ?> metadata) throws IOException {
        write(path, CheckpointFormat.ofName(path), tensors, metadata, ProgressListener.NONE);
    }

    /**
     * Writes in the format given, whatever the file's name.
     *
     * @throws IllegalArgumentException if the format is one of PyTorch's, which are only read
     * @throws IOException if writing fails, or metadata is of a type that cannot be stored
     */
    public static void write(Path path, CheckpointFormat format, Map<String, StoredTensor> tensors, Map<String, ?> metadata,
            ProgressListener progress) throws IOException {
        switch (format) {
            case RMC -> RmcWriter.write(path, tensors, metadata, progress);
            case SAFETENSORS -> {
                Map<String, String> texts = new LinkedHashMap<>();
                for (Map.Entry<String, ?> e : metadata.entrySet()) {
                    texts.put(e.getKey(), scalar(e).toString());
                }
                SafetensorsWriter.write(path, tensors, texts, progress);
            }
            case NPZ -> {
                Map<String, Object> plain = new LinkedHashMap<>();
                for (Map.Entry<String, ?> e : metadata.entrySet()) {
                    plain.put(e.getKey(), scalar(e));
                }
                Map<String, String> texts = plain.isEmpty() ? Map.of() : Map.of(Checkpoint.NPZ_METADATA, new ObjectMapper().writeValueAsString(plain));
                NumpyWriter.writeNpz(path, tensors, texts, false, progress);
            }
            case TORCH_ZIP, TORCH_LEGACY -> throw new IllegalArgumentException("checkpoints are not written in PyTorch's formats");
        }
    }

    private static Object scalar(Map.Entry<String, ?> e) throws IOException {
        Object v = e.getValue();
        if (v instanceof String || v instanceof Number || v instanceof Boolean) {
            return v;
        }
        throw new IOException("metadata '" + e.getKey() + "' is of " + v.getClass() + "; this format takes texts, numbers and truth values");
    }
}

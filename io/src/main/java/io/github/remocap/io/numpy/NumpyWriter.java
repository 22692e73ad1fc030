package io.github.remocap.io.numpy;

import io.github.remocap.io.AtomicFile;
import io.github.remocap.io.ByteTransfer;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.zip.ZipWriter;
import io.github.remocap.tensor.DType;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Writes npy and npz files that {@code numpy.load} reads without pickles: row-major, little-endian, float32 as
 * {@code <f4}. NumPy has no bfloat16; such tensors are written as float32, which holds them exactly.
 */
public final class NumpyWriter {
    private NumpyWriter() {}

    /** Writes one array, atomically. */
    public static void writeNpy(Path path, StoredTensor tensor) throws IOException {
        AtomicFile.write(path, channel -> {
            for (MemorySegment piece : pieces(tensor)) {
                ByteTransfer.write(channel, piece);
            }
        });
    }

    /** Writes named arrays as an npz, atomically. */
    public static void writeNpz(Path path, Map<String, StoredTensor> tensors, boolean deflate) throws IOException {
        writeNpz(path, tensors, Map.of(), deflate, ProgressListener.NONE);
    }

    /**
     * Writes named arrays and texts (as arrays of no axes and type {@code <U}) as an npz, atomically.
     *
     * @param deflate whether to compress; compressed arrays cannot be mapped when read
     */
    public static void writeNpz(Path path, Map<String, StoredTensor> tensors, Map<String, String> texts, boolean deflate,
            ProgressListener progress) throws IOException {
        long total = tensors.values().stream().mapToLong(t -> t.data().byteSize()).sum();
        AtomicFile.write(path, channel -> {
            ZipWriter zip = new ZipWriter(channel);
            long done = 0;
            for (Map.Entry<String, StoredTensor> e : tensors.entrySet()) {
                long before = done;
                long bytes = e.getValue().data().byteSize();
                List<MemorySegment> pieces = pieces(e.getValue());
                zip.add(e.getKey() + ".npy", deflate, pieces, n -> progress.progress(e.getKey(), before + Math.min(n, bytes), total));
                done += bytes;
            }
            for (Map.Entry<String, String> e : texts.entrySet()) {
                zip.add(e.getKey() + ".npy", deflate, text(e.getValue()), n -> {});
            }
            zip.finish();
        });
    }

    private static List<MemorySegment> pieces(StoredTensor tensor) {
        MemorySegment header = MemorySegment.ofArray(NpyHeader.bytes(NumpyType.descr(tensor.type()), tensor.shape()));
        return List.of(header, tensor.type() == DType.BF16 ? StoredTensor.ofFloats(tensor.shape(), tensor.toFloats()).data() : tensor.data());
    }

    private static List<MemorySegment> text(String text) {
        int[] points = text.codePoints().toArray();
        ByteBuffer utf32 = ByteBuffer.allocate(Math.multiplyExact(points.length, 4)).order(ByteOrder.LITTLE_ENDIAN);
        utf32.asIntBuffer().put(points);
        return List.of(MemorySegment.ofArray(NpyHeader.bytes("<U" + points.length, Shape.SCALAR)), MemorySegment.ofArray(utf32.array()));
    }
}

package io.github.remocap.bench;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.remocap.io.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code remocap bench} measured; the JSON file has these names. What could not be measured is null.
 *
 * @param format {@value #FORMAT}
 * @param what {@code clip} or {@code training step}
 * @param model its sizes in words
 * @param images clips, height and width of a run
 * @param machine system, processor and JVM
 * @param device what ran it
 * @param threads of the device
 * @param peaks of the machine in the same run, with as many threads
 * @param seconds of whole runs, warm
 * @param oneThread seconds of whole runs with one thread
 * @param loadSeconds opening the checkpoint, compiling, packing weights: until ready to run
 * @param heapBytesPerRun allocated on the Java heap by the caller and the device's workers, median of the runs; some 100 are the
 *     measurement's own
 * @param programBytes native memory of the program: packed weights and activations
 * @param peakResidentBytes of the process, before the runs with one thread
 * @param kinds steps by kind, the slowest first; their seconds are medians of steps run one by one
 * @param slowest the slowest steps
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record BenchResult(String format, String what, String model, List<Integer> images, String machine, String device, int threads, Peaks peaks,
    Timing seconds, @Nullable Timing oneThread, double loadSeconds, @Nullable Double heapBytesPerRun, long programBytes,
    @Nullable Long peakResidentBytes, List<LayerTime> kinds, List<LayerTime> slowest) {
    /** Of the JSON files. */
    public static final String FORMAT = "remocap-bench-1";

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

    /** The same with the times of one thread. */
    BenchResult withOneThread(Timing times) {
        return new BenchResult(format, what, model, images, machine, device, threads, peaks, seconds, times, loadSeconds, heapBytesPerRun, programBytes,
            peakResidentBytes, kinds, slowest);
    }

    /** How many times faster than with one thread; null if that was not measured. */
    public @Nullable Double scaling() {
        return oneThread == null ? null : oneThread.median() / seconds.median();
    }

    /** Operations of a run that are counted. */
    public long flops() {
        return kinds.stream().mapToLong(LayerTime::flops).sum();
    }

    /** Writes the JSON file, whole or not at all. */
    public void write(Path file) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(this);
        AtomicFile.write(file, channel -> {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        });
    }

    /**
     * Reads a JSON file.
     *
     * @throws IOException naming the file, if it is none of ours or incomplete
     */
    public static BenchResult read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        try {
            if (!FORMAT.equals(JSON.readTree(bytes).path("format").asText())) {
                throw new IOException(file + ": not a result of remocap bench: expected \"format\": \"" + FORMAT + "\"");
            }
            return JSON.readValue(bytes, BenchResult.class);
        } catch (JsonProcessingException e) {
            throw new IOException(file + ": not a result of remocap bench: " + e.getOriginalMessage(), e);
        }
    }
}

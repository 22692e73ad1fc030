package io.github.remocap.train;

import io.github.remocap.train.proto.Event;
import io.github.remocap.train.proto.SessionLog;
import io.github.remocap.train.proto.Summary;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/** Scalars by step for TensorBoard, see {@code tensorboard.proto}. Every call is on disk when it returns. */
final class EventFile implements AutoCloseable {
    private final OutputStream out;

    /**
     * Begins a new file in a folder.
     *
     * @param firstStep what earlier files have at this step and after it no longer counts
     */
    EventFile(Path folder, long firstStep) throws IOException {
        Files.createDirectories(folder);
        long now = System.currentTimeMillis();
        Path file;
        do {
            file = folder.resolve(String.format(Locale.ROOT, "events.out.tfevents.%010d.%03d.remocap", now / 1000, now % 1000));
            now++;
        } while (Files.exists(file));
        out = new BufferedOutputStream(Files.newOutputStream(file, StandardOpenOption.CREATE_NEW));
        write(Event.newBuilder().setFileVersion("brain.Event:2"));
        write(Event.newBuilder().setStep(firstStep).setSessionLog(SessionLog.newBuilder().setStatus(SessionLog.SessionStatus.START)));
    }

    /** Adds scalars of a step. */
    void scalars(long step, Map<String, Double> values) throws IOException {
        Summary.Builder summary = Summary.newBuilder();
        values.forEach((tag, value) -> summary.addValue(Summary.Value.newBuilder().setTag(tag).setSimpleValue(value.floatValue())));
        write(Event.newBuilder().setStep(step).setSummary(summary));
    }

    private void write(Event.Builder event) throws IOException {
        out.write(record(event.setWallTime(System.currentTimeMillis() / 1000.0).build().toByteArray()));
        out.flush();
    }

    /** A TFRecord. */
    static byte[] record(byte[] data) {
        ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length);
        record.putInt(maskedCrc(record.array(), 0, 8));
        record.put(data);
        record.putInt(maskedCrc(data, 0, data.length));
        return record.array();
    }

    /** TensorFlow's masked CRC-32C: rotated right by 15 bits plus a constant. */
    static int maskedCrc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}

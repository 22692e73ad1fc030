package io.github.remocap.parity;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyWriter;
import io.github.remocap.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes computed arrays under the golden files' names and shapes: the last device's into a folder, the others' into folders of their
 * names below it.
 */
final class Dump {
    private final @Nullable Path folder;
    private final Device last;

    Dump(@Nullable Path folder, List<Device> devices) {
        this.folder = folder;
        this.last = devices.getLast();
    }

    void write(Device device, String file, Map<String, StoredTensor> arrays) throws IOException {
        if (folder != null) {
            Path to = device.equals(last) ? folder : folder.resolve(device.name().replace(':', '-'));
            Files.createDirectories(to);
            NumpyWriter.writeNpz(to.resolve(file), arrays, false);
        }
    }
}

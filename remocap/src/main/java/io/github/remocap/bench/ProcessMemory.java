package io.github.remocap.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What this process takes. */
public final class ProcessMemory {
    private static final Path STATUS = Path.of("/proc/self/status");

    private ProcessMemory() {
    }

    /** The largest resident size so far, in bytes; null where the system does not tell (Linux does). */
    public static @Nullable Long peakResident() throws IOException {
        return status("VmHWM");
    }

    /** The present resident size, in bytes; null where the system does not tell. */
    public static @Nullable Long resident() throws IOException {
        return status("VmRSS");
    }

    private static @Nullable Long status(String key) throws IOException {
        if (Files.isReadable(STATUS)) {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(key + ":")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
        }
        return null;
    }
}

package io.github.remocap.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** What {@code bin/remocap} passes to the virtual machine, as the build wrote it. */
public final class LauncherFlags {
    private LauncherFlags() {
    }

    /** The flags, one by one. */
    public static List<String> read() {
        try (InputStream in = Objects.requireNonNull(LauncherFlags.class.getResourceAsStream("jvm.flags"))) {
            return List.of(new String(in.readAllBytes(), StandardCharsets.UTF_8).strip().split("\\s+"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

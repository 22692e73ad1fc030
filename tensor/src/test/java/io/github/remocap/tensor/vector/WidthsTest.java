package io.github.remocap.tensor.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.tensor.Op;
import io.github.remocap.tensor.OpCases;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The op cases with every vector width and without fused multiply-add, each in a JVM of its own. */
class WidthsTest {
    @ParameterizedTest
    @CsvSource({
        "-Dremocap.vector.bits=128,                              128,",
        "-Dremocap.vector.bits=256,                              256,",
        "-Dremocap.vector.bits=512,                              512,",
        "-Dremocap.vector.bits=256 -Dremocap.vector.fma=false,   256, false",
        "-Dremocap.vector.bits=256 -XX:-UseFMA,                  256, false",
    })
    void casesPass(String flags, int bits, String fma) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(a -> a.startsWith("--")).forEach(command::add);
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-XX:+UseSerialGC", "-Xmx1g"));
        command.addAll(List.of(flags.split(" ")));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), OpCheckMain.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output;
        try (InputStream out = process.getInputStream()) {
            output = new String(out.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertTrue(process.waitFor(30, TimeUnit.MINUTES)); // against a hang alone: machines differ
        assertEquals(0, process.exitValue(), output);
        String[] summary = output.lines().toList().getLast().split(" ");
        assertEquals(Integer.toString(bits), summary[0], output);
        if (fma != null) {
            assertEquals(fma, summary[1], output);
        }
        assertTrue(Integer.parseInt(summary[2]) > 100, output);
        assertEquals("0", summary[3], output);
    }

    @Test
    void smallCasesHaveEveryOp() {
        Set<Class<?>> missing = Arrays.stream(Op.class.getPermittedSubclasses()).collect(Collectors.toSet());
        OpCases.small().forEach(c -> missing.remove(c.op().getClass()));
        assertEquals(Set.of(), missing);
    }
}

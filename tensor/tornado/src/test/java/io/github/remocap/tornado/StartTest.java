package io.github.remocap.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/** What the program says where TornadoVM, its SDK, a platform or a device is missing: as processes. */
class StartTest {
    @TempDir
    private static Path folder;

    private record Result(int status, String out, String err) {
    }

    /** @param options of TornadoVM: the running JVM's own, or none */
    private static Result remocap(boolean options, Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        if (options) {
            command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream().filter(a -> !a.startsWith("-javaagent") && !a.startsWith("-Xmx")).toList());
        } else {
            command.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        }
        command.addAll(List.of("-Xmx1g", "-cp", System.getProperty("java.class.path"), "io.github.remocap.cli.Main"));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(folder, "out", ".txt");
        Path err = Files.createTempFile(folder, "err", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(30, TimeUnit.MINUTES)) { // against a hang alone: machines differ
            process.destroyForcibly();
            throw new AssertionError("still running: " + String.join(" ", arguments));
        }
        return new Result(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8), Files.readString(err, StandardCharsets.UTF_8));
    }

    @Test
    void withoutTheSdk() throws Exception {
        Result devices = remocap(false, Map.of(), "devices");
        assertEquals(0, devices.status(), devices.err());
        assertTrue(devices.out().contains("cpu ") && devices.out().contains("reference "), devices.out());
        assertTrue(devices.out().contains("tornado      not usable: ") && devices.out().contains("TORNADOVM_HOME"), devices.out());
        Result asked = remocap(false, Map.of(), "bench", "--device", "tornado");
        assertEquals(2, asked.status());
        assertTrue(asked.err().contains("--device: ") && asked.err().contains("TORNADOVM_HOME"), asked.err());
    }

    @Test
    void withoutAPlatform() throws Exception {
        Gpu.device();
        Result devices = remocap(true, Map.of("OCL_ICD_VENDORS", folder.toString()), "devices");
        assertEquals(0, devices.status(), devices.err());
        assertTrue(devices.out().contains("tornado      not usable: TornadoVM found no platform"), devices.out() + devices.err());
        assertTrue(devices.out().contains("install the driver"), devices.out());
    }

    @Test
    void withAPlatformThatHasNoDevices() throws Exception {
        Gpu.device();
        Result devices = remocap(true, Map.of("POCL_DEVICES", ""), "devices");
        assertEquals(0, devices.status(), devices.err());
        assertTrue(devices.out().contains("tornado      not usable: ") && devices.out().contains("no devices"), devices.out() + devices.err());
    }

    @Test
    void autoSaysWhyItTakesTheProcessor() throws Exception {
        Gpu.device();
        Result bench = remocap(true, Map.of(), "bench", "--device", "auto", "--pixels", "33");
        assertEquals(2, bench.status()); // the pixels are refused before anything runs
        Result missing = remocap(false, Map.of(), "parity", folder.toString(), "--device", "auto");
        assertTrue(missing.err().contains("auto: cpu, because tornado cannot be used"), missing.err());
    }

    @Test
    void devicesSayWhoComputesProducts() throws Exception {
        Gpu.device();
        assumeTrue(TornadoRuntimeProvider.getTornadoRuntime().getBackendType(0) != TornadoVMBackendType.CUDA, "this backend has libraries");
        Result devices = remocap(true, Map.of(), "devices");
        assertTrue(devices.out().contains("products by own kernels (cuBLAS needs TornadoVM's backend cuda"), devices.out());
        Result never = remocap(true, Map.of("JDK_JAVA_OPTIONS", "-Dremocap.tornado.libraries=never"), "devices");
        assertTrue(never.out().contains("products by own kernels (remocap.tornado.libraries=never)"), never.out());
        Map<String, String> always = Map.of("JDK_JAVA_OPTIONS", "-Dremocap.tornado.libraries=always");
        Result insisted = remocap(true, always, "devices");
        assertEquals(0, insisted.status(), insisted.err());
        assertTrue(insisted.out().contains("not usable: remocap.tornado.libraries is always, but cuBLAS needs"), insisted.out());
        Result asked = remocap(true, always, "bench", "--device", "tornado");
        assertEquals(2, asked.status());
        assertTrue(asked.err().contains("--device: remocap.tornado.libraries is always, but cuBLAS needs"), asked.err());
    }

    @Test
    void namesThatNobodyHas() throws Exception {
        Gpu.device();
        Result bench = remocap(true, Map.of(), "parity", folder.toString(), "--device", "tornado:abacus:7");
        assertEquals(2, bench.status());
        assertTrue(bench.err().contains("no device 'tornado:abacus:7'; there are tornado:"), bench.err());
    }
}

package io.github.remocap.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.Golden;
import io.github.remocap.cli.RemocapProcess.Result;
import io.github.remocap.io.ProgressListener;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.CheckpointFormat;
import io.github.remocap.io.checkpoint.CheckpointWriter;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.io.numpy.NumpyWriter;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.RemoCap;
import io.github.remocap.parity.Check;
import io.github.remocap.parity.DeterministicNumbers;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as its users start it: a process, its output, its exit status. */
class CommandLineTest {
    @TempDir
    private static Path folder;

    private static Result remocap(String... arguments) throws IOException, InterruptedException {
        return RemocapProcess.run(folder, arguments);
    }

    /** A golden folder like the oracle's, with a checkpoint made here. */
    @BeforeAll
    static void makeGolden() throws IOException {
        RemoCap network = new RemoCap(Golden.config("remocap"));
        try (Weights weights = DeterministicNumbers.fill(network, Golden.SEED + "/remocap")) {
            Map<String, StoredTensor> tensors = new LinkedHashMap<>();
            weights.specs().forEach((name, spec) -> tensors.put(name, new StoredTensor(spec.dtype(), spec.shape(), weights.values(name))));
            CheckpointWriter.write(folder.resolve("remocap.bin"), CheckpointFormat.SAFETENSORS, tensors, Map.of(), ProgressListener.NONE);
        }
        Files.copy(Golden.file("tiny/remocap_config.json"), folder.resolve("remocap_config.json"));
        Files.copy(Golden.file("tiny/mesh.npz"), folder.resolve("mesh.npz"));
        Map<String, StoredTensor> arrays = new LinkedHashMap<>();
        arrays.put("images", StoredTensor.ofFloats(Shape.of(8, 3, 64, 64), DeterministicNumbers.uniform(Golden.SEED + "/images", 8 * 3 * 64 * 64, -2, 2)));
        NumpyWriter.writeNpy(folder.resolve("images.npy"), arrays.get("images"));
        try (NumpyFile outputs = NumpyFile.open(Golden.file("tiny/remocap_outputs.npz"))) {
            for (String name : outputs.names()) {
                arrays.put(name, outputs.tensor(name));
            }
            NumpyWriter.writeNpz(folder.resolve("remocap_eval.npz"), arrays, false);
        }
    }

    private static String at(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void usageErrorsExitWithTwo() throws Exception {
        Result none = remocap();
        assertEquals(2, none.status());
        assertTrue(none.err().contains("a command is missing") && none.err().contains("forward"), none.err());
        assertEquals("", none.out());
        assertEquals(2, remocap("frwrd").status());
        assertEquals(2, remocap("forward", "--images", "a.npy").status());
        Result ending = remocap("import", at("remocap.bin"), at("x.onnx"));
        assertEquals(2, ending.status());
        assertTrue(ending.err().contains(".rmc, .safetensors or .npz"), ending.err());
        Result device = remocap("forward", "--checkpoint", at("remocap.bin"), "--mesh", at("mesh.npz"), "--images", at("images.npy"), "--out",
            at("x.npz"), "--config", at("remocap_config.json"), "--device", "abacus");
        assertEquals(2, device.status());
        assertTrue(device.err().contains("no device 'abacus'; there are cpu, reference"), device.err());
    }

    @Test
    void helpIsEverywhere() throws Exception {
        for (String command : List.of("demo", "generate", "run", "forward", "import", "export", "info", "parity", "train", "convert", "evaluate", "view", "bench",
            "devices")) {
            Result help = remocap(command, "--help");
            assertEquals(0, help.status(), command);
            assertTrue(help.out().startsWith("Usage: remocap " + command), help.out());
        }
    }

    @Test
    void exportWritesAnOnnxFile() throws Exception {
        Result exported = remocap("export", "--onnx", at("remocap.bin"), "--config", at("remocap_config.json"), "--mesh", at("mesh.npz"), "--height", "64",
            "--width", "64", "--weights", "external", "-o", at("network.onnx"));
        assertEquals(0, exported.status(), exported.err());
        assertTrue(exported.out().contains("network.onnx") && exported.out().contains(".data") && exported.out().contains("RemoCap-S"), exported.out());
        assertTrue(Files.size(folder.resolve("network.onnx")) > 10_000);
        Result output = remocap("export", "--onnx", at("remocap.bin"), "--config", at("remocap_config.json"), "--mesh", at("mesh.npz"), "--outputs", "pose",
            "-o", at("other.onnx"));
        assertEquals(1, output.status());
        assertTrue(output.err().contains("no output pose; there are features"), output.err());
        assertFalse(Files.exists(folder.resolve("other.onnx")));
    }

    @Test
    void benchRefusesWhatDoesNotFit() throws Exception {
        Result two = remocap("bench", "--checkpoint", at("remocap.bin"), "--model-size", "s");
        assertEquals(2, two.status());
        assertTrue(two.err().contains("give one"), two.err());
        Result threads = remocap("bench", "--device", "reference", "--threads", "2");
        assertEquals(2, threads.status());
        assertTrue(threads.err().contains("--threads is for the cpu device"), threads.err());
        Result compare = remocap("bench", "--compare", at("remocap_config.json"), at("remocap_config.json"));
        assertEquals(1, compare.status());
        assertTrue(compare.err().contains("not a result of remocap bench"), compare.err());
    }

    @Test
    void importedCheckpointComputesTheSame() throws Exception {
        Result imported = remocap("import", at("remocap.bin"), at("copy.rmc"), "--config", at("remocap_config.json"));
        assertEquals(0, imported.status(), imported.err());
        Result info = remocap("info", at("copy.rmc"));
        assertEquals(0, info.status(), info.err());
        assertTrue(info.out().contains("RemoCap-S, HRNet-W4, SD + MD, clips of 4 frames"), info.out());
        assertTrue(info.out().contains("backbone.ema_S.gn.weight"), info.out());
        assertTrue(info.out().contains("every tensor agrees with its CRC-32C"), info.out());
        // Without --config: the file says what it is.
        Result forward = remocap("forward", "--checkpoint", at("copy.rmc"), "--mesh", at("mesh.npz"), "--images", at("images.npy"), "--out", at("out.npz"));
        assertEquals(0, forward.status(), forward.err());
        try (NumpyFile actual = NumpyFile.open(folder.resolve("out.npz")); NumpyFile expected = NumpyFile.open(Golden.file("tiny/remocap_outputs.npz"))) {
            assertEquals(expected.names(), actual.names());
            for (String name : expected.names()) {
                assertEquals(expected.tensor(name).shape(), actual.tensor(name).shape());
                Check check = Check.of("forward", name, actual.tensor(name).toFloats(), expected.tensor(name).toFloats(), 2e-5);
                assertTrue(check.ok(), check.toString());
            }
        }
    }

    @Test
    void parityPassesAndFails() throws Exception {
        Result good = remocap("parity", folder.toString(), "--device", "cpu", "--dump", at("dump"));
        assertEquals(0, good.status(), good.out() + good.err());
        assertTrue(good.out().contains("0 failed"), good.out());
        assertTrue(Files.exists(folder.resolve("dump/remocap_eval_cpu.npz")));
        Path bad = Files.createDirectory(folder.resolve("bad"));
        for (String name : List.of("remocap_config.json", "mesh.npz", "remocap_eval.npz")) {
            Files.copy(folder.resolve(name), bad.resolve(name));
        }
        byte[] bytes = Files.readAllBytes(folder.resolve("remocap.bin"));
        bytes[bytes.length - 2] ^= 0x40; // the last weight
        Files.write(bad.resolve("remocap.bin"), bytes);
        Result wrong = remocap("parity", bad.toString(), "--device", "cpu");
        assertEquals(1, wrong.status(), wrong.out() + wrong.err());
        assertTrue(wrong.out().contains("FAILED"), wrong.out());
        Result empty = remocap("parity", Files.createDirectory(folder.resolve("empty")).toString());
        assertEquals(1, empty.status());
        assertTrue(empty.err().contains("nothing to compare"), empty.err());
    }

    @Test
    void failuresNameTheFileAndExitWithOne() throws Exception {
        Result missing = remocap("info", at("nowhere.bin"));
        assertEquals(1, missing.status());
        assertTrue(missing.err().contains("nowhere.bin: no such file"), missing.err());
        Path text = Files.writeString(folder.resolve("text.bin"), "this is no checkpoint at all");
        Result foreign = remocap("info", text.toString());
        assertEquals(1, foreign.status());
        assertTrue(foreign.err().contains("text.bin") && foreign.err().contains("expected a checkpoint"), foreign.err());
        byte[] whole = Files.readAllBytes(folder.resolve("remocap.bin"));
        Path cut = Files.write(folder.resolve("cut.bin"), java.util.Arrays.copyOf(whole, whole.length / 2));
        Result truncated = remocap("import", cut.toString(), at("never.rmc"));
        assertEquals(1, truncated.status());
        assertTrue(truncated.err().contains("cut.bin"), truncated.err());
        assertFalse(Files.exists(folder.resolve("never.rmc")));
        for (Result r : List.of(missing, foreign, truncated)) {
            assertFalse(r.err().contains("\tat "), "a stack trace: " + r.err());
            assertEquals("", r.out());
        }
    }

    @Test
    void aCheckpointOfAnotherSizeIsNamed() throws Exception {
        Result other = remocap("forward", "--checkpoint", at("remocap.bin"), "--mesh", at("mesh.npz"), "--images", at("images.npy"), "--out", at("y.npz"));
        assertEquals(1, other.status());
        assertTrue(other.err().contains("The checkpoint is RemoCap-S, HRNet-W4, SD + MD, clips of 4 frames; the model is RemoCap-L, HRNet-W64"), other.err());
        assertTrue(other.err().contains("--config"), other.err());
        assertFalse(Files.exists(folder.resolve("y.npz")));
        Path config = Files.writeString(folder.resolve("typo.yaml"), "widht: 4\n");
        Result typo = remocap("forward", "--checkpoint", at("remocap.bin"), "--config", config.toString(), "--mesh", at("mesh.npz"), "--images",
            at("images.npy"), "--out", at("y.npz"));
        assertEquals(1, typo.status());
        assertTrue(typo.err().contains("typo.yaml: model config: unknown key 'widht'"), typo.err());
    }

    @Test
    void imagesThatDoNotFitAreNamed() throws Exception {
        NumpyWriter.writeNpy(folder.resolve("three.npy"), StoredTensor.ofFloats(Shape.of(3, 3, 64, 64), new float[3 * 3 * 64 * 64]));
        Result three = remocap("forward", "--checkpoint", at("remocap.bin"), "--config", at("remocap_config.json"), "--mesh", at("mesh.npz"), "--images",
            at("three.npy"), "--out", at("z.npz"));
        assertEquals(1, three.status());
        assertTrue(three.err().contains("three.npy: 3 images are no whole number of clips of 4"), three.err());
    }

    @Test
    void generateNamesWhatIsWrong() throws Exception {
        Result result = remocap("generate", "--out", at("generated"), "--size", "4");
        assertEquals(2, result.status());
        assertTrue(result.err().contains("size: expected 32 to 2048 pixels"), result.err());
    }

    @Test
    @Tag("slow")
    void runDrawsAFullSizeModelOnARealPicture() throws Exception {
        Path assets = Golden.shared("smpl");
        Path picture = Golden.shared("media/basketball1.png");
        RemoCap network = new RemoCap(io.github.remocap.model.Config.RELEASED);
        Path checkpoint = folder.resolve("full.rmc");
        try (Weights weights = DeterministicNumbers.fill(network, Golden.SEED + "/full")) {
            Map<String, StoredTensor> tensors = new LinkedHashMap<>();
            weights.specs().forEach((name, spec) -> tensors.put(name, new StoredTensor(spec.dtype(), spec.shape(), weights.values(name))));
            CheckpointWriter.write(checkpoint, tensors, Map.of());
        }
        Path out = folder.resolve("picture");
        Result run = remocap("run", "--checkpoint", checkpoint.toString(), "--assets", assets.toString(), "--input", picture.toString(), "--out",
            out.toString());
        assertEquals(0, run.status(), run.err());
        assertTrue(Files.exists(out.resolve("overlay/000000.png")) && Files.exists(out.resolve("mesh/000000.obj")));
        assertTrue(Files.readString(out.resolve("result.json")).contains("\"complete\" : true"));
    }
}

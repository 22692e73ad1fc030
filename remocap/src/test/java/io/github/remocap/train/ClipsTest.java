package io.github.remocap.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.model.Config;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clips from npz files, their order, and loading ahead. */
class ClipsTest {
    @TempDir
    private Path folder;

    @Test
    void orderIsAShuffleBySeedAndEpoch() {
        int[] order = ClipSource.order(50, 3, 0);
        assertArrayEquals(IntStream.range(0, 50).toArray(), Arrays.stream(order).sorted().toArray());
        assertArrayEquals(order, ClipSource.order(50, 3, 0));
        assertFalse(Arrays.equals(order, ClipSource.order(50, 3, 1)));
        assertFalse(Arrays.equals(order, ClipSource.order(50, 4, 0)));
    }

    @Test
    void clipsAreChannelsLastAndChecked() throws IOException {
        TinyRun tiny = new TinyRun(folder);
        Config model = TrainConfig.read(tiny.config("c", "optimizer: {learning_rate: 1}\ndata: {train: clips.npz}\n")).model();
        Path file = folder.resolve("clips.npz");
        try (NpzClips clips = NpzClips.open(List.of(file, file), model); NumpyFile npz = NumpyFile.open(file)) {
            assertEquals(2 * TinyRun.CLIPS, clips.size());
            Map<String, float[]> seventh = clips.load(TinyRun.CLIPS + 1);
            float[] images = npz.tensor("images").toFloats();
            for (int i = 0; i < seventh.get("images").length; i++) {
                int c = i % 3;
                int pixel = i / 3 % 1024;
                int image = i / 3 / 1024;
                assertEquals(images[((TinyRun.FRAMES + image) * 3 + c) * 1024 + pixel], seventh.get("images")[i]);
            }
            assertEquals(Shape.of(4, 14, 4), clips.shapes().get("joints_3d"));
            assertTrue(clips.describe(TinyRun.CLIPS + 1).endsWith("clips.npz, images 4 to 7"), clips.describe(6));
        }
        assertTrue(assertThrows(IOException.class, () -> NpzClips.open(List.of(folder.resolve("mesh.npz")), model)).getMessage()
            .contains("no array 'images'"));
        String message = assertThrows(IOException.class, () -> NpzClips.open(List.of(file), Config.RELEASED)).getMessage();
        assertTrue(message.contains("images must be (N,3,H,W) with N a multiple of 8"), message);
    }

    /** Clips whose only array is their number; odd ones load slowly. */
    private static final class Numbers implements ClipSource {
        @Override
        public int size() {
            return 20;
        }

        @Override
        public Map<String, Shape> shapes() {
            return Map.of("n", Shape.of(1));
        }

        @Override
        public Map<String, float[]> load(int clip) throws IOException {
            try {
                Thread.sleep(clip % 2 * 3L);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            if (clip == 13) {
                throw new IOException("clip 13 is unreadable");
            }
            return Map.of("n", new float[clip == 17 ? 2 : 1]);
        }

        @Override
        public String describe(int clip) {
            return "number " + clip;
        }

        @Override
        public void close() {
        }
    }

    @Test
    void batchesComeInOrderFromAnyPositionAndFailuresArrive() throws IOException {
        int[] order = IntStream.range(0, 13).toArray();
        List<Integer> seen = new ArrayList<>();
        try (BatchLoader loader = new BatchLoader(new Numbers(), BatchLoader.cut(order, 2, 2), 3, 4, 0)) {
            while (!loader.isDone()) {
                Arrays.stream(loader.next().clips()).forEach(seen::add);
            }
        }
        assertEquals(IntStream.range(4, 12).boxed().toList(), seen); // the thirteenth fills no batch
        try (BatchLoader loader = new BatchLoader(new Numbers(), List.of(new int[] {12}, new int[] {13}, new int[] {17}), 2, 3, 0)) {
            assertEquals(12, loader.next().clips()[0]);
            assertEquals("clip 13 is unreadable", assertThrows(IOException.class, loader::next).getMessage());
            assertEquals("number 17: n must be [1]", assertThrows(IOException.class, loader::next).getMessage());
        }
    }
}

package io.github.remocap.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.data.TsvWriter.Encoding;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TsvImagesTest {
    @TempDir
    private Path folder;

    private static Annotation annotation(int i) {
        float[] joints2d = new float[72];
        float[] joints3d = new float[96];
        float[] pose = new float[72];
        float[] betas = new float[10];
        for (int k = 0; k < 96; k++) {
            joints3d[k] = (float) Math.sin(k + i);
            if (k < 72) {
                joints2d[k] = 100 * (float) Math.cos(k * i + 0.1);
                pose[k] = (float) Math.sin(k * 0.3 + i);
            }
        }
        betas[3] = 0.1f * i;
        return new Annotation("seq/image_%05d.jpg".formatted(i), "seq", i % 2, i, new float[] {20.5f + i, 11.25f}, 0.1f + i, joints2d, joints3d, pose, betas, true,
            true, true, "female");
    }

    private static BufferedImage picture(int i) {
        BufferedImage image = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
        for (int p = 0; p < 1200; p++) {
            image.setRGB(p % 40, p / 40, (p * 7919 + i * 104729) & 0xFFFFFF);
        }
        return image;
    }

    private Path write(String name, int rows, Encoding encoding) throws IOException {
        try (TsvWriter writer = new TsvWriter(folder, name, encoding, 30)) {
            for (int i = 0; i < rows; i++) {
                writer.add(annotation(i), picture(i));
            }
            return writer.finish();
        }
    }

    private void replace(String file, String from, String to) throws IOException {
        Path path = folder.resolve(file);
        String text = Files.readString(path);
        assertTrue(text.contains(from), from);
        Files.writeString(path, text.replace(from, to));
        Files.deleteIfExists(TsvFile.indexOf(path));
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        try (TsvImages images = TsvImages.open(write("set", 5, Encoding.PNG))) {
            assertEquals(5, images.size());
            assertEquals(30, images.framesPerSecond());
            for (int i = 4; i >= 0; i--) {
                Annotation expected = annotation(i);
                Annotation found = images.annotation(i);
                assertEquals(expected.place(), found.place());
                assertEquals(expected.place(), images.place(i));
                assertArrayEquals(expected.joints2d(), found.joints2d());
                assertArrayEquals(expected.joints3d(), found.joints3d());
                assertArrayEquals(expected.pose(), found.pose());
                assertArrayEquals(expected.betas(), found.betas());
                assertArrayEquals(expected.center(), found.center());
                assertEquals(expected.scale(), found.scale());
                assertEquals("female", found.gender());
                assertEquals(picture(i).getRGB(17, 5), images.image(i).getRGB(17, 5));
            }
        }
        assertFalse(Files.exists(folder.resolve("set.img.tsv.tmp")));
        assertEquals("[{\"height\": 30, \"width\": 40}]", Files.readAllLines(folder.resolve("set.hw.tsv")).get(2).split("\t", -1)[1]);
        try (TsvImages images = TsvImages.open(folder.resolve("set.img.tsv"))) {
            assertEquals(5, images.size());
        }
    }

    @Test
    void anUnfinishedSetLeavesNothing() throws IOException {
        try (TsvWriter writer = new TsvWriter(folder, "half", Encoding.JPEG, Double.NaN)) {
            writer.add(annotation(0), picture(0));
        }
        try (var files = Files.list(folder)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @Test
    void aMissingIndexIsBuiltAndAWrongOneRefused() throws IOException {
        Path yaml = write("set", 4, Encoding.PNG);
        Path index = folder.resolve("set.label.lineidx");
        byte[] before = Files.readAllBytes(index);
        Files.delete(index);
        TsvImages.open(yaml).close();
        assertArrayEquals(before, Files.readAllBytes(index));
        Files.writeString(index, "0\n17\n");
        String message = assertThrows(IOException.class, () -> TsvImages.open(yaml)).getMessage();
        assertTrue(message.contains(index.toString()) && message.contains("row 1"), message);
        Files.write(index, java.util.Arrays.copyOf(before, new String(before, StandardCharsets.US_ASCII).indexOf('\n', 4) + 1));
        String old = assertThrows(IOException.class, () -> TsvImages.open(yaml)).getMessage();
        assertTrue(old.contains(index.toString()) && old.contains("has more"), old);
    }

    /** The files as METRO's tools write them: spaces in JSON, no sequence, floats for flags, gender missing, an old column in between. */
    @Test
    void theReferencesFilesAreRead() throws IOException {
        String joints2 = "[[" + "[1.5, 2, 1.0], ".repeat(23) + "[3, 4, 0]]]";
        String joints3 = "[[" + "[0.25, 2, -1.0, 1.0], ".repeat(23) + "[3, 4, 0, 1]]]";
        String label = "[{\"center\": [320.5, 100], \"scale\": 1.75, \"2d_joints\": " + joints2 + ", \"has_2d_joints\": 1, \"3d_joints\": " + joints3
            + ", \"has_3d_joints\": 1, \"pose\": [" + "0.0, ".repeat(71) + "0.0], \"betas\": [" + "0, ".repeat(9) + "0], \"has_smpl\": 0}]";
        String picture = java.util.Base64.getEncoder().encodeToString(TsvWriter.encode(picture(1), Encoding.JPEG));
        Files.writeString(folder.resolve("a.label.tsv"), "images/S9_Walking_1.54138969_000006.jpg\t" + label + "\nb/2.jpg\t" + label + "\nb/3.jpg\t[]\n");
        Files.writeString(folder.resolve("a.img.tsv"), "images/S9_Walking_1.54138969_000006.jpg\told\t" + picture + "\nb/2.jpg\t" + picture + "\nb/3.jpg\t"
            + picture + "\n");
        Files.writeString(folder.resolve("a.linelist.tsv"), "1\n0\n");
        Files.writeString(folder.resolve("a.yaml"), "img: a.img.tsv\nhw: a.hw.tsv\nlabel: a.label.tsv\nlinelist: a.linelist.tsv\n");
        try (TsvImages images = TsvImages.open(folder.resolve("a.yaml"))) {
            assertEquals(2, images.size());
            assertEquals(new Annotation.Place("b/2.jpg", "b", Annotation.UNKNOWN, 2), images.place(0));
            Annotation a = images.annotation(1);
            assertEquals("S9_Walking_1.54138969", a.sequence());
            assertEquals(6, a.frame());
            assertEquals(-1f, a.joints3d()[2]);
            assertEquals(0f, a.joints2d()[71]);
            assertEquals("none", a.gender());
            assertEquals(40, images.image(1).getWidth());
            assertTrue(Double.isNaN(images.framesPerSecond()));
        }
    }

    @Test
    void compositeSets() throws IOException {
        write("one", 3, Encoding.PNG);
        write("two", 2, Encoding.PNG);
        Files.writeString(folder.resolve("both.linelist.tsv"), "1\t1\n0\t2\n1\t0\n");
        Path yaml = Files.writeString(folder.resolve("both.yaml"),
            "composite: true\nimg: [one.img.tsv, two.img.tsv]\nlabel: [one.label.tsv, two.label.tsv]\nlinelist: both.linelist.tsv\n");
        try (TsvImages images = TsvImages.open(yaml)) {
            assertEquals(3, images.size());
            assertEquals(1, images.annotation(0).frame());
            assertEquals(2, images.annotation(1).frame());
            assertEquals("1:seq", images.place(0).sequence());
            assertEquals("0:seq", images.place(1).sequence());
            assertEquals(picture(2).getRGB(3, 3), images.image(1).getRGB(3, 3));
        }
        Files.writeString(folder.resolve("both.linelist.tsv"), "2\t1\n");
        String message = assertThrows(IOException.class, () -> TsvImages.open(yaml)).getMessage();
        assertTrue(message.contains("both.linelist.tsv") && message.contains("'2\t1'"), message);
    }

    @Test
    void damageNamesFileRowAndKey() throws IOException {
        Path yaml = write("set", 3, Encoding.JPEG);
        replace("set.label.tsv", "\"scale\":1.1", "\"scale\":NaN");
        try (TsvImages images = TsvImages.open(yaml)) {
            images.annotation(0);
            String message = assertThrows(DamagedRowException.class, () -> images.annotation(1)).getMessage();
            assertEquals(folder.resolve("set.label.tsv") + ", row 1, key seq/image_00001.jpg: scale must be a finite number above 0, not NaN", message);
        }
        replace("set.label.tsv", "\"scale\":NaN,", "");
        damaged(yaml, "scale must have 1 numbers; it is missing");
        replace("set.label.tsv", "\"center\":[21.5,", "\"center\":[");
        damaged(yaml, "center must have 2 numbers, found 1");
        replace("set.label.tsv", "\"center\":[11.25", "\"center\":[\"x\"");
        damaged(yaml, "center must be numbers, not \"x\"");
        replace("set.label.tsv", "\"track\":1,", "");
        replace("set.label.tsv", "[{\"sequence\":\"seq\",\"frame\":1", "[{\"sequence\"=");
        damaged(yaml, "label is no JSON");
    }

    private void damaged(Path yaml, String what) throws IOException {
        try (TsvImages images = TsvImages.open(yaml)) {
            String message = assertThrows(DamagedRowException.class, () -> images.annotation(1)).getMessage();
            assertTrue(message.contains("row 1, key seq/image_00001.jpg: " + what), message);
        }
    }

    @Test
    void damagedPictures() throws IOException {
        Path yaml = write("set", 2, Encoding.JPEG);
        String row = Files.readAllLines(folder.resolve("set.img.tsv")).get(1);
        String base64 = row.substring(row.indexOf('\t') + 1);
        for (String[] change : new String[][] {{base64.substring(0, 40) + "!!" + base64.substring(42), "no base64"}, {base64.substring(0, 200), "damaged"},
            {java.util.Base64.getEncoder().encodeToString("hello".getBytes(StandardCharsets.UTF_8)), "not a picture"}, {"", "no picture"}}) {
            String before = Files.readString(folder.resolve("set.img.tsv"));
            replace("set.img.tsv", base64, change[0]);
            try (TsvImages images = TsvImages.open(yaml)) {
                String message = assertThrows(DamagedRowException.class, () -> images.image(1)).getMessage();
                assertTrue(message.contains("set.img.tsv, row 1, key seq/image_00001.jpg") && message.contains(change[1]), message);
                assertEquals(40, images.image(0).getWidth());
            }
            Files.writeString(folder.resolve("set.img.tsv"), before);
        }
        replace("set.img.tsv", "seq/image_00001.jpg", "seq/image_00002.jpg");
        try (TsvImages images = TsvImages.open(yaml)) {
            String message = assertThrows(DamagedRowException.class, () -> images.image(1)).getMessage();
            assertTrue(message.contains("not of the same rows"), message);
        }
    }

    /** Rows behind 2 GB and 4 GB of a file that is mostly a hole. */
    @Test
    void filesBeyondTwoGigabytes() throws IOException {
        Path big = folder.resolve("big.tsv");
        long[] starts = {0, (1L << 31) + 5, (1L << 32) + 77};
        try (RandomAccessFile out = new RandomAccessFile(big.toFile(), "rw")) {
            for (int i = 0; i < 3; i++) {
                out.seek(Math.max(0, starts[i] - 1));
                out.write(((i > 0 ? "\n" : "") + "key" + i + "\tvalue" + i + "\t").getBytes(StandardCharsets.UTF_8));
            }
            out.write("end\n".getBytes(StandardCharsets.UTF_8));
        }
        Files.writeString(TsvFile.indexOf(big), "0\n" + starts[1] + "\n" + starts[2] + "\n");
        try (TsvFile file = TsvFile.open(big)) {
            assertEquals(3, file.rows());
            assertEquals("key1", file.key(1));
            assertEquals("key2", file.key(2));
            assertArrayEquals("value1".getBytes(StandardCharsets.UTF_8), file.second(1));
            assertArrayEquals("end".getBytes(StandardCharsets.UTF_8), file.last(2));
        }
    }
}

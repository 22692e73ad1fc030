package io.github.remocap.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FrameSourceTest {
    @TempDir
    private Path folder;

    private Path picture(String name, int type, int argb) throws IOException {
        BufferedImage image = new BufferedImage(3, 2, type);
        image.setRGB(1, 1, argb);
        Path file = folder.resolve(name);
        assertTrue(ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile()), name);
        return file;
    }

    @Test
    void namesAreInNaturalOrderAndOtherFilesAreLeftOut() throws IOException {
        for (String name : List.of("f10.png", "f2.PNG", "f1.jpg", "f010.bmp", "f02.jpeg")) {
            Files.createFile(folder.resolve(name));
        }
        Files.writeString(folder.resolve("notes.txt"), "x");
        Files.writeString(folder.resolve(".f3.png"), "x");
        Files.createDirectory(folder.resolve("dir.png"));
        FrameSource source = FrameSource.open(folder);
        List<String> names = IntStream.range(0, source.size()).mapToObj(source::fileName).toList();
        assertEquals(List.of("f1.jpg", "f2.PNG", "f02.jpeg", "f010.bmp", "f10.png"), names);
    }

    @Test
    void naturalOrderIsAnOrder() {
        List<String> sorted = Stream.of("a", "a1", "a01", "a1b", "a2", "a12345678901234567890", "b", "", "0", "00", "a1-2", "a1-10")
                .sorted(FrameSource::natural).toList();
        assertEquals(List.of("", "0", "00", "a", "a01", "a1", "a1-2", "a1-10", "a1b", "a2", "a12345678901234567890", "b"), sorted);
        for (String x : sorted) {
            for (String y : sorted) {
                assertEquals(Integer.signum(FrameSource.natural(x, y)), -Integer.signum(FrameSource.natural(y, x)), x + " " + y);
            }
        }
    }

    @Test
    void coloursGreyAndAlphaAreReadAsStored() throws IOException {
        int orange = 0xFFF08010;
        picture("1.png", BufferedImage.TYPE_INT_RGB, orange);
        picture("2.bmp", BufferedImage.TYPE_3BYTE_BGR, orange);
        picture("3.png", BufferedImage.TYPE_INT_ARGB, 0x40F08010);
        BufferedImage grey = new BufferedImage(3, 2, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSample(1, 1, 0, 100);
        ImageIO.write(grey, "png", folder.resolve("4.png").toFile());
        BufferedImage deep = new BufferedImage(3, 2, BufferedImage.TYPE_USHORT_GRAY);
        deep.getRaster().setSample(1, 1, 0, 100 * 256 + 200);
        ImageIO.write(deep, "png", folder.resolve("5.png").toFile());
        BufferedImage bits = new BufferedImage(3, 2, BufferedImage.TYPE_BYTE_BINARY);
        bits.getRaster().setSample(1, 1, 0, 1);
        ImageIO.write(bits, "png", folder.resolve("6.png").toFile());
        FrameSource source = FrameSource.open(folder);
        int[] expected = {orange, orange, orange, 0xFF646464, 0xFF646464, 0xFFFFFFFF};
        for (int i = 0; i < expected.length; i++) {
            Frame frame = source.read(i);
            assertEquals(3, frame.width());
            assertEquals(2, frame.height());
            assertEquals(Integer.toHexString(expected[i]), Integer.toHexString(frame.argb()[4]), source.fileName(i));
            assertEquals(255, frame.argb()[0] >>> 24);
        }
    }

    @Test
    void aGreyJpegKeepsItsBrightness() throws IOException {
        BufferedImage grey = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 256; i++) {
            grey.getRaster().setSample(i % 16, i / 16, 0, 100);
        }
        Path file = folder.resolve("g.jpg");
        ImageIO.write(grey, "jpg", file.toFile());
        assertEquals(100, FrameSource.open(file).read(0).argb()[40] & 255, 1);
    }

    @Test
    void badFilesAreNamed() throws IOException {
        Path good = picture("a.png", BufferedImage.TYPE_INT_RGB, -1);
        byte[] bytes = Files.readAllBytes(good);
        Path cut = Files.write(folder.resolve("cut.png"), Arrays.copyOf(bytes, 30));
        Path text = Files.writeString(folder.resolve("text.jpg"), "no picture");
        byte[] large = bytes.clone();
        large[17] = 1; // IHDR: 65536 + 3 columns
        large[21] = 1; // and rows
        Path claim = Files.write(folder.resolve("claim.png"), large);
        String huge = assertThrows(InputException.class, () -> FrameSource.open(claim).read(0)).getMessage();
        assertTrue(huge.contains("claim.png: claims to have 65539x65538 pixels"), huge);
        for (Path file : List.of(cut, text)) {
            FrameSource source = FrameSource.open(file);
            String message = assertThrows(InputException.class, () -> source.read(0)).getMessage();
            assertTrue(message.startsWith(file.toString()) && message.contains("expected a PNG"), message);
        }
        Path none = folder.resolve("none");
        assertTrue(assertThrows(InputException.class, () -> FrameSource.open(none)).getMessage().contains("no such file"));
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertTrue(assertThrows(InputException.class, () -> FrameSource.open(empty)).getMessage().contains("no pictures"));
    }

    @Test
    void pngKeepsEveryPixel() {
        int[] argb = IntStream.range(0, 35).map(i -> 0xFF000000 | i * 123457).toArray();
        Frame frame = new Frame(7, 5, argb);
        byte[] bytes = Png.encode(frame);
        assertArrayEquals(argb, FrameSource.decode(Path.of("memory.png"), bytes).argb());
        assertArrayEquals(bytes, Png.encode(frame.copy()));
    }
}

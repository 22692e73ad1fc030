package io.github.remocap.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * The frames of a video as a folder of pictures (png, jpg, jpeg, bmp; other files are ignored) in natural order
 * ({@code 2.png} before {@code 10.png}), or a single picture. A frame is read when it is asked for; any thread may ask.
 *
 * <p>Colours are read as OpenCV's {@code IMREAD_COLOR} does, which the reference uses: grey is repeated in all channels, alpha
 * is dropped, of 16 bits a channel the upper 8 remain. A rotation in EXIF is not applied.
 */
public final class FrameSource {
    private static final Set<String> TYPES = Set.of("png", "jpg", "jpeg", "bmp");
    private static final String EXPECTED = "a PNG, JPEG or BMP picture";

    private static final int MOST_PIXELS = 1 << 26; // twice an 8K frame

    private final Path input;
    private final List<Path> files;

    private FrameSource(Path input, List<Path> files) {
        this.input = input;
        this.files = files;
    }

    /** @throws InputException if there is no such file or folder, or a folder has no picture */
    public static FrameSource open(Path input) {
        if (Files.isRegularFile(input)) {
            return new FrameSource(input, List.of(input));
        }
        if (!Files.isDirectory(input)) {
            throw InputException.of(input, "no such file or folder", "a folder of pictures or " + EXPECTED);
        }
        try (Stream<Path> list = Files.list(input)) {
            List<Path> files = list.filter(FrameSource::isPicture).sorted(Comparator.comparing(FrameSource::name, FrameSource::natural)).toList();
            if (files.isEmpty()) {
                throw InputException.of(input, "no pictures in this folder", "files that end in .png, .jpg, .jpeg or .bmp");
            }
            return new FrameSource(input, files);
        } catch (IOException e) {
            throw InputException.of(input, "cannot be listed", "a readable folder of pictures", e);
        }
    }

    private static boolean isPicture(Path file) {
        String name = name(file);
        return !name.startsWith(".") && TYPES.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT))
                && Files.isRegularFile(file);
    }

    private static String name(Path file) {
        Path name = file.getFileName();
        return name == null ? "" : name.toString();
    }

    /** Runs of digits compare as numbers, everything else by character; ties fall back to plain order. */
    static int natural(String a, String b) {
        int i = 0;
        int j = 0;
        while (i < a.length() && j < b.length()) {
            if (isDigit(a.charAt(i)) && isDigit(b.charAt(j))) {
                int endA = digits(a, i);
                int endB = digits(b, j);
                String na = a.substring(i, endA).replaceFirst("^0+(?=.)", "");
                String nb = b.substring(j, endB).replaceFirst("^0+(?=.)", "");
                int order = na.length() != nb.length() ? Integer.compare(na.length(), nb.length()) : na.compareTo(nb);
                if (order != 0) {
                    return order;
                }
                i = endA;
                j = endB;
            } else {
                int order = Character.compare(a.charAt(i++), b.charAt(j++));
                if (order != 0) {
                    return order;
                }
            }
        }
        int order = Integer.compare(a.length() - i, b.length() - j);
        return order != 0 ? order : a.compareTo(b);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static int digits(String s, int from) {
        int end = from;
        while (end < s.length() && isDigit(s.charAt(end))) {
            end++;
        }
        return end;
    }

    /** What was opened. */
    public Path input() {
        return input;
    }

    /** The number of frames. */
    public int size() {
        return files.size();
    }

    /** The file of frame {@code index}. */
    public Path file(int index) {
        return files.get(index);
    }

    /** The name of that file, without folders. */
    public String fileName(int index) {
        return name(file(index));
    }

    /** The bytes of frame {@code index}'s file. @throws InputException if it cannot be read */
    public byte[] bytes(int index) {
        try {
            return Files.readAllBytes(file(index));
        } catch (IOException e) {
            throw InputException.of(file(index), "cannot be read", EXPECTED, e);
        }
    }

    /** Reads frame {@code index}. @throws InputException if it is no picture or a damaged one */
    public Frame read(int index) {
        return decode(file(index), bytes(index));
    }

    /** Decodes a picture's bytes; {@code file} is named in errors. @throws InputException if they are no picture or a damaged one */
    public static Frame decode(Path file, byte[] bytes) {
        BufferedImage image = null;
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (readers.hasNext()) {
                ImageReader reader = readers.next();
                try {
                    reader.setInput(in, true, true);
                    requireModest(file, reader.getWidth(0), reader.getHeight(0));
                    image = reader.read(0);
                } finally {
                    reader.dispose();
                }
            }
        } catch (InputException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // decoders throw unchecked exceptions on damaged files, too
            throw InputException.of(file, "cannot be decoded", EXPECTED, e);
        }
        if (image == null) {
            throw InputException.of(file, "not a picture", EXPECTED);
        }
        return frame(image);
    }

    /** A damaged header must not make us reserve gigabytes. */
    private static void requireModest(Path file, int width, int height) {
        if ((long) width * height > MOST_PIXELS) {
            throw InputException.of(file, "claims to have " + width + "x" + height + " pixels", "at most " + MOST_PIXELS + " pixels");
        }
    }

    /** The pixels of a picture as {@link #read} gives them. */
    public static Frame frame(BufferedImage image) {
        int w = image.getWidth();
        int h = image.getHeight();
        int[] argb = new int[w * h];
        // getRGB() takes grey for linear light and would brighten it, so grey is read from the raster.
        if (image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY && !(image.getColorModel() instanceof IndexColorModel)) {
            Raster raster = image.getRaster();
            int bits = raster.getSampleModel().getSampleSize(0);
            int max = (1 << Math.min(bits, 8)) - 1;
            int[] row = new int[w];
            for (int y = 0; y < h; y++) {
                raster.getSamples(0, y, w, 1, 0, row);
                for (int x = 0; x < w; x++) {
                    int grey = (bits > 8 ? row[x] >> (bits - 8) : row[x]) * 255 / max;
                    argb[y * w + x] = grey * 0x010101;
                }
            }
        } else {
            image.getRGB(0, 0, w, h, argb, 0, w);
        }
        for (int i = 0; i < argb.length; i++) {
            argb[i] |= 0xFF000000;
        }
        return new Frame(w, h, argb);
    }
}

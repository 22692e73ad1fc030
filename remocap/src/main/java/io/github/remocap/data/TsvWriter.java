package io.github.remocap.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.remocap.io.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Writes a data set in the layout of METRO, FastMETRO and PointHMR, which their readers take as well: {@code name.img.tsv},
 * {@code name.hw.tsv}, {@code name.label.tsv}, {@code name.linelist.tsv}, a {@code .lineidx} for each, and {@code name.yaml}. Labels also
 * say {@code sequence}, {@code track} and {@code frame}, which other readers ignore. Nothing has its final name before {@link #finish}.
 */
public final class TsvWriter implements Closeable {
    /** How pictures are stored. Both are read by everybody; PNG loses nothing. */
    public enum Encoding { JPEG, PNG }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final float JPEG_QUALITY = 0.95f; // OpenCV's default, which the reference uses

    private final Path folder;
    private final String name;
    private final Encoding encoding;
    private final double framesPerSecond;
    private final List<TsvFileWriter> files = new ArrayList<>();
    private final TsvFileWriter img;
    private final TsvFileWriter hw;
    private final TsvFileWriter label;
    private final TsvFileWriter linelist;
    private int rows;

    /**
     * Begins a data set.
     *
     * @param folder is made if it is not there
     * @param name of the data set, the beginning of all file names
     * @param framesPerSecond of the rows of a track; NaN where unknown
     */
    public TsvWriter(Path folder, String name, Encoding encoding, double framesPerSecond) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.name = name;
        this.encoding = encoding;
        this.framesPerSecond = framesPerSecond;
        try {
            img = file("img");
            hw = file("hw");
            label = file("label");
            linelist = file("linelist");
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private TsvFileWriter file(String kind) throws IOException {
        TsvFileWriter writer = new TsvFileWriter(folder.resolve(name + "." + kind + ".tsv"));
        files.add(writer);
        return writer;
    }

    /** The file that names the others; it is what readers open. */
    public Path yaml() {
        return folder.resolve(name + ".yaml");
    }

    /** Rows so far. */
    public int rows() {
        return rows;
    }

    /** Appends a row, the picture encoded as this data set's are. */
    public void add(Annotation annotation, BufferedImage image) throws IOException {
        add(annotation, encode(image, encoding), image.getWidth(), image.getHeight());
    }

    /**
     * Appends a row with a picture that is encoded already.
     *
     * @param file a JPEG or PNG file's bytes
     * @param width in pixels
     * @param height in pixels
     */
    public void add(Annotation annotation, byte[] file, int width, int height) throws IOException {
        String key = annotation.image();
        img.row(key, Base64.getEncoder().encodeToString(file));
        hw.row(key, "[{\"height\": " + height + ", \"width\": " + width + "}]");
        label.row(key, label(annotation));
        linelist.row(Integer.toString(rows++));
    }

    /** A label's JSON. Numbers are written so that the same floats are read back. */
    static String label(Annotation a) {
        ArrayNode labels = JSON.createArrayNode();
        ObjectNode o = labels.addObject();
        o.put("sequence", a.sequence()); // these three come first: readers look for them in all rows before anything else
        if (a.track() != Annotation.UNKNOWN) {
            o.put("track", a.track());
        }
        o.put("frame", a.frame());
        o.set("center", numbers(a.center(), 0, 2));
        o.put("scale", a.scale());
        o.putArray("2d_joints").add(joints(a.joints2d(), 3));
        o.put("has_2d_joints", a.has2d() ? 1 : 0);
        o.putArray("3d_joints").add(joints(a.joints3d(), 4));
        o.put("has_3d_joints", a.has3d() ? 1 : 0);
        o.put("gender", a.gender());
        o.set("pose", numbers(a.pose(), 0, Annotation.POSE));
        o.set("betas", numbers(a.betas(), 0, Annotation.BETAS));
        o.put("has_smpl", a.hasSmpl() ? 1 : 0);
        return labels.toString();
    }

    private static ArrayNode joints(float[] values, int width) {
        ArrayNode rows = JSON.createArrayNode();
        for (int from = 0; from < values.length; from += width) {
            rows.add(numbers(values, from, from + width));
        }
        return rows;
    }

    private static ArrayNode numbers(float[] values, int from, int to) {
        ArrayNode numbers = JSON.createArrayNode();
        for (int i = from; i < to; i++) {
            numbers.add(values[i]);
        }
        return numbers;
    }

    /** The picture as a file's bytes. */
    public static byte[] encode(BufferedImage image, Encoding encoding) throws IOException {
        BufferedImage rgb = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
        rgb.setRGB(0, 0, image.getWidth(), image.getHeight(), image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()), 0,
            image.getWidth());
        ImageWriter writer = ImageIO.getImageWritersByFormatName(encoding == Encoding.PNG ? "png" : "jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam settings = writer.getDefaultWriteParam();
            if (encoding == Encoding.JPEG) {
                settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                settings.setCompressionQuality(JPEG_QUALITY);
            }
            writer.write(null, new IIOImage(rgb, null, null), settings);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    /**
     * Completes the data set: files get their names, the YAML file last.
     *
     * @return the YAML file
     */
    public Path finish() throws IOException {
        for (TsvFileWriter file : files) {
            file.finish();
        }
        StringBuilder yaml = new StringBuilder();
        for (String kind : new String[] {"img", "hw", "label", "linelist"}) {
            yaml.append(kind).append(": ").append(quoted(name + "." + kind + ".tsv")).append('\n');
        }
        if (!Double.isNaN(framesPerSecond)) {
            yaml.append("fps: ").append(framesPerSecond).append('\n');
        }
        byte[] bytes = yaml.toString().getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(yaml(), channel -> {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        });
        return yaml();
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** Removes the files of a data set that was not finished. */
    @Override
    public void close() throws IOException {
        for (TsvFileWriter file : files) {
            file.close();
        }
    }
}

package io.github.remocap.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.remocap.render.ObjWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A clip as the viewer's script reads it. Coordinates are rounded to 65535 steps of the clip's bounding box along each axis: 0.03 mm for a
 * person who stays within two metres. What is kept of a frame is the difference from the one before, modulo 2^16, low byte first: people
 * move little between frames, so that this compresses well (gzip).
 *
 * @param frames T
 * @param vertices V
 * @param origin x, y, z of step 0 in metres; x right, y up, z towards the viewer
 * @param step metres of a step along x, y, z
 * @param faces base64 of gzip of [F, 3] 32-bit numbers, low byte first
 * @param predicted base64 of gzip of [T, V, 3] differences
 * @param truth the same, or null
 * @param pictures one for each frame, or none
 */
@SuppressWarnings("ArrayRecordComponent")
record ClipData(String name, double framesPerSecond, int frames, int vertices, double[] origin, double[] step, String faces,
    String predicted, @Nullable String truth, List<Photo> pictures, List<String> frameNames) {
    private static final int STEPS = 65535;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A picture's words and data: address. */
    record Photo(String label, String url) {
    }

    static ClipData of(Clip clip) {
        float[] truth = clip.truth();
        double[] least = new double[3];
        double[] greatest = new double[3];
        double[] origin = new double[3];
        double[] step = new double[3];
        for (int k = 0; k < 3; k++) {
            least[k] = Double.POSITIVE_INFINITY;
            greatest[k] = Double.NEGATIVE_INFINITY;
        }
        grow(least, greatest, clip.predicted());
        if (truth != null) {
            grow(least, greatest, truth);
        }
        for (int k = 0; k < 3; k++) {
            // Half a turn about x makes the camera's axes upright; the other end of the box is then the least.
            boolean turned = k > 0 && clip.axes() == ObjWriter.Axes.CAMERA;
            step[k] = (turned ? -1 : 1) * Math.max(greatest[k] - least[k], 1e-6) / STEPS;
            origin[k] = turned ? -least[k] : least[k];
        }
        byte[] faces = new byte[4 * clip.faces().length];
        for (int i = 0; i < clip.faces().length; i++) {
            for (int b = 0; b < 4; b++) {
                faces[4 * i + b] = (byte) (clip.faces()[i] >> 8 * b);
            }
        }
        return new ClipData(clip.name(), clip.framesPerSecond(), clip.frames(), clip.vertexCount(), origin, step, pack(faces),
            pack(differences(clip.predicted(), least, step, 3 * clip.vertexCount())),
            truth == null ? null : pack(differences(truth, least, step, 3 * clip.vertexCount())),
            clip.pictures().stream().map(p -> new Photo(p.label(), p.url())).toList(), clip.frameNames());
    }

    /** JSON that may stand inside a script element. */
    String toJson() {
        try {
            return JSON.writeValueAsString(this).replace("<", "\\u003c");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void grow(double[] least, double[] greatest, float[] values) {
        for (int i = 0; i < values.length; i++) {
            least[i % 3] = Math.min(least[i % 3], values[i]);
            greatest[i % 3] = Math.max(greatest[i % 3], values[i]);
        }
    }

    private static byte[] differences(float[] values, double[] least, double[] step, int row) {
        byte[] bytes = new byte[2 * values.length];
        int[] before = new int[row];
        for (int i = 0; i < values.length; i++) {
            int now = (int) Math.round((values[i] - least[i % 3]) / Math.abs(step[i % 3]));
            int difference = now - before[i % row];
            before[i % row] = now;
            bytes[2 * i] = (byte) difference;
            bytes[2 * i + 1] = (byte) (difference >> 8);
        }
        return bytes;
    }

    private static String pack(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream(bytes.length / 2 + 64);
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Base64.getEncoder().encodeToString(packed.toByteArray());
    }
}

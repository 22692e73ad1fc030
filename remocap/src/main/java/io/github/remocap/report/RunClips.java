package io.github.remocap.report;

import io.github.remocap.image.InputException;
import io.github.remocap.run.ResultFile;
import io.github.remocap.run.RunResult;
import io.github.remocap.run.RunResult.FrameResult;
import java.awt.Graphics2D;
import java.awt.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** The output of {@code remocap run} as a clip: its OBJ files, and its overlays beside them. */
public final class RunClips {
    /** Longer side of a picture beside the mesh, in pixels. */
    private static final int PICTURE = 640;

    private RunClips() {
    }

    /**
     * Reads a run's frames, those that are done if it was stopped.
     *
     * @param folder with result.json
     * @param framesPerSecond of the video, above 0
     * @param pictures whether the overlays come along, made smaller
     * @param progress told the number of frames read, after each
     * @throws InputException if a file is missing or not what result.json says
     */
    public static Clip read(Path folder, double framesPerSecond, boolean pictures, IntConsumer progress) {
        Path file = folder.resolve(ResultFile.NAME);
        RunResult result = ResultFile.read(folder).orElseThrow(() -> InputException.of(file, "no such file", "the output folder of 'remocap run'"));
        List<FrameResult> frames = result.frames();
        if (frames.isEmpty()) {
            throw InputException.of(file, "field frames", "no frame is done", "at least one");
        }
        int vertices = result.mesh().vertices();
        float[] all = new float[Math.multiplyExact(frames.size(), 3 * vertices)];
        int @Nullable [] faces = null;
        List<Picture> overlays = new ArrayList<>();
        for (int f = 0; f < frames.size(); f++) {
            FrameResult frame = frames.get(f);
            Path obj = folder.resolve(frame.mesh().file());
            ObjMesh mesh = ObjMesh.parse(obj, new String(bytes(obj), StandardCharsets.US_ASCII));
            if (mesh.vertices().length != 3 * vertices) {
                throw InputException.of(obj, mesh.vertices().length / 3 + " vertices", vertices + " as in " + ResultFile.NAME);
            }
            if (faces != null && !Arrays.equals(faces, mesh.faces())) {
                throw InputException.of(obj, "other faces than in the frames before", "the same mesh in every frame");
            }
            faces = mesh.faces();
            System.arraycopy(mesh.vertices(), 0, all, f * 3 * vertices, 3 * vertices);
            if (pictures) {
                overlays.add(smaller(folder.resolve(frame.overlay().file()), "frame " + frame.index() + " with the mesh over it"));
            }
            progress.accept(f + 1);
        }
        if (faces == null) {
            throw new IllegalStateException("no frames");
        }
        return new Clip(result.input(), framesPerSecond, result.options().objAxes(), vertices, faces, all)
            .withFrameNames(frames.stream().map(FrameResult::file).toList()).withPictures(overlays);
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw InputException.of(file, "no such file", "the file that " + ResultFile.NAME + " names");
        } catch (IOException e) {
            throw InputException.of(file, "cannot be read", "the file that " + ResultFile.NAME + " names", e);
        }
    }

    private static Picture smaller(Path file, String label) {
        try {
            BufferedImage image = ImageIO.read(new ByteArrayInputStream(bytes(file)));
            if (image == null) {
                throw InputException.of(file, "no picture", "PNG");
            }
            double scale = Math.min(1, PICTURE / (double) Math.max(image.getWidth(), image.getHeight()));
            int w = Math.max(1, (int) Math.round(scale * image.getWidth()));
            int h = Math.max(1, (int) Math.round(scale * image.getHeight()));
            BufferedImage small = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = small.createGraphics();
            graphics.drawImage(scale < 1 ? image.getScaledInstance(w, h, Image.SCALE_AREA_AVERAGING) : image, 0, 0, null);
            graphics.dispose();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            if (!ImageIO.write(small, "jpg", out)) {
                throw new IllegalStateException("Java's JPEG writer is missing");
            }
            return new Picture(label, out.toByteArray());
        } catch (IOException e) {
            throw InputException.of(file, "damaged", "PNG", e);
        }
    }
}

package io.github.remocap.report;

import io.github.remocap.render.ObjWriter;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A moving mesh, with or without the truth beside it. Predicted and true vertices are compared where they are: who wants errors relative
 * to the pelvis centres both on it.
 *
 * @param name its heading
 * @param framesPerSecond at speed 1, above 0
 * @param axes of the vertices
 * @param vertexCount V, of one frame
 * @param faces [F * 3], vertex numbers from 0, counter-clockwise seen from outside
 * @param predicted [frames, V, 3] in metres
 * @param truth the same, or null
 * @param pictures one for each frame, shown beside the mesh; or none
 * @param frameNames one for each frame; or none: they are then numbered from 0
 */
@SuppressWarnings("ArrayRecordComponent")
public record Clip(String name, double framesPerSecond, ObjWriter.Axes axes, int vertexCount, int[] faces, float[] predicted,
    float @Nullable [] truth, List<Picture> pictures, List<String> frameNames) {

    /** @throws IllegalArgumentException if sizes do not fit, a face names a vertex that is not there, or a coordinate is not finite */
    public Clip {
        pictures = List.copyOf(pictures);
        frameNames = List.copyOf(frameNames);
        if (!(framesPerSecond > 0 && framesPerSecond <= 1000)) {
            throw new IllegalArgumentException(name + ": " + framesPerSecond + " frames per second; expected above 0, up to 1000");
        }
        if (vertexCount < 1 || predicted.length == 0 || predicted.length % (3L * vertexCount) != 0) {
            throw new IllegalArgumentException(name + ": " + predicted.length + " coordinates are no frames of " + vertexCount + " vertices");
        }
        int frames = predicted.length / (3 * vertexCount);
        if (truth != null && truth.length != predicted.length) {
            throw new IllegalArgumentException(name + ": " + truth.length + " true coordinates, " + predicted.length + " predicted ones");
        }
        if (faces.length == 0 || faces.length % 3 != 0) {
            throw new IllegalArgumentException(name + ": " + faces.length + " numbers in the faces; expected triples");
        }
        for (int face : faces) {
            if (face < 0 || face >= vertexCount) {
                throw new IllegalArgumentException(name + ": a face names vertex " + face + "; expected 0 to " + (vertexCount - 1));
            }
        }
        requireCount(name, "pictures", pictures.size(), frames);
        requireCount(name, "frame names", frameNames.size(), frames);
        requireFinite(name, "predicted", predicted, vertexCount);
        if (truth != null) {
            requireFinite(name, "true", truth, vertexCount);
        }
    }

    /** A clip of a prediction alone. */
    public Clip(String name, double framesPerSecond, ObjWriter.Axes axes, int vertexCount, int[] faces, float[] predicted) {
        this(name, framesPerSecond, axes, vertexCount, faces, predicted, null, List.of(), List.of());
    }

    /** This clip beside the truth, [frames, V, 3]. */
    public Clip withTruth(float[] values) {
        return new Clip(name, framesPerSecond, axes, vertexCount, faces, predicted, Objects.requireNonNull(values), pictures, frameNames);
    }

    /** This clip with a picture for each frame. */
    public Clip withPictures(List<Picture> values) {
        return new Clip(name, framesPerSecond, axes, vertexCount, faces, predicted, truth, values, frameNames);
    }

    /** This clip with a name for each frame. */
    public Clip withFrameNames(List<String> values) {
        return new Clip(name, framesPerSecond, axes, vertexCount, faces, predicted, truth, pictures, values);
    }

    /** Number of frames. */
    public int frames() {
        return predicted.length / (3 * vertexCount);
    }

    private static void requireCount(String name, String what, int count, int frames) {
        if (count != 0 && count != frames) {
            throw new IllegalArgumentException(name + ": " + count + " " + what + " for " + frames + " frames");
        }
    }

    private static void requireFinite(String name, String what, float[] values, int vertexCount) {
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IllegalArgumentException(name + ": the " + what + " vertex " + i / 3 % vertexCount + " of frame "
                    + i / 3 / vertexCount + " is not finite");
            }
        }
    }
}

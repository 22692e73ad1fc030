package io.github.remocap.report;

import io.github.remocap.image.InputException;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.render.ObjWriter;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;

/** Arrays of vertices as a clip. */
public final class NpzClips {
    private NpzClips() {
    }

    /**
     * Reads {@code vertices} (T,V,3) in metres, {@code faces} (F,3) counted from 0, and where it is there {@code truth} (T,V,3).
     *
     * @param axes of the vertices
     * @param framesPerSecond above 0
     * @throws InputException if an array is missing or its shape does not fit
     * @throws IOException if the file is damaged
     */
    public static Clip read(Path file, ObjWriter.Axes axes, double framesPerSecond) throws IOException {
        try (NumpyFile arrays = NumpyFile.open(file)) {
            StoredTensor vertices = array(file, arrays, "vertices", "metres (T,V,3)");
            StoredTensor faces = array(file, arrays, "faces", "vertex numbers (F,3)");
            Shape shape = vertices.shape();
            if (shape.rank() != 3 || shape.dim(2) != 3 || shape.size() == 0 || !vertices.type().isFloating()) {
                throw InputException.of(file, "array vertices", "found " + vertices, "floating point (T,V,3)");
            }
            if (faces.shape().rank() != 2 || faces.shape().dim(1) != 3 || faces.type().isFloating()) {
                throw InputException.of(file, "array faces", "found " + faces, "whole numbers (F,3)");
            }
            Clip clip = new Clip(String.valueOf(file.getFileName()), framesPerSecond, axes, shape.dim(1), faces.toInts(), vertices.toFloats());
            if (!arrays.names().contains("truth")) {
                return clip;
            }
            StoredTensor truth = arrays.tensor("truth");
            if (!truth.shape().equals(shape)) {
                throw InputException.of(file, "array truth", "found " + truth, shape + " as vertices");
            }
            return clip.withTruth(truth.toFloats());
        }
    }

    private static StoredTensor array(Path file, NumpyFile arrays, String name, String content) throws IOException {
        if (!arrays.names().contains(name)) {
            throw InputException.of(file, "array " + name, "missing among " + arrays.names(), content);
        }
        return arrays.tensor(name);
    }
}

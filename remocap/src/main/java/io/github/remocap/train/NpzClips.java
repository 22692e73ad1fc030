package io.github.remocap.train;

import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.numpy.NumpyFile;
import io.github.remocap.model.Config;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Clips from npz files: {@code images} {@code [N,3,H,W]}, ImageNet-normalised, N a multiple of the clip's frames, and the truth for
 * each image. Files are mapped; arrays that are not compressed take no heap.
 */
public final class NpzClips implements ClipSource {
    private final int frames;
    private final List<Path> paths;
    private final List<NumpyFile> files = new ArrayList<>();
    private final List<Map<String, StoredTensor>> arrays = new ArrayList<>();
    private final List<int[]> clips = new ArrayList<>(); // file, first frame
    private final Map<String, Shape> shapes = new LinkedHashMap<>();

    private NpzClips(List<Path> paths, int frames) {
        this.paths = List.copyOf(paths);
        this.frames = frames;
    }

    /**
     * Opens files.
     *
     * @param paths at least one
     * @param config sizes of the model
     * @throws IOException naming file, array and what was expected where something is wrong
     */
    public static NpzClips open(List<Path> paths, Config config) throws IOException {
        NpzClips clips = new NpzClips(paths, config.frames());
        try {
            for (Path path : paths) {
                clips.add(path, config);
            }
        } catch (IOException | RuntimeException e) {
            clips.close();
            throw e;
        }
        return clips;
    }

    /** Truth of a frame by name: what a model of these sizes is trained on. */
    static Map<String, Shape> truth(Config config) {
        Map<String, Shape> truth = new LinkedHashMap<>();
        truth.put("joints_2d", Shape.of(config.joints(), 3));
        truth.put("joints_3d", Shape.of(config.joints(), 4));
        truth.put("has_3d", Shape.SCALAR);
        truth.put("has_smpl", Shape.SCALAR);
        truth.put("fine", Shape.of(config.fine(), 3));
        truth.put("intermediate", Shape.of(config.intermediate(), 3));
        truth.put("coarse", Shape.of(config.coarse(), 3));
        if (config.smplRegressor()) {
            truth.put("pose", Shape.of(72));
            truth.put("betas", Shape.of(10));
        }
        return truth;
    }

    private void add(Path path, Config config) throws IOException {
        NumpyFile file = NumpyFile.open(path);
        files.add(file);
        Map<String, StoredTensor> found = new LinkedHashMap<>();
        StoredTensor images = array(file, path, IMAGES);
        Shape s = images.shape();
        if (s.rank() != 4 || s.dim(1) != 3 || s.dim(0) == 0 || s.dim(0) % frames != 0 || s.dim(2) % 32 != 0 || s.dim(3) % 32 != 0 || s.size() == 0) {
            throw new IOException(path + ": " + IMAGES + " must be (N,3,H,W) with N a multiple of " + frames
                + " frames and H and W multiples of 32, found " + s);
        }
        Shape clip = Shape.of(frames, s.dim(2), s.dim(3), 3);
        Shape first = shapes.putIfAbsent(IMAGES, clip);
        if (first != null && !first.equals(clip)) {
            throw new IOException(path + ": clips are " + clip + ", those of " + paths.getFirst() + " are " + first);
        }
        found.put(IMAGES, images);
        for (Map.Entry<String, Shape> e : truth(config).entrySet()) {
            StoredTensor array = array(file, path, e.getKey());
            Shape expected = prepend(s.dim(0), e.getValue());
            if (!array.shape().equals(expected)) {
                throw new IOException(path + ": " + e.getKey() + " must be " + expected + " for this model and these images, found " + array.shape());
            }
            found.put(e.getKey(), array);
            shapes.put(e.getKey(), prepend(frames, e.getValue()));
        }
        for (int from = 0; from < s.dim(0); from += frames) {
            clips.add(new int[] {arrays.size(), from});
        }
        arrays.add(found);
    }

    private static StoredTensor array(NumpyFile file, Path path, String name) throws IOException {
        if (!file.names().contains(name)) {
            throw new IOException(path + ": no array '" + name + "'; found " + String.join(", ", file.names()));
        }
        return file.tensor(name);
    }

    private static Shape prepend(int n, Shape shape) {
        int[] dims = new int[shape.rank() + 1];
        dims[0] = n;
        System.arraycopy(shape.dims(), 0, dims, 1, shape.rank());
        return Shape.of(dims);
    }

    @Override
    public int size() {
        return clips.size();
    }

    @Override
    public Map<String, Shape> shapes() {
        return shapes;
    }

    @Override
    public Map<String, float[]> load(int clip) {
        int[] place = clips.get(clip);
        Map<String, float[]> loaded = new LinkedHashMap<>();
        arrays.get(place[0]).forEach((name, array) -> {
            float[] rows = rows(array, place[1]);
            loaded.put(name, name.equals(IMAGES) ? channelsLast(rows, frames, array.shape().dim(2) * array.shape().dim(3)) : rows);
        });
        return loaded;
    }

    private float[] rows(StoredTensor array, int from) {
        long bytes = array.data().byteSize() / array.shape().dim(0);
        return new StoredTensor(array.type(), array.shape().with(0, frames), array.data().asSlice(from * bytes, frames * bytes)).toFloats();
    }

    /** {@code [n,3,pixels]} to {@code [n,pixels,3]}. */
    private static float[] channelsLast(float[] from, int n, int pixels) {
        float[] to = new float[from.length];
        for (int image = 0; image < n; image++) {
            for (int c = 0; c < 3; c++) {
                int plane = (image * 3 + c) * pixels;
                for (int p = 0; p < pixels; p++) {
                    to[(image * pixels + p) * 3 + c] = from[plane + p];
                }
            }
        }
        return to;
    }

    @Override
    public String describe(int clip) {
        int[] place = clips.get(clip);
        return paths.get(place[0]) + ", images " + place[1] + " to " + (place[1] + frames - 1);
    }

    @Override
    public void close() {
        files.forEach(NumpyFile::close);
    }
}

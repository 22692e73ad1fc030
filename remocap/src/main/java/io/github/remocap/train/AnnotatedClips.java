package io.github.remocap.train;

import io.github.remocap.body.Joints;
import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.data.Annotation;
import io.github.remocap.data.Augmentation;
import io.github.remocap.data.Clip;
import io.github.remocap.data.Clips;
import io.github.remocap.data.DamagedRowException;
import io.github.remocap.data.NetworkInput;
import io.github.remocap.model.Config;
import io.github.remocap.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Clips from annotated pictures: cut, augmented, and given as the arrays of {@link ClipSource} with {@code pose} {@code [S,72]} and
 * {@code betas} {@code [S,10]} instead of meshes, which the training step computes from them. What a clip's arrays are depends on seed,
 * epoch and clip alone.
 */
public final class AnnotatedClips implements ClipSource {
    /**
     * How pictures become clips.
     *
     * @param protocol how tracks are cut
     * @param augmented whether clips are changed at random
     * @param training whether a damaged clip is replaced by the next intact one, so that steps keep their size; otherwise it is an error, and
     *     frames that only fill a clip have no truth, so that every frame counts once
     * @param size side of the network's input in pixels
     * @param seed of augmentation
     */
    public record Settings(Clips.Protocol protocol, boolean augmented, boolean training, int size, long seed) {
    }

    /** A data set and its clips; {@code before} clips are in data sets before it. */
    private record Part(AnnotatedImages images, Clips clips, int before) {
    }

    private final List<Part> parts = new ArrayList<>();
    private final Settings settings;
    private final Map<String, Shape> shapes = new LinkedHashMap<>();
    private final int size;
    private final Consumer<String> damage;
    private final Set<String> damaged = ConcurrentHashMap.newKeySet();

    /**
     * Cuts data sets into clips.
     *
     * @param images data sets, one behind the other; closed with this object, also if this throws
     * @param damage told of each damaged row once, by the threads that load
     * @throws IOException if rows cannot be read or there is not one clip
     */
    public AnnotatedClips(List<? extends AnnotatedImages> images, Config config, Settings settings, Consumer<String> damage) throws IOException {
        this.settings = settings;
        this.damage = damage;
        int count = 0;
        boolean done = false;
        try {
            for (AnnotatedImages i : images) {
                Clips clips = Clips.of(i, settings.protocol, config.frames());
                parts.add(new Part(i, clips, count));
                count += clips.clips().size();
            }
            if (count == 0) {
                throw new IOException(images.getFirst().name() + ": no track has " + config.frames() + " frames, so there is no clip");
            }
            done = true;
        } finally {
            if (!done) {
                close(images);
            }
        }
        size = count;
        int n = config.frames();
        shapes.put(IMAGES, Shape.of(n, settings.size, settings.size, 3));
        shapes.put("joints_2d", Shape.of(n, Joints.COUNT, 3));
        shapes.put("joints_3d", Shape.of(n, Joints.COUNT, 4));
        shapes.put("has_3d", Shape.of(n));
        shapes.put("has_smpl", Shape.of(n));
        shapes.put("pose", Shape.of(n, Annotation.POSE));
        shapes.put("betas", Shape.of(n, Annotation.BETAS));
    }

    private static void close(List<? extends AnnotatedImages> images) throws IOException {
        for (AnnotatedImages i : images) {
            i.close();
        }
    }

    /** What there is, for logs. */
    public String summary() {
        List<String> lines = new ArrayList<>();
        parts.forEach(p -> lines.add(p.images.name() + ": " + p.clips.describe()));
        return String.join("; ", lines);
    }

    /** How many damaged rows were met so far. */
    public int damaged() {
        return damaged.size();
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public Map<String, Shape> shapes() {
        return shapes;
    }

    private Part part(int clip) {
        for (Part p : parts) {
            if (clip < p.before + p.clips.clips().size()) {
                return p;
            }
        }
        throw new IndexOutOfBoundsException(clip);
    }

    private Clip clip(int clip) {
        Part p = part(clip);
        return p.clips.clips().get(clip - p.before);
    }

    @Override
    public Map<String, float[]> load(int clip) throws IOException {
        return load(clip, 0);
    }

    /**
     * A clip.
     *
     * @throws DamagedRowException if it is damaged and damaged ones are not replaced
     */
    @Override
    public Map<String, float[]> load(int clip, long epoch) throws IOException {
        Augmentation augmentation = settings.augmented ? Augmentation.draw(settings.seed, epoch, clip) : Augmentation.NONE;
        if (!settings.training) {
            return read(clip, augmentation);
        }
        for (int i = 0; i < size; i++) {
            try {
                return read((clip + i) % size, augmentation);
            } catch (DamagedRowException e) {
                String message = String.valueOf(e.getMessage());
                if (damaged.add(message)) {
                    damage.accept(message + "; its clip is replaced by the next one");
                }
            }
        }
        throw new IOException(summary() + ": every clip has a damaged row");
    }

    private Map<String, float[]> read(int clip, Augmentation augmentation) throws IOException {
        AnnotatedImages images = part(clip).images;
        Map<String, float[]> arrays = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> arrays.put(name, new float[Math.toIntExact(shape.size())]));
        Clip frames = clip(clip);
        int[] rows = frames.rows();
        for (int f = 0; f < rows.length; f++) {
            int at = augmentation.reversed() ? rows.length - 1 - f : f;
            int row = rows[at];
            boolean counts = settings.training || at >= frames.first() && at < frames.first() + frames.count();
            NetworkInput input = NetworkInput.read(images, row, augmentation, settings.size, arrays.get(IMAGES), f * settings.size * settings.size * 3);
            put(arrays, "joints_2d", f, Joints.from24(input.joints2d(), 3));
            put(arrays, "joints_3d", f, Joints.from24(input.joints3d(), 4));
            put(arrays, "has_3d", f, counts && input.annotation().has3d() ? 1 : 0);
            put(arrays, "has_smpl", f, counts && input.annotation().hasSmpl() ? 1 : 0);
            put(arrays, "pose", f, input.pose());
            put(arrays, "betas", f, input.annotation().betas());
        }
        return arrays;
    }

    private static void put(Map<String, float[]> arrays, String name, int frame, float... values) {
        System.arraycopy(values, 0, arrays.get(name), frame * values.length, values.length);
    }

    @Override
    public String describe(int clip) {
        int[] rows = clip(clip).rows();
        return part(clip).images.describe(rows[0]) + " and the " + (rows.length - 1) + " frames after it";
    }

    @Override
    public void close() {
        try {
            close(parts.stream().map(Part::images).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

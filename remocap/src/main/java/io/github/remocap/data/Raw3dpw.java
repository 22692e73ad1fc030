package io.github.remocap.data;

import io.github.remocap.body.AxisAngle;
import io.github.remocap.body.Posing;
import io.github.remocap.data.Annotation.Place;
import io.github.remocap.image.FrameSource;
import io.github.remocap.image.InputException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * 3DPW as it is distributed (von Marcard et al. 2018, https://doi.org/10.1007/978-3-030-01249-6_37): {@code sequenceFiles/SPLIT/NAME.pkl}
 * and {@code imageFiles/NAME/image_00000.jpg}. A row is a person in a picture where the camera's pose is valid, pictures in order,
 * persons in each in order. Annotations are made as METRO's {@code tsv_demo_3dpw.py} makes them: the root's rotation is turned into the
 * camera's axes, 24 joints come from the body's mesh, their projections have confidence 1. The box is that of the projected mesh.
 */
public final class Raw3dpw implements AnnotatedImages {
    private static final double BOX_SCALE = 1.2; // as in METRO's script
    private static final double NEAREST = 0.1; // metres before the camera

    /** A person in a picture. */
    private record Row(Sequence3dpw sequence, int person, int frame) {
    }

    private final Path folder;
    private final String split;
    private final TruthBodies bodies;
    private final List<Row> rows = new ArrayList<>();

    private Raw3dpw(Path folder, String split, TruthBodies bodies) {
        this.folder = folder;
        this.split = split;
        this.bodies = bodies;
    }

    /**
     * Reads the sequences' files; pictures are read when asked for.
     *
     * @param folder with {@code sequenceFiles} and {@code imageFiles}
     * @param split {@code train}, {@code validation} or {@code test}
     * @param bodies of pose and shape
     * @throws IOException naming file and field where something is wrong
     */
    public static Raw3dpw open(Path folder, String split, TruthBodies bodies) throws IOException {
        Path files = folder.resolve("sequenceFiles").resolve(split);
        if (!Files.isDirectory(files)) {
            throw new IOException(files + ": no such folder; 3DPW has sequenceFiles/train, validation and test");
        }
        Raw3dpw data = new Raw3dpw(folder, split, bodies);
        List<Path> pickles;
        try (Stream<Path> list = Files.list(files)) {
            pickles = list.filter(f -> f.toString().endsWith(".pkl")).sorted().toList();
        }
        for (Path pickle : pickles) {
            data.add(Sequence3dpw.read(pickle));
        }
        if (data.rows.isEmpty()) {
            throw new IOException(files + ": no .pkl file with a valid frame");
        }
        return data;
    }

    private void add(Sequence3dpw sequence) throws IOException {
        Path pictures = folder.resolve("imageFiles").resolve(sequence.name());
        if (!Files.isDirectory(pictures)) {
            throw new IOException(pictures + ": no such folder; it must have the pictures of sequence " + sequence.name());
        }
        for (int f = 0; f < sequence.frames(); f++) {
            for (int p = 0; p < sequence.persons().size(); p++) {
                if (sequence.persons().get(p).valid()[f]) {
                    rows.add(new Row(sequence, p, f));
                }
            }
        }
    }

    @Override
    public String name() {
        return "3DPW/" + split;
    }

    @Override
    public int size() {
        return rows.size();
    }

    @Override
    public double framesPerSecond() {
        return 30;
    }

    @Override
    public Place place(int i) {
        Row row = rows.get(i);
        return new Place("%s/image_%05d.jpg".formatted(row.sequence.name(), row.frame), row.sequence.name(), row.person, row.frame);
    }

    @Override
    public String describe(int i) {
        return picture(i) + ", row " + i + ", person " + rows.get(i).person;
    }

    private Path picture(int i) {
        return folder.resolve("imageFiles").resolve(place(i).image());
    }

    @Override
    public byte[] encoded(int i) throws IOException {
        return Files.readAllBytes(picture(i));
    }

    @Override
    public BufferedImage image(int i) throws IOException {
        try {
            return FrameSource.decode(picture(i), encoded(i)).toImage();
        } catch (InputException e) {
            throw new DamagedRowException(describe(i), String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public Annotation annotation(int i) throws IOException {
        Row row = rows.get(i);
        Sequence3dpw.Person person = row.sequence.persons().get(row.person);
        Posing body = bodies.body(person.gender());
        float[] pose = java.util.Arrays.copyOfRange(person.poses(), row.frame * Annotation.POSE, (row.frame + 1) * Annotation.POSE);
        double[] camera = java.util.Arrays.copyOfRange(row.sequence.cameras(), row.frame * 16, row.frame * 16 + 16);
        double[] turn = {camera[0], camera[1], camera[2], camera[4], camera[5], camera[6], camera[8], camera[9], camera[10]};
        double[] root = AxisAngle.fromMatrix(AxisAngle.product(turn, AxisAngle.toMatrix(pose[0], pose[1], pose[2])));
        // The body turns about its root joint, so that is what the camera moves: R (root + trans) + t = root + shift.
        double[] pivot = body.root(person.betas());
        double[] shift = new double[3];
        for (int d = 0; d < 3; d++) {
            pose[d] = (float) root[d];
            shift[d] = camera[4 * d + 3] - pivot[d];
            for (int e = 0; e < 3; e++) {
                shift[d] += turn[3 * d + e] * (pivot[e] + person.trans()[row.frame * 3 + e]);
            }
        }
        double[] vertices = body.vertices(pose, person.betas());
        double[] joints = Posing.apply(bodies.joints(), vertices);
        float[] joints3d = new float[Annotation.JOINTS * 4];
        float[] joints2d = new float[Annotation.JOINTS * 3];
        for (int j = 0; j < Annotation.JOINTS; j++) {
            double[] at = project(row.sequence.intrinsics(), joints, j, shift);
            for (int d = 0; d < 3; d++) {
                joints3d[4 * j + d] = (float) joints[3 * j + d];
            }
            joints3d[4 * j + 3] = 1;
            joints2d[3 * j] = (float) at[0];
            joints2d[3 * j + 1] = (float) at[1];
            joints2d[3 * j + 2] = at[2] > NEAREST ? 1 : 0;
        }
        double[] box = box(row.sequence.intrinsics(), vertices, shift);
        Place place = place(i);
        try {
            return new Annotation(place.image(), place.sequence(), place.track(), place.frame(),
                new float[] {(float) ((box[0] + box[2]) / 2), (float) ((box[1] + box[3]) / 2)},
                (float) (BOX_SCALE * Math.max(box[2] - box[0], box[3] - box[1]) / 200), joints2d, joints3d, pose, person.betas(), true, true, true,
                person.gender());
        } catch (IllegalArgumentException e) {
            throw new DamagedRowException(describe(i), String.valueOf(e.getMessage()), e);
        }
    }

    private static double[] project(double[] k, double[] points, int i, double[] shift) {
        double z = points[3 * i + 2] + shift[2];
        double safe = Math.max(z, NEAREST);
        return new double[] {k[0] * (points[3 * i] + shift[0]) / safe + k[2], k[4] * (points[3 * i + 1] + shift[1]) / safe + k[5], z};
    }

    /** Of the vertices before the camera: left, top, right, bottom in pixels. */
    private static double[] box(double[] k, double[] vertices, double[] shift) {
        double inf = Double.POSITIVE_INFINITY;
        double[] box = {inf, inf, -inf, -inf};
        for (int v = 0; v < vertices.length / 3; v++) {
            double[] at = project(k, vertices, v, shift);
            if (at[2] > NEAREST) {
                box[0] = Math.min(box[0], at[0]);
                box[1] = Math.min(box[1], at[1]);
                box[2] = Math.max(box[2], at[0]);
                box[3] = Math.max(box[3], at[1]);
            }
        }
        return box;
    }

    @Override
    public void close() {
        // files are opened one by one
    }
}

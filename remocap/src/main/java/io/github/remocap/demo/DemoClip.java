package io.github.remocap.demo;

import io.github.remocap.assets.Assets.Gender;
import io.github.remocap.assets.BodyAssets;
import io.github.remocap.body.BodyModel;
import io.github.remocap.body.Joints;
import io.github.remocap.body.Posing;
import io.github.remocap.data.AnnotatedImages;
import io.github.remocap.data.Annotation;
import io.github.remocap.image.Frame;
import io.github.remocap.image.FrameSource;
import io.github.remocap.image.Png;
import io.github.remocap.render.FrameCamera;
import io.github.remocap.render.Rasteriser;
import io.github.remocap.render.Style;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A sequence of a data set as {@code remocap run} takes it, and its truth. */
final class DemoClip {
    private static final double BOX_SCALE = 1.2; // a label's scale is that of the box times this
    private static final Style TRUTH = new Style(0xE0B58A, Style.BODY.opacity(), Style.BODY.samples());

    private final AnnotatedImages data;
    private final BodyModel body;
    private final List<Annotation> labels = new ArrayList<>();
    private final List<Frame> frames = new ArrayList<>();
    private final List<float[]> meshes = new ArrayList<>(); // from the pelvis, camera's axes

    /** The rows of a sequence. */
    DemoClip(AnnotatedImages data, BodyAssets assets, String sequence) throws IOException {
        this.data = data;
        this.body = assets.smpl(Gender.NEUTRAL);
        Posing posing = new Posing(body);
        for (int i = 0; i < data.size(); i++) {
            Annotation label = data.annotation(i);
            if (label.sequence().equals(sequence)) {
                labels.add(label);
                frames.add(FrameSource.frame(data.image(i)));
                double[] vertices = posing.vertices(label.pose(), label.betas());
                double[] joints = Posing.apply(assets.h36m(body.vertices()), vertices);
                float[] mesh = new float[vertices.length];
                for (int v = 0; v < mesh.length; v++) {
                    mesh[v] = (float) (vertices[v] - joints[3 * Joints.H36M_PELVIS + v % 3]);
                }
                meshes.add(mesh);
            }
        }
    }

    int size() {
        return labels.size();
    }

    double framesPerSecond() {
        return data.framesPerSecond();
    }

    int[] faces() {
        return body.faces();
    }

    Frame frame(int i) {
        return frames.get(i);
    }

    /** True vertices of all frames after one another, from the pelvis. */
    float[] meshes() {
        float[] all = new float[meshes.size() * 3 * body.vertices()];
        for (int i = 0; i < meshes.size(); i++) {
            System.arraycopy(meshes.get(i), 0, all, i * 3 * body.vertices(), 3 * body.vertices());
        }
        return all;
    }

    /** Writes frames into a folder and boxes into a CSV file. */
    void write(Path folder, Path boxes) throws IOException {
        Files.createDirectories(folder);
        StringBuilder rows = new StringBuilder("frame,x0,y0,x1,y1\n");
        for (int i = 0; i < labels.size(); i++) {
            Files.write(folder.resolve(String.format(Locale.ROOT, "%04d.png", i)), Png.encode(frames.get(i)));
            Annotation a = labels.get(i);
            double half = a.scale() * 200 / BOX_SCALE / 2;
            rows.append(String.format(Locale.ROOT, "%d,%.3f,%.3f,%.3f,%.3f%n", i, a.center()[0] - half, a.center()[1] - half, a.center()[0] + half,
                a.center()[1] + half));
        }
        Files.writeString(boxes, rows);
    }

    /** The frame with the true mesh over it, through the weak perspective camera that fits the true joints best. */
    Frame drawn(int i) {
        Annotation a = labels.get(i);
        Frame frame = frames.get(i).copy();
        double[] points = new double[2 * Annotation.JOINTS]; // from the pelvis
        double[] seen = new double[2 * Annotation.JOINTS];
        for (int j = 0; j < Annotation.JOINTS; j++) {
            for (int d = 0; d < 2; d++) {
                points[2 * j + d] = a.joints3d()[4 * j + d] - a.joints3d()[4 * Joints.J24_PELVIS + d];
                seen[2 * j + d] = a.joints2d()[3 * j + d];
            }
        }
        new Rasteriser(TRUTH).draw(frame.argb(), frame.width(), frame.height(), meshes.get(i), 0, body.vertices(), body.faces(),
            FrameCamera.fitting(points, seen).orElseThrow());
        return frame;
    }
}

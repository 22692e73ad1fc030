package io.github.remocap.data;

import io.github.remocap.assets.EmbeddedAssets;
import io.github.remocap.body.Posing;
import io.github.remocap.figure.Figure;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Small annotated pictures: blots at the joints of the embedded body. */
public final class Made {
    /** Keys of a very small model of the embedded body, in YAML. */
    public static final String MODEL = """
        width: 4, stage_modules: [1, 1, 1], blocks: 1, stem: 8, bottleneck: 4, head: [4, 4, 8, 8], features: 16, classes: 5, frames: 4, sd_groups: 4,
          md_groups: 16, model_dims: [16, 8], ff_dims: [16, 8], heads: 4, layers: 1, joints: 14, coarse: %d, intermediate: %d, fine: %d""".formatted(
        Figure.get().adjacency().length, Figure.get().hierarchy().fineToIntermediate().rows(), Figure.get().body().vertices());

    private Made() {
    }

    /** The embedded body. */
    public static TruthBodies bodies() {
        try {
            return TruthBodies.neutral(new EmbeddedAssets());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A sequence of a person who waves. */
    public static ListedImages waving(String sequence, int frames) {
        TruthBodies bodies = bodies();
        List<Annotation> annotations = new ArrayList<>();
        List<BufferedImage> images = new ArrayList<>();
        for (int f = 0; f < frames; f++) {
            float[] pose = new float[72];
            pose[0] = (float) Math.PI; // the body's y goes up, the camera's down
            pose[3 * 16 + 2] = (float) Math.sin(0.7 * f + sequence.length());
            pose[3 * 4] = 0.3f * f / frames;
            float[] betas = new float[10];
            betas[0] = 0.1f * sequence.length() - 0.5f;
            double[] joints = Posing.apply(bodies.joints(), bodies.neutral().vertices(pose, betas));
            float[] joints3d = new float[96];
            float[] joints2d = new float[72];
            for (int j = 0; j < 24; j++) {
                for (int d = 0; d < 3; d++) {
                    joints3d[4 * j + d] = (float) joints[3 * j + d];
                }
                joints3d[4 * j + 3] = 1;
                joints2d[3 * j] = (float) (48 + 40 * joints[3 * j]);
                joints2d[3 * j + 1] = (float) (40 + 40 * joints[3 * j + 1]);
                joints2d[3 * j + 2] = 1;
            }
            annotations.add(new Annotation(sequence + "/image_%05d.png".formatted(f), sequence, 0, f, new float[] {48, 40}, 0.45f, joints2d, joints3d, pose, betas,
                true, true, true, "neutral"));
            images.add(picture(joints2d));
        }
        return new ListedImages(annotations, images);
    }

    private static BufferedImage picture(float[] joints) {
        BufferedImage image = new BufferedImage(96, 80, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setColor(new Color(40, 60, 90));
        g.fillRect(0, 0, 96, 80);
        for (int j = 0; j < 24; j++) {
            g.setColor(Color.getHSBColor(j / 24f, 1, 1));
            g.fillRect(Math.round(joints[3 * j]) - 2, Math.round(joints[3 * j + 1]) - 2, 4, 4);
        }
        g.dispose();
        return image;
    }
}

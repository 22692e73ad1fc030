package io.github.remocap.demo;

import io.github.remocap.image.Box;
import io.github.remocap.image.Crop;
import io.github.remocap.image.Frame;
import io.github.remocap.image.Png;
import io.github.remocap.io.StoredTensor;
import io.github.remocap.io.checkpoint.CheckpointWriter;
import io.github.remocap.layers.Weights;
import io.github.remocap.model.Config;
import io.github.remocap.model.Mesh;
import io.github.remocap.model.RemoCap;
import io.github.remocap.render.FrameCamera;
import io.github.remocap.render.Rasteriser;
import io.github.remocap.render.Style;
import io.github.remocap.tensor.SparseMatrix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Generated material for a run from end to end. The weights are random in the backbone, so that all of it computes; the transformers'
 * outputs are switched off and the vertex tokens hold the figure, so that an untrained network answers with a body at rest instead of
 * noise. It shows that everything runs, not that anything was learnt.
 */
public final class Demo {
    /** Frames drawn: two clips. */
    public static final int FRAMES = 16;
    private static final int WIDTH = 480;
    private static final int HEIGHT = 320;
    /** Metres are so many token units; a token's features have mean 0 and one fixed variance, which layer norm then keeps. */
    private static final double RADIUS = 2;
    private static final float SCALE = 0.95f;

    private Demo() {
    }

    /** The demo's model: every part of RemoCap, small. */
    public static Config config() {
        return new Config(16, List.of(1, 1, 1), 1, 32, 16, List.of(8, 16, 32, 64), 128, 10, 8, true, true, 8, 64, List.of(64, 32), List.of(128, 64),
            4, 1, 0.1, 14, Figure.vertices(0), Figure.vertices(1), Figure.vertices(2), false);
    }

    /** Topology of the figure. */
    public static Mesh mesh() {
        return Figure.mesh();
    }

    /** Triangles of the fine mesh. */
    public static int[] faces() {
        return Figure.faces(2);
    }

    /** Weights of the fine vertices that give the pelvis. */
    public static float[] pelvis() {
        return Figure.pelvis();
    }

    /** Writes the checkpoint. */
    public static void writeCheckpoint(Path file) throws IOException {
        RemoCap network = new RemoCap(config());
        try (Weights weights = Weights.initialized(network, 1)) {
            shape(weights);
            Map<String, StoredTensor> tensors = new LinkedHashMap<>();
            weights.specs().forEach((name, spec) -> tensors.put(name, new StoredTensor(spec.dtype(), spec.shape(), weights.values(name))));
            CheckpointWriter.write(file, tensors, Map.of("model.config", config().toJson()));
        }
    }

    private static void shape(Weights weights) {
        for (String name : weights.specs().keySet()) {
            boolean output = name.contains("out_proj") || name.contains("linear2");
            if (name.startsWith("transformer_") && output || name.startsWith("cam_predictor") || name.startsWith("dim_reduce_dec")
                || name.startsWith("xyz_regressor") || name.startsWith("coarse2intermediate")) {
                weights.values(name).fill((byte) 0);
            }
        }
        set(weights.values("cam_predictor.bias"), 0, SCALE);
        // The token of a vertex: (x, y, z, w, -x, -y, -z, -w), with w such that all have the same length.
        MemorySegment tokens = weights.values("vertex_token_embed.weight");
        MemorySegment reduce = weights.values("dim_reduce_dec.weight");
        MemorySegment xyz = weights.values("xyz_regressor.weight");
        tokens.fill((byte) 0);
        double[][] vertices = Figure.coarse();
        int d1 = config().modelDims().get(0);
        int d2 = config().modelDims().get(1);
        for (int v = 0; v < vertices.length; v++) {
            double rest = RADIUS;
            for (int k = 0; k < 4; k++) {
                double value = k < 3 ? vertices[v][k] : Math.sqrt(rest);
                rest -= value * value;
                set(tokens, (long) v * d1 + k, (float) value);
                set(tokens, (long) v * d1 + 4 + k, (float) -value);
            }
        }
        for (int k = 0; k < 8; k++) {
            set(reduce, (long) k * d1 + k, 1);
        }
        // Layer norm divides by the deviation sqrt(2 RADIUS / d2); here that is undone.
        for (int k = 0; k < 3; k++) {
            set(xyz, (long) k * d2 + k, (float) Math.sqrt(2 * RADIUS / d2));
        }
        SparseMatrix up = Figure.upsample(0);
        MemorySegment dense = weights.values("coarse2intermediate_upsample.weight");
        for (int r = 0; r < up.rows(); r++) {
            for (int e = up.rowStart()[r]; e < up.rowStart()[r + 1]; e++) {
                long at = (long) r * up.cols() + up.columns()[e];
                set(dense, at, dense.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, at) + (float) up.values()[e]);
            }
        }
    }

    private static void set(MemorySegment segment, long index, float value) {
        segment.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, index, value);
    }

    private static Box box(int frame) {
        double x = 90 + 18.0 * frame;
        return new Box(x, 60, x + 90, 270);
    }

    /** Writes the frames, a dark figure that walks by, into a folder, and its boxes into a CSV file. */
    public static void writeFrames(Path folder, Path boxes) throws IOException {
        Files.createDirectories(folder);
        StringBuilder rows = new StringBuilder("# A generated figure.\nframe,x0,y0,x1,y1\n");
        double[][] coarse = Figure.coarse();
        float[] vertices = new float[3 * coarse.length];
        for (int frame = 0; frame < FRAMES; frame++) {
            double swing = 0.35 * Math.sin(frame * 0.9);
            for (int v = 0; v < coarse.length; v++) {
                double[] p = coarse[v];
                double stride = p[1] > 0.12 ? swing * (p[1] - 0.12) * Math.signum(p[0]) : 0;
                vertices[3 * v] = (float) (p[0] + stride);
                vertices[3 * v + 1] = (float) p[1];
                vertices[3 * v + 2] = (float) p[2];
            }
            Box box = box(frame);
            int[] picture = background();
            FrameCamera camera = FrameCamera.of(Crop.of(box, Crop.REFERENCE_BOX_SCALE, 224), SCALE, 0, 0);
            new Rasteriser(new Style(0x4A4036, 1, 2)).draw(picture, WIDTH, HEIGHT, vertices, 0, coarse.length, Figure.faces(0), camera);
            Files.write(folder.resolve("%04d.png".formatted(frame)), Png.encode(new Frame(WIDTH, HEIGHT, picture)));
            rows.append(String.format(Locale.ROOT, "%d,%.0f,%.0f,%.0f,%.0f%n", frame, box.x0(), box.y0(), box.x1(), box.y1()));
        }
        Files.writeString(boxes, rows);
    }

    private static int[] background() {
        int[] picture = new int[WIDTH * HEIGHT];
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                boolean ground = y > 200;
                boolean stripe = ((x + 2 * y) / 40 & 1) == 0;
                int r = ground ? (stripe ? 120 : 112) + (y - 200) / 4 : 176 + y / 5;
                int g = ground ? (stripe ? 134 : 126) + (y - 200) / 4 : 196 + y / 6;
                int b = ground ? 98 + (y - 200) / 4 : 218;
                picture[y * WIDTH + x] = 0xFF000000 | Math.min(255, r) << 16 | Math.min(255, g) << 8 | b;
            }
        }
        return picture;
    }
}

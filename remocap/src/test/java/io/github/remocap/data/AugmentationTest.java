package io.github.remocap.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.image.Frame;
import io.github.remocap.image.InputCrop;
import io.github.remocap.io.numpy.NumpyFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Crops, joints and poses against OpenCV's and the reference's formulas; {@code augmentation.py} beside the files makes them. */
class AugmentationTest {
    private static final int SIZE = 48;
    private static final double[] MEAN = {0.485, 0.456, 0.406};
    private static final double[] STD = {0.229, 0.224, 0.225};

    private static NumpyFile golden(String name) throws IOException {
        return NumpyFile.open(Path.of(URI.create(Objects.requireNonNull(AugmentationTest.class.getResource(name)).toString())));
    }

    private static InputCrop crop(double[] c) {
        return InputCrop.of(c[0], c[1], c[2], c[3], c[4] == 1, new float[] {(float) c[5], (float) c[6], (float) c[7]}, SIZE);
    }

    @Test
    void picturesEqualOpenCvs() throws IOException {
        try (NumpyFile npz = golden("augmentation.npz")) {
            int[] picture = npz.tensor("picture").toInts();
            int width = npz.tensor("picture").shape().dim(1);
            int[] argb = new int[picture.length / 3];
            Arrays.setAll(argb, i -> 0xFF000000 | picture[3 * i] << 16 | picture[3 * i + 1] << 8 | picture[3 * i + 2]);
            Frame frame = new Frame(width, argb.length / width, argb);
            double[] cases = npz.tensor("cases").toDoubles();
            float[] expected = npz.tensor("images").toFloats();
            float[] found = new float[SIZE * SIZE * 3];
            for (int n = 0; n < cases.length / 8; n++) {
                double[] c = Arrays.copyOfRange(cases, 8 * n, 8 * n + 8);
                crop(c).sample(frame, found, 0);
                double worst = 0;
                for (int i = 0; i < found.length; i++) {
                    double grey = 255 * (found[i] * STD[i % 3] + MEAN[i % 3]);
                    worst = Math.max(worst, Math.abs(grey - expected[n * found.length + i]));
                }
                assertTrue(worst < 0.5, "case " + n + " " + Arrays.toString(c) + " differs by " + worst + " grey levels");
            }
        }
    }

    @Test
    void jointsAndPosesEqualTheReferences() throws IOException {
        try (NumpyFile npz = golden("augmentation.npz")) {
            double[] cases = npz.tensor("cases").toDoubles();
            float[] joints2d = npz.tensor("j2d").toFloats();
            float[] joints3d = npz.tensor("j3d").toFloats();
            float[] pose = npz.tensor("pose").toFloats();
            for (int n = 0; n < cases.length / 8; n++) {
                double[] c = Arrays.copyOfRange(cases, 8 * n, 8 * n + 8);
                Augmentation a = new Augmentation(c[4] == 1, false, new float[] {1, 1, 1}, c[3], 1);
                assertArrayEquals(part(npz, "joints2", n, 72), crop(c).joints(joints2d, Augmentation.mirroredJoints()), 1e-6f, "2D, case " + n);
                assertArrayEquals(part(npz, "joints3", n, 96), a.joints3d(joints3d), 1e-6f, "3D, case " + n);
                assertArrayEquals(part(npz, "poses", n, 72), a.pose(pose), 2e-6f, "pose, case " + n);
            }
        }
    }

    private static float[] part(NumpyFile npz, String name, int n, int size) throws IOException {
        return Arrays.copyOfRange(npz.tensor(name).toFloats(), n * size, (n + 1) * size);
    }

    @Test
    void cornersAreCutWhereTheReferenceCutsThem() throws IOException {
        try (NumpyFile npz = golden("corners.npz")) {
            double[] boxes = npz.tensor("boxes").toDoubles();
            int[] corners = npz.tensor("corners").toInts();
            int compared = 0;
            for (int i = 0; i < boxes.length / 3; i++) {
                InputCrop crop = InputCrop.of(boxes[3 * i], boxes[3 * i + 1], boxes[3 * i + 2], 0, false, new float[] {1, 1, 1}, 224);
                int[] found = {crop.x0(), crop.y0(), crop.x1(), crop.y1()};
                for (int k = 0; k < 4; k++) {
                    double exact = boxes[3 * i + k % 2] + (k < 2 ? -100 : 100) * boxes[3 * i + 2];
                    if (Math.abs(exact - Math.rint(exact)) > 1e-6) { // whole numbers: see InputCrop
                        assertEquals(corners[4 * i + k], found[k], "box " + i);
                        compared++;
                    } else {
                        assertEquals(Math.rint(exact), found[k], "box " + i);
                    }
                }
            }
            assertTrue(compared > 1000, compared + " corners");
        }
    }

    /** A bright spot at a joint is where the augmented joint is, whatever was drawn. */
    @Test
    void jointsStayOnThePicture() {
        int size = 224;
        for (int clip = 0; clip < 40; clip++) {
            Augmentation a = Augmentation.draw(3, 1, clip);
            float[] joints = new float[72];
            for (int j = 0; j < 24; j++) {
                joints[3 * j] = 260 + 30 * (j % 5);
                joints[3 * j + 1] = 200 + 22 * (j / 5);
                joints[3 * j + 2] = 1;
            }
            InputCrop crop = InputCrop.of(320, 240, a.scale() * 1.2, a.rotation(), a.flip(), a.noise(), size);
            float[] placed = crop.joints(joints, Augmentation.mirroredJoints());
            for (int j : new int[] {0, 7, 13, 21}) {
                int[] argb = new int[640 * 480];
                int from = a.flip() ? Augmentation.mirroredJoints()[j] : j;
                int cx = (int) joints[3 * from];
                int cy = (int) joints[3 * from + 1];
                for (int y = -3; y <= 3; y++) {
                    for (int x = -3; x <= 3; x++) {
                        argb[(cy + y) * 640 + cx + x] = 0xFFFFFFFF;
                    }
                }
                float[] pixels = new float[size * size * 3];
                crop.sample(new Frame(640, 480, argb), pixels, 0);
                double sum = 0;
                double u = 0;
                double v = 0;
                for (int i = 0; i < size * size; i++) {
                    double light = pixels[3 * i] * STD[0] + MEAN[0];
                    sum += light;
                    u += light * (i % size + 0.5);
                    v += light * (Math.floorDiv(i, size) + 0.5);
                }
                assertEquals((placed[3 * j] + 1) / 2 * size, u / sum, 2.5, "x of joint " + j + ", clip " + clip); // both are rounded to pixels
                assertEquals((placed[3 * j + 1] + 1) / 2 * size, v / sum, 2.5, "y of joint " + j + ", clip " + clip);
            }
        }
    }

    @Test
    void drawsDependOnSeedEpochAndClipAndHaveTheReferencesShares() {
        Augmentation first = Augmentation.draw(1, 2, 3);
        Augmentation again = Augmentation.draw(1, 2, 3);
        assertArrayEquals(first.noise(), again.noise());
        assertEquals(first.rotation(), again.rotation());
        assertNotEquals(first.scale(), Augmentation.draw(1, 3, 3).scale());
        assertNotEquals(first.scale(), Augmentation.draw(2, 2, 3).scale());
        int n = 4000;
        double flipped = 0;
        double reversed = 0;
        double upright = 0;
        double deviation = 0;
        double scale = 0;
        for (int i = 0; i < n; i++) {
            Augmentation a = Augmentation.draw(9, 0, i);
            flipped += a.flip() ? 1 : 0;
            reversed += a.reversed() ? 1 : 0;
            upright += a.rotation() == 0 ? 1 : 0;
            deviation += a.rotation() * a.rotation();
            scale += a.scale();
            assertTrue(Math.abs(a.rotation()) <= 60 && a.scale() >= 0.75 && a.scale() <= 1.25, a.toString());
            for (float noise : a.noise()) {
                assertTrue(noise >= 0.6f && noise <= 1.4f);
            }
        }
        assertEquals(0.5, flipped / n, 0.03);
        assertEquals(0.5, reversed / n, 0.03);
        assertEquals(0.6, upright / n, 0.03);
        assertEquals(28.7, Math.sqrt(deviation / (n - upright)), 1); // of a normal distribution of 30, cut at 60: 28.8
        assertEquals(1, scale / n, 0.01);
    }
}

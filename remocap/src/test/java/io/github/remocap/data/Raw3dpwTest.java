package io.github.remocap.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.body.Posing;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tree in 3DPW's layout; {@code raw3dpw.py} makes its pickles. */
public class Raw3dpwTest {
    @TempDir
    private Path folder;

    /** Lays the tree out in a folder. */
    public static void make(Path folder) throws IOException {
        Path split = Files.createDirectories(folder.resolve("sequenceFiles/test"));
        for (String name : new String[] {"downtown_bar_00", "made_up_00"}) {
            Path pictures = Files.createDirectories(folder.resolve("imageFiles").resolve(name));
            URI pickle = URI.create(Objects.requireNonNull(Raw3dpwTest.class.getResource(name + ".pkl")).toString());
            Files.copy(Path.of(pickle), split.resolve(name + ".pkl"));
            for (int f = 0; f < 12; f++) {
                BufferedImage image = new BufferedImage(160, 120, BufferedImage.TYPE_INT_RGB);
                for (int i = 0; i < 160 * 120; i++) {
                    image.setRGB(i % 160, i / 160, (i % 160 + 5 * f) << 16 | i / 160 << 8 | 70);
                }
                Files.write(pictures.resolve("image_%05d.jpg".formatted(f)), TsvWriter.encode(image, TsvWriter.Encoding.JPEG));
            }
        }
    }

    @BeforeEach
    void tree() throws IOException {
        make(folder);
    }

    @Test
    void rowsAreValidPersonsInPictures() throws IOException {
        try (Raw3dpw data = Raw3dpw.open(folder, "test", Made.bodies())) {
            assertEquals(12 + 11 + 9, data.size());
            assertEquals(new Annotation.Place("downtown_bar_00/image_00000.jpg", "downtown_bar_00", 1, 0), data.place(1));
            assertEquals(0, data.place(8).track());
            assertEquals(4, data.place(8).frame());
            assertEquals(5, data.place(9).frame()); // of the second person in picture 4 the camera is not valid
            assertEquals("female", data.annotation(0).gender());
            assertEquals("male", data.annotation(1).gender());
            assertEquals(160, data.image(31).getWidth());
            assertEquals(30, data.framesPerSecond());
        }
    }

    /** The mesh posed in the world and then seen by the camera gives the same joints as the pose that was turned into the camera's axes. */
    @Test
    void annotationsAreTheWorldsSeenByTheCamera() throws IOException {
        TruthBodies bodies = Made.bodies();
        Sequence3dpw sequence = Sequence3dpw.read(folder.resolve("sequenceFiles/test/downtown_bar_00.pkl"));
        try (Raw3dpw data = Raw3dpw.open(folder, "test", bodies)) {
            for (int row : new int[] {0, 1, 22}) {
                Annotation a = data.annotation(row);
                Sequence3dpw.Person person = sequence.persons().get(a.track());
                float[] pose = Arrays.copyOfRange(person.poses(), a.frame() * 72, a.frame() * 72 + 72);
                double[] world = Posing.apply(bodies.joints(), bodies.neutral().vertices(pose, person.betas()));
                double[] camera = Arrays.copyOfRange(sequence.cameras(), a.frame() * 16, a.frame() * 16 + 16);
                double[] mine = new double[3];
                double[] pelvis = new double[3];
                for (int j = 23; j >= 0; j--) {
                    double[] at = new double[3];
                    for (int r = 0; r < 3; r++) {
                        at[r] = camera[4 * r + 3];
                        for (int c = 0; c < 3; c++) {
                            at[r] += camera[4 * r + c] * (world[3 * j + c] + person.trans()[3 * a.frame() + c]);
                        }
                    }
                    assertEquals(120 * at[0] / at[2] + 80, a.joints2d()[3 * j], 1e-3, "x of joint " + j);
                    assertEquals(120 * at[1] / at[2] + 60, a.joints2d()[3 * j + 1], 1e-3, "y of joint " + j);
                    if (j == 23) {
                        pelvis = at;
                        mine = new double[] {a.joints3d()[4 * j], a.joints3d()[4 * j + 1], a.joints3d()[4 * j + 2]};
                    }
                    for (int d = 0; d < 3; d++) { // the origin does not matter
                        assertEquals(at[d] - pelvis[d], a.joints3d()[4 * j + d] - mine[d], 1e-5, "joint " + j);
                    }
                }
                assertTrue(a.scale() * 200 > 30 && a.scale() * 200 < 120, "box " + a.scale() * 200);
                assertTrue(a.center()[0] > 0 && a.center()[0] < 160, "centre " + a.center()[0]);
            }
        }
    }

    @Test
    void sixtyRowsASecondAreChosenByTheirNumbers() throws IOException {
        Sequence3dpw sequence = Sequence3dpw.read(folder.resolve("sequenceFiles/test/made_up_00.pkl"));
        assertEquals(9, sequence.frames());
        // pose[0] is 0.1 + 0.1 f / 19 at row f of 60 a second, and picture i has row 2 i + 1
        assertEquals(0.1 + 0.1 * 7 / 19, sequence.persons().getFirst().poses()[3 * 72], 1e-6);
        Sequence3dpw both = Sequence3dpw.read(folder.resolve("sequenceFiles/test/downtown_bar_00.pkl"));
        assertEquals(0.1 + 0.1 * 7 / 25, both.persons().getFirst().poses()[3 * 72], 1e-6);
    }

    @Test
    void errorsNameFileAndField() throws IOException {
        Path pickle = folder.resolve("sequenceFiles/test/made_up_00.pkl");
        for (String[] change : new String[][] {{"cam_poses", "cam_posez", "cam_poses"}, {"img_frame_ids", "img_frame_idz", "img_frame_ids"},
            {"genders", "genderz", "genders"}, {"campose_valid", "campose_valiD", "campose_valid"}}) {
            String text = Files.readString(pickle, StandardCharsets.ISO_8859_1);
            Path changed = Files.writeString(folder.resolve("changed.pkl"), text.replace(change[0], change[1]), StandardCharsets.ISO_8859_1);
            String message = assertThrows(IOException.class, () -> Sequence3dpw.read(changed)).getMessage();
            assertTrue(message.startsWith(changed.toString()) && message.contains(change[2]), message);
        }
        assertTrue(assertThrows(IOException.class, () -> Raw3dpw.open(folder, "train", Made.bodies())).getMessage().contains("sequenceFiles/train"));
        Files.write(folder.resolve("imageFiles/made_up_00/image_00003.jpg"), new byte[] {1, 2, 3});
        try (Raw3dpw data = Raw3dpw.open(folder, "test", Made.bodies())) {
            String message = assertThrows(DamagedRowException.class, () -> data.image(23 + 3)).getMessage();
            assertTrue(message.contains("image_00003.jpg, row 26, person 0"), message);
        }
    }

    @Test
    void whatIsConvertedIsTheSame() throws IOException {
        try (Raw3dpw data = Raw3dpw.open(folder, "test", Made.bodies());
            TsvWriter writer = new TsvWriter(folder, "set", TsvWriter.Encoding.JPEG, data.framesPerSecond())) {
            for (int i = 0; i < data.size(); i++) {
                writer.add(data.annotation(i), data.encoded(i), 160, 120);
            }
            try (TsvImages read = TsvImages.open(writer.finish())) {
                for (int i = 0; i < data.size(); i++) {
                    assertEquals(data.place(i), read.place(i));
                    assertArrayEquals(data.annotation(i).joints2d(), read.annotation(i).joints2d());
                    assertArrayEquals(data.encoded(i), read.encoded(i));
                }
                Clips clips = Clips.of(read, Clips.Protocol.FULL, 8);
                assertEquals(3, clips.tracks());
                assertEquals(0, clips.left());
            }
        }
    }
}

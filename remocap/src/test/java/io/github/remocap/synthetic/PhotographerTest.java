package io.github.remocap.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.assets.EmbeddedAssets;
import io.github.remocap.body.Posing;
import io.github.remocap.figure.Figure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PhotographerTest {
    private static final int SIZE = 96;

    private final Photographer photographer = new Photographer(SIZE);

    private static Scene scene(long seed, double clutter) {
        return Scene.of(new Dice(seed, "scene"), Motions.WALKING, 2, SIZE, clutter, 1, 1);
    }

    @Test
    void truthIsOfOnePiece() {
        for (int seed = 0; seed < 6; seed++) {
            Shot shot = photographer.shoot(scene(seed, 1), 0.7);
            // Pose, with the root in the camera's axes, and shape give the mesh and the joints up to a shift.
            double[] posed = new Posing(new EmbeddedAssets().smpl(io.github.remocap.assets.Assets.Gender.NEUTRAL)).vertices(shot.pose(), shot.betas());
            double[] joints = Posing.apply(Figure.get().j24(), posed);
            for (int i = 3; i < posed.length; i++) {
                assertEquals(posed[i] - posed[i % 3], shot.vertices()[i] - shot.vertices()[i % 3], 1e-5);
            }
            for (int i = 3; i < joints.length; i++) {
                assertEquals(joints[i] - joints[i % 3], shot.joints3d()[i] - shot.joints3d()[i % 3], 1e-5);
            }
            assertTrue(shot.joints3d()[2] > 1 && shot.joints3d()[2] < 8, "metres before the camera");
            assertTrue(shot.joints2d()[2 * 13 + 1] < shot.joints2d()[2 * 14 + 1], "the head is above the pelvis");
            for (int j = 0; j < 24; j++) { // up to the nose's tip joints are inside the body
                assertTrue(shot.joints2d()[2 * j] > shot.box()[0] - 1 && shot.joints2d()[2 * j] < shot.box()[2] + 1);
                assertTrue(shot.joints2d()[2 * j + 1] > shot.box()[1] - 1 && shot.joints2d()[2 * j + 1] < shot.box()[3] + 1);
            }
        }
    }

    @Test
    void theSameSceneGivesTheSamePicture() {
        Shot once = photographer.shoot(scene(4, 1), 0.5);
        Shot again = new Photographer(SIZE).shoot(scene(4, 1), 0.5);
        assertArrayEquals(once.picture().argb(), again.picture().argb());
        assertArrayEquals(once.vertices(), again.vertices());
        assertEquals(once.visible(), again.visible());
    }

    @Test
    void thePersonIsDrawnWhereTheTruthSays() {
        Scene empty = scene(2, 0);
        Scene without = new Scene(empty.person(), List.of(), List.of(), empty.backdrop(), empty.light(), empty.focal(), empty.camera());
        Shot shot = photographer.shoot(without, 0.5);
        Viewpoint view = without.camera().apply(0.5);
        int[] background = without.backdrop().seen(view.right() * without.focal(), view.down() * without.focal());
        int changed = 0;
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                if (shot.picture().argb()[y * SIZE + x] != background[y * SIZE + x]) {
                    changed++;
                    assertTrue(x >= shot.box()[0] - 1 && x <= shot.box()[2] + 1 && y >= shot.box()[1] - 1 && y <= shot.box()[3] + 1);
                }
            }
        }
        assertTrue(changed > 300, changed + " pixels");
        assertTrue(shot.visible() > 0.9, "alone, in the middle of the frame: " + shot.visible());
        assertTrue(shot.seen()[14]);
    }

    @Test
    void whatStandsInFrontHides() {
        Scene scene = scene(2, 0);
        Motion.Moment moment = scene.person().motion().at(0.5);
        double near = 0.8;
        List<Block> wall = new ArrayList<>(scene.blocks());
        wall.add(new Block(new Dice(1, "wall"), moment.x(), 0, moment.z() + near, 6, 0.9, 0.1));
        Scene hidden = new Scene(scene.person(), List.of(), wall, scene.backdrop(), scene.light(), scene.focal(), scene.camera());
        Shot before = photographer.shoot(scene, 0.5);
        Shot after = photographer.shoot(hidden, 0.5);
        assertTrue(after.visible() < 0.75 * before.visible() && after.visible() > 0.05, after.visible() + " of " + before.visible());
        assertTrue(before.seen()[0] && !after.seen()[0], "the ankle is behind the wall");
        assertTrue(after.seen()[13], "the head looks over it");
        assertArrayEquals(before.vertices(), after.vertices());
        List<Block> behind = new ArrayList<>(scene.blocks());
        behind.add(new Block(new Dice(1, "wall"), moment.x(), 0, moment.z() - 2, 6, 0.9, 0.1));
        Shot before2 = photographer.shoot(new Scene(scene.person(), List.of(), behind, scene.backdrop(), scene.light(), scene.focal(), scene.camera()), 0.5);
        assertEquals(before.visible(), before2.visible());
    }

    @Test
    void clutterHidesPersonsNowAndThen() {
        double least = 1;
        double mean = 0;
        int scenes = 30;
        for (int seed = 0; seed < scenes; seed++) {
            double visible = photographer.shoot(scene(seed, 1), 1).visible();
            least = Math.min(least, visible);
            mean += visible / scenes;
        }
        assertTrue(least < 0.6, "most hidden: " + least);
        assertTrue(mean > 0.6 && mean < 0.99, "mean: " + mean);
    }
}
